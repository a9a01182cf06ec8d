using DeCloud.Libvirt.Connection;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Domains;

/// <summary>
/// Virtual machines. What a call may throw is said at <see cref="LibvirtConnection"/>. For a domain that is not there
/// every call throws <see cref="LibvirtException"/> with <see cref="LibvirtErrorCode.NoDomain"/>.
/// </summary>
public sealed partial class LibvirtDomains
{
    private readonly RpcCaller _rpc;

    /// <summary>Calls through a caller.</summary>
    internal LibvirtDomains(RpcCaller rpc) => _rpc = rpc;

    /// <summary>The same calls with another deadline.</summary>
    /// <param name="deadline">How long each call may take. Positive.</param>
    public LibvirtDomains Within(TimeSpan deadline) => new(_rpc.Within(deadline));

    /// <summary>Lists domains (procedure 273).</summary>
    /// <param name="flags">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<DomainRef>> ListAsync(DomainListFlags flags = DomainListFlags.All, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.ConnectListAllDomains,
            flags,
            static (writer, chosen) => writer.Int32(1).UInt32((uint)chosen),
            static (ref XdrReader reader) =>
            {
                IReadOnlyList<DomainRef> domains = reader.ReadList(ProtocolLimits.Domains, DomainWire.Smallest, DomainWire.Read);
                reader.ReadUInt32();
                return domains;
            },
            cancellationToken);

    /// <summary>Finds a domain by its UUID (procedure 24).</summary>
    /// <param name="uuid">The UUID.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The domain; null when there is none.</returns>
    public Task<DomainRef?> FindAsync(Guid uuid, CancellationToken cancellationToken = default) =>
        OrNullAsync(_rpc.CallAsync(
            RemoteProcedure.DomainLookupByUuid, uuid, static (writer, id) => writer.Uuid(id), DomainWire.Read, cancellationToken));

    /// <summary>Finds a domain by its name (procedure 23).</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The domain; null when there is none.</returns>
    public Task<DomainRef?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        OrNullAsync(_rpc.CallAsync(
            RemoteProcedure.DomainLookupByName, name, static (writer, text) => writer.String(text), DomainWire.Read, cancellationToken));

    /// <summary>Defines a domain, or redefines the one with the same UUID (procedure 350).</summary>
    /// <param name="xml">Its description.</param>
    /// <param name="flags">How.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<DomainRef> DefineAsync(string xml, DefineFlags flags = DefineFlags.None, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.DomainDefineXml,
            (xml, flags),
            static (writer, call) => writer.String(call.xml).UInt32((uint)call.flags),
            DomainWire.Read,
            cancellationToken);

    /// <summary>Removes a domain's definition; a running one goes on without it (procedure 231).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="flags">What goes with it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task UndefineAsync(DomainRef domain, UndefineFlags flags = UndefineFlags.None, CancellationToken cancellationToken = default) =>
        WithFlagsAsync(RemoteProcedure.DomainUndefine, domain, (uint)flags, cancellationToken);

    private static async Task<DomainRef?> OrNullAsync(Task<DomainRef> lookup)
    {
        try
        {
            return await lookup.ConfigureAwait(false);
        }
        catch (LibvirtException exception) when (exception.Code == LibvirtErrorCode.NoDomain)
        {
            return null;
        }
    }

    private Task WithFlagsAsync(RemoteProcedure procedure, DomainRef domain, uint flags, CancellationToken cancellationToken) =>
        _rpc.CallAsync(
            procedure, (domain, flags), static (writer, call) => writer.Domain(call.domain).UInt32(call.flags), cancellationToken);
}
