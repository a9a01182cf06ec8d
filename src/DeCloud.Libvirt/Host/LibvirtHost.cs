using System.Text;
using DeCloud.Libvirt.Connection;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Host;

/// <summary>The machine, its hypervisor and the daemon. What a call may throw is said at <see cref="LibvirtConnection"/>.</summary>
public sealed class LibvirtHost
{
    private const int ModelLength = 32;

    private readonly RpcCaller _rpc;

    /// <summary>Calls through a caller.</summary>
    internal LibvirtHost(RpcCaller rpc) => _rpc = rpc;

    /// <summary>The same calls with another deadline.</summary>
    /// <param name="deadline">How long each call may take. Positive.</param>
    public LibvirtHost Within(TimeSpan deadline) => new(_rpc.Within(deadline));

    /// <summary>The driver's name, such as <c>QEMU</c> (procedure 3).</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<string> GetDriverNameAsync(CancellationToken cancellationToken = default) =>
        TextAsync(RemoteProcedure.ConnectGetType, cancellationToken);

    /// <summary>The hypervisor's version (procedure 4).</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Version> GetHypervisorVersionAsync(CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(RemoteProcedure.ConnectGetVersion, ReadVersion, cancellationToken);

    /// <summary>The daemon's version (procedure 157).</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Version> GetLibvirtVersionAsync(CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(RemoteProcedure.ConnectGetLibVersion, ReadVersion, cancellationToken);

    /// <summary>The machine's name (procedure 59).</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<string> GetHostnameAsync(CancellationToken cancellationToken = default) =>
        TextAsync(RemoteProcedure.ConnectGetHostname, cancellationToken);

    /// <summary>Processors and memory (procedure 6).</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<NodeInfo> GetNodeInfoAsync(CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(RemoteProcedure.NodeGetInfo, ReadNodeInfo, cancellationToken);

    /// <summary>What the machine can do, as XML (procedure 7). The first call after the daemon's cache was dropped takes seconds.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<string> GetCapabilitiesAsync(CancellationToken cancellationToken = default) =>
        TextAsync(RemoteProcedure.ConnectGetCapabilities, cancellationToken);

    /// <summary>What a domain of a kind can have, as XML (procedure 342).</summary>
    /// <param name="virtType">Such as <c>kvm</c> or <c>qemu</c>; null for the best.</param>
    /// <param name="architecture">Such as <c>x86_64</c>; null for the machine's own.</param>
    /// <param name="machine">Such as <c>q35</c>; null for the default.</param>
    /// <param name="emulator">The emulator's path; null for the default.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<string> GetDomainCapabilitiesAsync(
        string? virtType = null,
        string? architecture = null,
        string? machine = null,
        string? emulator = null,
        CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.ConnectGetDomainCapabilities,
            (virtType, architecture, machine, emulator),
            static (writer, call) => writer.OptionalString(call.emulator).OptionalString(call.architecture)
                .OptionalString(call.machine).OptionalString(call.virtType).UInt32(0),
            static (ref XdrReader reader) => reader.ReadString(),
            cancellationToken);

    private Task<string> TextAsync(RemoteProcedure procedure, CancellationToken cancellationToken) =>
        _rpc.CallAsync(procedure, static (ref XdrReader reader) => reader.ReadString(), cancellationToken);

    // A version is major * 1,000,000 + minor * 1,000 + release.
    private static Version ReadVersion(ref XdrReader reader)
    {
        var number = reader.ReadUInt64();
        return number <= int.MaxValue
            ? new Version((int)(number / 1_000_000), (int)(number / 1_000 % 1_000), (int)(number % 1_000))
            : throw new LibvirtProtocolException($"{number} is no version");
    }

    private static NodeInfo ReadNodeInfo(ref XdrReader reader)
    {
        // "char model[32]" is an array of 32 characters, and XDR gives each a word of its own.
        Span<byte> model = stackalloc byte[ModelLength];
        for (var i = 0; i < ModelLength; i++)
        {
            model[i] = (byte)reader.ReadInt32();
        }

        var end = model.IndexOf((byte)0);
        return new NodeInfo(
            Encoding.UTF8.GetString(end < 0 ? model : model[..end]),
            reader.ReadUInt64(),
            reader.ReadInt32(),
            reader.ReadInt32(),
            reader.ReadInt32(),
            reader.ReadInt32(),
            reader.ReadInt32(),
            reader.ReadInt32());
    }
}
