using System.Net;
using DeCloud.Libvirt.Parameters;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Domains;

/// <summary>Looking at domains.</summary>
public sealed partial class LibvirtDomains
{
    /// <summary>VIR_DOMAIN_METADATA_ELEMENT: an element in a namespace of its owner's.</summary>
    private const int MetadataElement = 2;

    /// <summary>What a domain is doing, and why (procedure 212).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<DomainStatus> GetStatusAsync(DomainRef domain, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.DomainGetState,
            domain,
            static (writer, call) => writer.Domain(call).UInt32(0),
            static (ref XdrReader reader) => DomainStatus.Of(reader.ReadInt32(), reader.ReadInt32()),
            cancellationToken);

    /// <summary>A domain's description (procedure 14).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="flags">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<string> GetXmlAsync(DomainRef domain, DomainXmlFlags flags = DomainXmlFlags.None, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.DomainGetXml,
            (domain, flags),
            static (writer, call) => writer.Domain(call.domain).UInt32((uint)call.flags),
            static (ref XdrReader reader) => reader.ReadString(),
            cancellationToken);

    /// <summary>The metadata element of a namespace (procedure 265).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="namespaceUri">Whose element.</param>
    /// <param name="impact">Of the running domain or of its definition.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The element's XML; null when there is none.</returns>
    public async Task<string?> GetMetadataAsync(
        DomainRef domain, string namespaceUri, DomainModification impact = DomainModification.Current, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _rpc.CallAsync(
                RemoteProcedure.DomainGetMetadata,
                (domain, namespaceUri, impact),
                static (writer, call) => writer.Domain(call.domain).Int32(MetadataElement).OptionalString(call.namespaceUri).UInt32((uint)call.impact),
                static (ref XdrReader reader) => reader.ReadString(),
                cancellationToken).ConfigureAwait(false);
        }
        catch (LibvirtException exception) when (exception.Code == LibvirtErrorCode.NoDomainMetadata)
        {
            return null;
        }
    }

    /// <summary>Sets or removes the metadata element of a namespace (procedure 264).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="element">The element's XML, without a namespace of its own; null to remove it.</param>
    /// <param name="prefix">The prefix that libvirt writes the element with.</param>
    /// <param name="namespaceUri">Whose element.</param>
    /// <param name="impact">On the running domain, on its definition, or both.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task SetMetadataAsync(
        DomainRef domain,
        string? element,
        string prefix,
        string namespaceUri,
        DomainModification impact = DomainModification.Current,
        CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.DomainSetMetadata,
            (domain, element, prefix, namespaceUri, impact),
            static (writer, call) => writer.Domain(call.domain).Int32(MetadataElement).OptionalString(call.element)
                .OptionalString(call.prefix).OptionalString(call.namespaceUri).UInt32((uint)call.impact),
            cancellationToken);

    /// <summary>Statistics of many domains at once (procedure 344).</summary>
    /// <param name="groups">Which statistics.</param>
    /// <param name="flags">Of which domains. Not allowed together with <paramref name="domains"/>, except <see cref="DomainStatsFlags.NoWait"/> and what follows it.</param>
    /// <param name="domains">Of these alone, and of none when there are none; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<DomainStats>> GetStatsAsync(
        DomainStatsGroups groups,
        DomainStatsFlags flags = DomainStatsFlags.None,
        IReadOnlyCollection<DomainRef>? domains = null,
        CancellationToken cancellationToken = default)
    {
        // On the wire an empty list means all domains.
        if (domains is { Count: 0 })
        {
            return Task.FromResult<IReadOnlyList<DomainStats>>([]);
        }

        return _rpc.CallAsync(
            RemoteProcedure.ConnectGetAllDomainStats,
            (groups, flags, domains: domains ?? []),
            static (writer, call) =>
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThan(call.domains.Count, ProtocolLimits.Domains, nameof(domains));
                writer.UInt32((uint)call.domains.Count);
                foreach (var domain in call.domains)
                {
                    writer.Domain(domain);
                }

                writer.UInt32((uint)call.groups).UInt32((uint)call.flags);
            },
            static (ref XdrReader reader) => (IReadOnlyList<DomainStats>)reader.ReadList(
                ProtocolLimits.Domains,
                DomainWire.Smallest + 4,
                static (ref XdrReader record) => new DomainStats(
                    DomainWire.Read(ref record), TypedParameters.Read(ref record, ProtocolLimits.StatisticsParameters))),
            cancellationToken);
    }

    /// <summary>A domain's interfaces and their addresses (procedure 353).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="source">Who is asked.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<DomainInterface>> GetInterfaceAddressesAsync(
        DomainRef domain, AddressSource source, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.DomainInterfaceAddresses,
            (domain, source),
            static (writer, call) => writer.Domain(call.domain).UInt32((uint)call.source).UInt32(0),
            static (ref XdrReader reader) => (IReadOnlyList<DomainInterface>)reader.ReadList(
                ProtocolLimits.Interfaces, 4 + 4 + 4, ReadInterface),
            cancellationToken);

    private static DomainInterface ReadInterface(ref XdrReader reader) => new(
        reader.ReadString(),
        reader.ReadOptionalString(),
        reader.ReadList(ProtocolLimits.InterfaceAddresses, 4 + 4 + 4, ReadAddress));

    private static InterfaceAddress ReadAddress(ref XdrReader reader)
    {
        // The family is told by the text as well, and the agent in the guest chooses both.
        reader.ReadInt32();
        var text = reader.ReadString();
        var prefix = reader.ReadUInt32();
        return new InterfaceAddress(text, IPAddress.TryParse(text, out var address) ? address : null, (int)Math.Min(prefix, 128));
    }
}
