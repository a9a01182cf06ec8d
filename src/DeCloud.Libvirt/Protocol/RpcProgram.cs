namespace DeCloud.Libvirt.Protocol;

/// <summary>The programs of libvirt's RPC that this client speaks; each in version 1.</summary>
internal enum RpcProgram : uint
{
    /// <summary>The hypervisor-neutral calls (REMOTE_PROGRAM in <c>remote_protocol.x</c>).</summary>
    Remote = 0x20008086,

    /// <summary>The calls only QEMU has (QEMU_PROGRAM in <c>qemu_protocol.x</c>).</summary>
    Qemu = 0x20008087,

    /// <summary>Liveness in both directions (KEEPALIVE_PROGRAM in <c>virkeepaliveprotocol.x</c>, "keep" in ASCII).</summary>
    KeepAlive = 0x6b656570,
}
