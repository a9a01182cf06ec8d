using System.Net;
using DeCloud.Libvirt.Connection;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Networks;

/// <summary>
/// Virtual networks. What a call may throw is said at <see cref="LibvirtConnection"/>. For a network that is not there
/// every call throws <see cref="LibvirtException"/> with <see cref="LibvirtErrorCode.NoNetwork"/>.
/// </summary>
public sealed class LibvirtNetworks
{
    private readonly RpcCaller _rpc;

    /// <summary>Calls through a caller.</summary>
    internal LibvirtNetworks(RpcCaller rpc) => _rpc = rpc;

    /// <summary>The same calls with another deadline.</summary>
    /// <param name="deadline">How long each call may take. Positive.</param>
    public LibvirtNetworks Within(TimeSpan deadline) => new(_rpc.Within(deadline));

    /// <summary>Lists networks (procedure 283).</summary>
    /// <param name="flags">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<NetworkRef>> ListAsync(NetworkListFlags flags = NetworkListFlags.All, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.ConnectListAllNetworks,
            flags,
            static (writer, chosen) => writer.Int32(1).UInt32((uint)chosen),
            static (ref XdrReader reader) =>
            {
                IReadOnlyList<NetworkRef> networks = reader.ReadList(ProtocolLimits.Networks, NetworkWire.Smallest, NetworkWire.Read);
                reader.ReadUInt32();
                return networks;
            },
            cancellationToken);

    /// <summary>Finds a network by its name (procedure 46).</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The network; null when there is none.</returns>
    public Task<NetworkRef?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        OrNullAsync(_rpc.CallAsync(
            RemoteProcedure.NetworkLookupByName, name, static (writer, text) => writer.String(text), NetworkWire.Read, cancellationToken));

    /// <summary>Finds a network by its UUID (procedure 47).</summary>
    /// <param name="uuid">The UUID.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The network; null when there is none.</returns>
    public Task<NetworkRef?> FindAsync(Guid uuid, CancellationToken cancellationToken = default) =>
        OrNullAsync(_rpc.CallAsync(
            RemoteProcedure.NetworkLookupByUuid, uuid, static (writer, id) => writer.Uuid(id), NetworkWire.Read, cancellationToken));

    /// <summary>Whether a network is started (procedure 152).</summary>
    /// <param name="network">The network.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<bool> IsActiveAsync(NetworkRef network, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.NetworkIsActive,
            network,
            static (writer, call) => writer.Network(call),
            static (ref XdrReader reader) => reader.ReadInt32() != 0,
            cancellationToken);

    /// <summary>Starts a defined network (procedure 39).</summary>
    /// <param name="network">The network.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task StartAsync(NetworkRef network, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(RemoteProcedure.NetworkStart, network, static (writer, call) => writer.Network(call), cancellationToken);

    /// <summary>A network's description (procedure 43).</summary>
    /// <param name="network">The network.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<string> GetXmlAsync(NetworkRef network, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.NetworkGetXml,
            network,
            static (writer, call) => writer.Network(call).UInt32(0),
            static (ref XdrReader reader) => reader.ReadString(),
            cancellationToken);

    /// <summary>The addresses that a network has lent (procedure 341).</summary>
    /// <param name="network">The network.</param>
    /// <param name="mac">Of this guest alone; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<DhcpLease>> GetDhcpLeasesAsync(NetworkRef network, string? mac = null, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.NetworkGetDhcpLeases,
            (network, mac),
            static (writer, call) => writer.Network(call.network).OptionalString(call.mac).Int32(1).UInt32(0),
            static (ref XdrReader reader) =>
            {
                IReadOnlyList<DhcpLease> leases = reader.ReadList(ProtocolLimits.DhcpLeases, SmallestLease, ReadLease);
                reader.ReadUInt32();
                return leases;
            },
            cancellationToken);

    /// <summary>Interface, expiry, type, MAC, IAID, address, prefix, host name, client id: all empty or absent.</summary>
    private const int SmallestLease = 4 + 8 + 4 + 4 + 4 + 4 + 4 + 4 + 4;

    private static DhcpLease ReadLease(ref XdrReader reader)
    {
        var name = reader.ReadString();
        var expires = reader.ReadInt64();
        reader.ReadInt32();
        var mac = reader.ReadOptionalString();
        reader.ReadOptionalString();
        var text = reader.ReadString();
        var prefix = reader.ReadUInt32();
        var hostname = reader.ReadOptionalString();
        var clientId = reader.ReadOptionalString();
        return IPAddress.TryParse(text, out var address)
            ? new DhcpLease(name, ExpiryOf(expires), mac, address, (int)Math.Min(prefix, 128), hostname, clientId)
            : throw new LibvirtProtocolException("a DHCP lease holds something that is no address");
    }

    // dnsmasq says 0 for a lease without end; a time that no calendar holds is as good as none.
    private static DateTimeOffset? ExpiryOf(long seconds) =>
        seconds > 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static async Task<NetworkRef?> OrNullAsync(Task<NetworkRef> lookup)
    {
        try
        {
            return await lookup.ConfigureAwait(false);
        }
        catch (LibvirtException exception) when (exception.Code == LibvirtErrorCode.NoNetwork)
        {
            return null;
        }
    }
}
