using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Streams;

namespace DeCloud.Libvirt.Domains;

/// <summary>Consoles.</summary>
public sealed partial class LibvirtDomains
{
    /// <summary>Opens a console of a running domain (procedure 201).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="flags">How.</param>
    /// <param name="device">The alias of the device; null for the first console.</param>
    /// <param name="capacity">Bytes that may wait to be read; more end the stream.</param>
    /// <param name="cancellationToken">Gives up; a console that is opened nonetheless is closed by itself.</param>
    /// <exception cref="LibvirtException">
    /// <see cref="LibvirtErrorCode.OperationFailed"/>: somebody has it open. <see cref="LibvirtErrorCode.OperationInvalid"/>: the domain does not run.
    /// </exception>
    public Task<LibvirtStream> OpenConsoleAsync(
        DomainRef domain, ConsoleFlags flags = ConsoleFlags.Safe, string? device = null, int capacity = 256 * 1024, CancellationToken cancellationToken = default) =>
        _rpc.OpenStreamAsync(
            RemoteProcedure.DomainOpenConsole,
            (domain, flags, device),
            static (writer, call) => writer.Domain(call.domain).OptionalString(call.device).UInt32((uint)call.flags),
            capacity,
            cancellationToken);
}
