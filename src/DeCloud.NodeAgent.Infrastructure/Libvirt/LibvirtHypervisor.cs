using DeCloud.Libvirt;
using DeCloud.Libvirt.Events;
using DeCloud.NodeAgent.Core.Hypervisor;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Libvirt;

/// <summary>
/// The libvirt daemon of this host. A session has three connections, because the daemon serves a client five calls at a time: one for control, one for slow questions, one for events.
/// </summary>
public sealed partial class LibvirtHypervisor(LibvirtHypervisorOptions options, ILogger<LibvirtHypervisor> log) : IHypervisor
{
    /// <summary>A daemon that hangs is given up after 6 to 8 seconds of silence, so that no VM is shown in a state that nobody vouches for.</summary>
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(2);

    /// <summary>Only domain-capability probes of a cold cache take long; everything else is over in milliseconds.</summary>
    private static readonly TimeSpan ProbeDeadline = TimeSpan.FromSeconds(120);

    /// <inheritdoc/>
    public async Task<IHypervisorSession> ConnectAsync(CancellationToken cancellation)
    {
        var opened = new List<LibvirtConnection>(3);
        try
        {
            var control = await OpenAsync(opened, cancellation).ConfigureAwait(false);
            var slow = await OpenAsync(opened, cancellation).ConfigureAwait(false);
            var events = await OpenAsync(opened, cancellation).ConfigureAwait(false);
            var subscription = await events.Events.SubscribeAsync(
                DomainEventKinds.Lifecycle | DomainEventKinds.Reboot | DomainEventKinds.Watchdog | DomainEventKinds.IoError | DomainEventKinds.ControlError, cancellation).ConfigureAwait(false);
            var facts = await LearnAsync(slow, cancellation).ConfigureAwait(false);
            var bridge = await StartNetworkAsync(slow, cancellation).ConfigureAwait(false);
            return new LibvirtSession(options, control, slow, events, subscription, facts with { VmBridge = bridge }, new(options), log);
        }
        catch (Exception exception)
        {
            foreach (var connection in opened)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            if (LibvirtFailures.IsKnown(exception))
            {
                throw LibvirtFailures.OfConnecting(exception);
            }

            throw;
        }
    }

    private async Task<LibvirtConnection> OpenAsync(List<LibvirtConnection> opened, CancellationToken cancellation)
    {
        var connection = await LibvirtConnection.ConnectAsync(
            options.Uri, new() { CallDeadline = options.CallDeadline, KeepAliveInterval = KeepAliveInterval, KeepAliveCount = 2 }, cancellation).ConfigureAwait(false);
        opened.Add(connection);
        return connection;
    }

    private async Task<HypervisorFacts> LearnAsync(LibvirtConnection connection, CancellationToken cancellation)
    {
        var libvirt = await connection.Host.GetLibvirtVersionAsync(cancellation).ConfigureAwait(false);
        var qemu = await connection.Host.Within(ProbeDeadline).GetHypervisorVersionAsync(cancellation).ConfigureAwait(false);
        var hasFlag = await KvmProbe.HasCpuFlagAsync(cancellation).ConfigureAwait(false);
        var opens = KvmProbe.DeviceOpens();
        var evidence = new KvmEvidence(hasFlag, opens, hasFlag && opens && await OffersKvmAsync(connection, cancellation).ConfigureAwait(false));
        var (acceleration, reason) = AccelerationChoice.Decide(evidence, options.AllowEmulation);
        return new(libvirt.ToString(3), qemu.ToString(3), acceleration, reason);
    }

    private static async Task<bool> OffersKvmAsync(LibvirtConnection connection, CancellationToken cancellation)
    {
        try
        {
            return DomainXml.IsKvm(await connection.Host.Within(ProbeDeadline).GetDomainCapabilitiesAsync("kvm", "x86_64", "q35", null, cancellation).ConfigureAwait(false));
        }
        catch (LibvirtException)
        {
            return false;
        }
    }

    /// <summary>VMs can be looked at without their network; only a start needs it, and says so when it is missing.</summary>
    /// <returns>The network's bridge; null when there is none or nobody knows.</returns>
    private async Task<string?> StartNetworkAsync(LibvirtConnection connection, CancellationToken cancellation)
    {
        try
        {
            if (await connection.Networks.FindAsync(options.Network, cancellation).ConfigureAwait(false) is not { } network)
            {
                LogNoNetwork(options.Network);
                return null;
            }

            if (!await connection.Networks.IsActiveAsync(network, cancellation).ConfigureAwait(false))
            {
                await connection.Networks.StartAsync(network, cancellation).ConfigureAwait(false);
            }

            return DomainXml.BridgeOf(await connection.Networks.GetXmlAsync(network, cancellation).ConfigureAwait(false));
        }
        catch (LibvirtException refused)
        {
            LogNetworkNotStarted(options.Network, refused.Message);
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "libvirt has no network '{Network}'; VMs can't start until it is defined or Libvirt:Network names another")]
    private partial void LogNoNetwork(string network);

    [LoggerMessage(2, LogLevel.Warning, "libvirt's network '{Network}' could not be started: {Cause}")]
    private partial void LogNetworkNotStarted(string network, string cause);
}
