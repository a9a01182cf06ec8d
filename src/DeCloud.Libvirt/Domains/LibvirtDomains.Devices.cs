using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Domains;

/// <summary>Disks and the agent in the guest.</summary>
public sealed partial class LibvirtDomains
{
    /// <summary>VIR_DOMAIN_BLOCK_RESIZE_BYTES: the size is in bytes, not KiB.</summary>
    private const uint SizeInBytes = 1;

    /// <summary>VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT: the daemon's own, five seconds.</summary>
    private const int DefaultAgentTimeout = -1;

    /// <summary>Sizes of a disk (procedure 194).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="disk">The disk's target, such as <c>vda</c>, or its path.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<BlockInfo> GetBlockInfoAsync(DomainRef domain, string disk, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.DomainGetBlockInfo,
            (domain, disk),
            static (writer, call) => writer.Domain(call.domain).String(call.disk).UInt32(0),
            static (ref XdrReader reader) =>
            {
                var allocation = reader.ReadUInt64();
                var capacity = reader.ReadUInt64();
                return new BlockInfo(capacity, allocation, PhysicalBytes: reader.ReadUInt64());
            },
            cancellationToken);

    /// <summary>Resizes a disk of a running domain; the guest sees it at once (procedure 251).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="disk">The disk's target, such as <c>vda</c>, or its path.</param>
    /// <param name="bytes">The new size. Less than the present one destroys what lies behind it.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task ResizeBlockAsync(DomainRef domain, string disk, ulong bytes, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.DomainBlockResize,
            (domain, disk, bytes),
            static (writer, call) => writer.Domain(call.domain).String(call.disk).UInt64(call.bytes).UInt32(SizeInBytes),
            cancellationToken);

    /// <summary>
    /// Sends a command to the agent in the guest (procedure 3 of the QEMU program). The answer is the tenant's word,
    /// at most 4 MiB of it.
    /// </summary>
    /// <param name="domain">The domain.</param>
    /// <param name="command">The command as JSON, such as <c>{"execute":"guest-ping"}</c>.</param>
    /// <param name="timeout">How long the daemon waits for the agent, in whole seconds, at least one; null for its own default. Must be shorter than the call's deadline.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answer as JSON; null when the command has none.</returns>
    /// <exception cref="LibvirtException"><see cref="LibvirtErrorCode.AgentUnresponsive"/>: the agent does not answer.</exception>
    public Task<string?> RunAgentCommandAsync(
        DomainRef domain, string command, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var seconds = timeout is { } given
            ? (int)Math.Clamp(Math.Ceiling(given.TotalSeconds), 1, int.MaxValue)
            : DefaultAgentTimeout;
        return _rpc.CallAsync(
            QemuProcedure.DomainAgentCommand,
            (domain, command, seconds),
            static (writer, call) => writer.Domain(call.domain).String(call.command).Int32(call.seconds).UInt32(0),
            static (ref XdrReader reader) => reader.ReadOptionalString(),
            cancellationToken);
    }
}
