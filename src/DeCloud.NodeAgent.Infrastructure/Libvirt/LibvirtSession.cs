using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Errors;
using DeCloud.Libvirt.Events;
using DeCloud.Libvirt.Networks;
using DeCloud.NodeAgent.Core.Consoles;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using Microsoft.Extensions.Logging;
using DomainEvent = DeCloud.NodeAgent.Core.Hypervisor.DomainEvent;
using DomainStatus = DeCloud.NodeAgent.Core.Hypervisor.DomainStatus;

namespace DeCloud.NodeAgent.Infrastructure.Libvirt;

/// <summary>One session with the libvirt daemon: over when any of its connections is.</summary>
internal sealed partial class LibvirtSession : IHypervisorSession
{
    private readonly LibvirtHypervisorOptions _options;
    private readonly LibvirtConnection _control;
    private readonly LibvirtConnection _slow;
    private readonly LibvirtConnection _events;
    private readonly DomainEventSubscription _subscription;
    private readonly LibvirtConsoles _consoles;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _starts;
    private volatile bool _isDisposed;

    public LibvirtSession(
        LibvirtHypervisorOptions options, LibvirtConnection control, LibvirtConnection slow, LibvirtConnection events, DomainEventSubscription subscription, HypervisorFacts facts, LibvirtConsoles consoles, ILogger log)
    {
        _options = options;
        _control = control;
        _slow = slow;
        _events = events;
        _subscription = subscription;
        _consoles = consoles;
        _log = log;
        _starts = new(options.StartsAtOnce);
        Facts = facts;
        Closed = AnyClosedAsync();
    }

    public HypervisorFacts Facts { get; }

    public Task<string> Closed { get; }

    private LibvirtDomains SlowDomains => _control.Domains.Within(_options.SlowCallDeadline);

