namespace DeCloud.Libvirt.Protocol;

/// <summary>Procedures of the QEMU program that this client calls (<c>enum qemu_procedure</c> in <c>qemu_protocol.x</c>).</summary>
internal enum QemuProcedure
{
    /// <summary>QEMU_PROC_DOMAIN_AGENT_COMMAND.</summary>
    DomainAgentCommand = 3,
}