    public async IAsyncEnumerable<DomainEvent> EventsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var events = _subscription.ReadAllAsync(cancellation).GetAsyncEnumerator(cancellation);
        while (await Told(() => HasNextAsync(events)).ConfigureAwait(false))
        {
            if (PowerStates.Of(events.Current) is { } told)
            {
                yield return told;
            }
        }
    }

    public Task<IReadOnlyList<DomainStatus>> ListAsync(CancellationToken cancellation) => Told<IReadOnlyList<DomainStatus>>(async () =>
    {
        var all = await _slow.Domains.GetStatsAsync(DomainStatsGroups.State, cancellationToken: cancellation).ConfigureAwait(false);
        return [.. all.Select(d => PowerStates.Of(d.Domain, DeCloud.Libvirt.Domains.DomainStatus.From(d.Parameters) ?? default))];
    });

    public Task<IReadOnlyList<DomainUsage>> UsageAsync(CancellationToken cancellation) => Told<IReadOnlyList<DomainUsage>>(async () =>
    {
        // These two groups come out of the daemon's and the kernel's memory; every other one asks QEMU, a millisecond a domain.
        var active = await _slow.Domains.GetStatsAsync(
            DomainStatsGroups.State | DomainStatsGroups.Interface, DomainStatsFlags.Active | DomainStatsFlags.NoWait, cancellationToken: cancellation).ConfigureAwait(false);
        return [.. active.Select(DomainTraffic.Of)];
    });

    public Task<DomainStatus?> LookAsync(VmId id, CancellationToken cancellation) => Told(async () =>
    {
        // Its own name, by which a foreign one can be told; both questions are on their way at once.
        var (find, look) = (_control.Domains.FindAsync(id.Value, cancellation), StatusAsync(id, cancellation));
        await Task.WhenAll(find, look).ConfigureAwait(false);
        return await find.ConfigureAwait(false) is { } domain && await look.ConfigureAwait(false) is { } status ? status with { Name = domain.Name } : null;
    });

    public Task<DomainStatus?> DefineAsync(DomainSpec domain, CancellationToken cancellation) => Told(async () =>
    {
        if (Facts.Acceleration == Acceleration.None)
        {
            throw FailureException.Permanent(FailureCodes.NoAcceleration, Facts.AccelerationReason);
        }

        var xml = DomainXml.Build(domain, Facts.Acceleration, _options).ToString(SaveOptions.DisableFormatting);
        var isThere = await RefuseForeignAsync(domain.Id, cancellation).ConfigureAwait(false);
        // Not validated against the schema: that costs libvirt 20 ms, and the tests do it for every form that is built here.
        var defined = await SlowDomains.DefineAsync(xml, DefineFlags.None, cancellation).ConfigureAwait(false);
        return isThere || defined.WasRunning ? null : new DomainStatus(defined.Uuid, defined.Name, PowerState.Stopped, PowerReason.Unspecified);
    });

    public Task StartAsync(VmId id, CancellationToken cancellation) => Told(async () =>
    {
        await RefuseForeignAsync(id, cancellation).ConfigureAwait(false);
        if (!await _starts.WaitAsync(_options.SlowCallDeadline, cancellation).ConfigureAwait(false))
        {
            throw FailureException.Transient(FailureCodes.Timeout, $"Other VMs' starts took all {_options.StartsAtOnce} turns for {_options.SlowCallDeadline.TotalSeconds:0.#} s.");
        }

        var since = Stopwatch.GetTimestamp();
        try
        {
            await SlowDomains.StartAsync(Ref(id), StartFlags.None, cancellation).ConfigureAwait(false);
        }
        catch (LibvirtException refused) when (refused.Code == LibvirtErrorCode.OperationInvalid)
        {
            await UnlessAsync(id, refused, cancellation, PowerState.Running, PowerState.Paused).ConfigureAwait(false);
        }
        finally
        {
            _starts.Release();
        }

        var took = Stopwatch.GetElapsedTime(since);
        if (took > _options.SlowStart)
        {
            LogSlowStart(id.Value, took);
        }
    });

    public Task ShutdownAsync(VmId id, CancellationToken cancellation) =>
        Unless(id, () => _control.Domains.ShutdownAsync(Ref(id), ShutdownFlags.AcpiPowerButton, cancellation), cancellation, PowerState.Stopped);

    public Task RebootAsync(VmId id, CancellationToken cancellation) =>
        Unless(id, () => _control.Domains.RebootAsync(Ref(id), ShutdownFlags.AcpiPowerButton, cancellation), cancellation);

    public Task ResetAsync(VmId id, CancellationToken cancellation) => Unless(id, () => _control.Domains.ResetAsync(Ref(id), cancellation), cancellation);

    public Task SuspendAsync(VmId id, CancellationToken cancellation) => Unless(id, () => _control.Domains.SuspendAsync(Ref(id), cancellation), cancellation, PowerState.Paused);

    public Task ResumeAsync(VmId id, CancellationToken cancellation) => Unless(id, () => _control.Domains.ResumeAsync(Ref(id), cancellation), cancellation, PowerState.Running);

    public Task DestroyAsync(VmId id, CancellationToken cancellation) =>
        Unless(id, () => SlowDomains.DestroyAsync(Ref(id), DestroyFlags.None, cancellation), cancellation, PowerState.Stopped, PowerState.Absent);

    public Task UndefineAsync(VmId id, CancellationToken cancellation) => Told(async () =>
    {
        await RefuseForeignAsync(id, cancellation).ConfigureAwait(false);
        switch (await StatusAsync(id, cancellation).ConfigureAwait(false))
        {
            case null:
                return;
            case { State: PowerState.Stopped }:
                break;
            default:
                // Undefining it now would leave it running without a definition.
                throw FailureException.Transient(FailureCodes.HypervisorError, "The domain runs, so it is not undefined.");
        }

        try
        {
            const UndefineFlags everything = UndefineFlags.ManagedSave | UndefineFlags.SnapshotsMetadata | UndefineFlags.CheckpointsMetadata | UndefineFlags.Nvram;
            await SlowDomains.UndefineAsync(Ref(id), everything, cancellation).ConfigureAwait(false);
        }
        catch (LibvirtException gone) when (gone.Code == LibvirtErrorCode.NoDomain)
        {
            // It went by itself between the look and the call.
        }
    });

    public Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> LeasesAsync(CancellationToken cancellation) => Told(async () =>
    {
        IEnumerable<DhcpLease> leases = await _slow.Networks.FindAsync(_options.Network, cancellation).ConfigureAwait(false) is { } network
            ? await _slow.Networks.GetDhcpLeasesAsync(network, null, cancellation).ConfigureAwait(false)
            : [];
        return (IReadOnlyDictionary<string, IReadOnlyList<string>>)leases
            .Where(l => l.Mac is not null)
            .GroupBy(l => l.Mac!.ToLowerInvariant())
            .ToDictionary(g => g.Key, g => (IReadOnlyList<string>)[.. g.OrderByDescending(l => l.ExpiresAt).Select(l => l.Address.ToString()).Distinct()]);
    });

    public Task<string?> VncSocketAsync(VmId id, CancellationToken cancellation) => Told(async () =>
    {
        var status = await StatusAsync(id, cancellation).ConfigureAwait(false);
        return status is { State: PowerState.Running or PowerState.Paused }
            ? DomainXml.VncSocketOf(await _control.Domains.GetXmlAsync(Ref(id), DomainXmlFlags.None, cancellation).ConfigureAwait(false))
            : null;
    });

    public Task<IConsoleLine> OpenConsoleAsync(VmId id, bool takesOver, CancellationToken cancellation) => Told(async () =>
    {
        await RefuseForeignAsync(id, cancellation).ConfigureAwait(false);
        var status = await StatusAsync(id, cancellation).ConfigureAwait(false);
        return status is { State: PowerState.Running or PowerState.Paused }
            ? await _consoles.OpenAsync(Ref(id), takesOver, cancellation).ConfigureAwait(false)
            : throw FailureException.Permanent(FailureCodes.VmNotRunning, "The VM has no console while it does not run. Start it first.");
    });

    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await _events.DisposeAsync().ConfigureAwait(false);
        await _slow.DisposeAsync().ConfigureAwait(false);
        await _control.DisposeAsync().ConfigureAwait(false);
    }

    private static DomainRef Ref(VmId id) => DomainRef.Of(id.Value, id.DomainName);

    /// <summary>The daemon may hang up on our goodbye before we do, which is no loss.</summary>
    private async Task<bool> HasNextAsync(IAsyncEnumerator<DeCloud.Libvirt.Events.DomainEvent> events)
    {
        try
        {
            return await events.MoveNextAsync().ConfigureAwait(false);
        }
        catch (LibvirtConnectionLostException) when (_isDisposed)
        {
            return false;
        }
    }

    private async Task<string> AnyClosedAsync()
    {
        var first = await Task.WhenAny(_control.Closed, _slow.Closed, _events.Closed).ConfigureAwait(false);
        return (await first.ConfigureAwait(false)).Message;
    }

    private async Task<DomainStatus?> StatusAsync(VmId id, CancellationToken cancellation)
    {
        try
        {
            return PowerStates.Of(Ref(id), await _control.Domains.GetStatusAsync(Ref(id), cancellation).ConfigureAwait(false));
        }
        catch (LibvirtException none) when (none.Code == LibvirtErrorCode.NoDomain)
        {
            return null;
        }
    }

    /// <summary>Says no when the domain of this UUID is somebody else's. When there is none, the call that follows says so.</summary>
    /// <returns>Whether there is one.</returns>
    private async Task<bool> RefuseForeignAsync(VmId id, CancellationToken cancellation)
    {
        try
        {
            if (await _control.Domains.GetMetadataAsync(Ref(id), DomainXml.MetadataNamespace, cancellationToken: cancellation).ConfigureAwait(false) is not null)
            {
                return true;
            }
        }
        catch (LibvirtException none) when (none.Code == LibvirtErrorCode.NoDomain)
        {
            return false;
        }

        throw FailureException.Permanent(
            FailureCodes.ForeignDomain, "A domain on this host has this VM's UUID and was not made by the agent. It is left alone; delete the VM and create it under another id.");
    }

    /// <summary>Makes a call on a domain of the agent. Its refusal does not matter when the domain is already where it was to go.</summary>
    private Task Unless(VmId id, Func<Task> call, CancellationToken cancellation, params PowerState[] fine) => Told(async () =>
    {
        await RefuseForeignAsync(id, cancellation).ConfigureAwait(false);
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (LibvirtException refused) when (refused.Code is LibvirtErrorCode.OperationInvalid or LibvirtErrorCode.NoDomain)
        {
            await UnlessAsync(id, refused, cancellation, fine).ConfigureAwait(false);
        }
    });

    private async Task UnlessAsync(VmId id, LibvirtException refused, CancellationToken cancellation, params PowerState[] fine)
    {
        var status = await StatusAsync(id, cancellation).ConfigureAwait(false);
        if (!fine.Contains(status?.State ?? PowerState.Absent))
        {
            throw LibvirtFailures.Of(refused);
        }
    }

    private static async Task Told(Func<Task> call)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (Exception exception) when (LibvirtFailures.IsKnown(exception))
        {
            throw LibvirtFailures.Of(exception);
        }
    }

    private static async Task<T> Told<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception exception) when (LibvirtFailures.IsKnown(exception))
        {
            throw LibvirtFailures.Of(exception);
        }
    }

    [LoggerMessage(3, LogLevel.Warning, "libvirt took {Took} to start VM {Vm}; about half a second is usual. A cold or useless capabilities cache is the common cause")]
    private partial void LogSlowStart(Guid vm, TimeSpan took);
}
