using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Actors.Hypervisor;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Actors.Resources;

/// <summary>
/// Knows the machine: reads its inventory at the start, when it has changed and when asked, and tells the VMs' part what there is to give; looks at its counters once a second and
/// publishes what they say. libvirt and the kernel are asked apart, so that one that hangs takes nothing from the other.
/// </summary>
internal sealed class ResourcesActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CompareEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReadDeadline = TimeSpan.FromSeconds(30);

    /// <summary>What libvirt told is shown until this many looks found the next question unanswered.</summary>
    private const int TrafficLasts = 3;

    private readonly IHostInventory _inventory;
    private readonly IHostSampler _sampler;
    private readonly ResourceBoard _board;
    private readonly VmBoard _vms;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<IActorRef> _waiting = [];

    private bool _isReading, _isComparing, _isSampling, _isAsking;
    private string? _fingerprint, _lastTrouble;
    private HostSample? _before;
    private IHypervisorSession? _session;
    private string _lostReason;
    private VmReading? _told, _shown;
    private int _unanswered;

    public ResourcesActor(ResourceParts parts, VmBoard vms, string? withoutVms)
    {
        _lostReason = withoutVms ?? "libvirt is not connected yet.";
        _inventory = parts.Inventory;
        _sampler = parts.Sampler;
        _board = parts.Board;
        _vms = vms;

        Receive<ResourceMessages.Refresh>(_ => Refresh());
        Receive<InventoryRead>(Publish);
        Receive<InventoryFailed>(failed => Fail(failed.Cause));
        Receive<Compare>(_ => StartCompare(), _ => !_isComparing && !_isReading);
        Receive<Compared>(ReadWhenChanged);

        Receive<Look>(_ => StartLook());
        Receive<Sampled>(sampled => Show(sampled.Sample));
        Receive<SampleFailed>(failed => DoWithout(failed.Cause));
        Receive<TrafficTold>(Keep);
        Receive<TrafficFailed>(Lose);

        Receive<HypervisorMessages.Up>(ComeUp);
        Receive<HypervisorMessages.Lost>(lost => Lose(new TrafficFailed(_session, $"libvirt is not connected: {lost.Reason}", IsOver: true)));
        ReceiveAny(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Read();
        Self.Tell(Look.Instance);
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, LookEvery);
        Timers.StartPeriodicTimer(nameof(Compare), Compare.Instance, CompareEvery);
    }

    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private void Refresh()
    {
        _waiting.Add(Sender);
        Read();
    }

    private void Read()
    {
        if (_isReading)
        {
            return;
        }

        _isReading = true;
        ReadAsync().PipeTo(Self, failure: cause => new InventoryFailed(cause));
    }

    private async Task<object> ReadAsync()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        deadline.CancelAfter(ReadDeadline);

        // First the fingerprint: what changes while the inventory is read is seen by the next comparison.
        var fingerprint = await _inventory.FingerprintAsync(deadline.Token).WaitAsync(deadline.Token).ConfigureAwait(false);
        return new InventoryRead(await _inventory.ReadAsync(deadline.Token).WaitAsync(deadline.Token).ConfigureAwait(false), fingerprint);
    }

    private void Publish(InventoryRead read)
    {
        _isReading = false;
        _fingerprint = read.Fingerprint;
        _board.Publish(read.Resources);
        Context.Parent.Tell(new ResourceMessages.CapacityKnown(CapacityOf.Host(read.Resources)));
        foreach (var gap in read.Resources.Gaps)
        {
            _log.Warning("The inventory has a gap: {0}", gap);
        }

        Answer(new ResourceReply.Refreshed(read.Resources));
    }

    private void Fail(Exception cause)
    {
        _isReading = false;
        _log.Error(cause, "The inventory could not be read");
        Answer(new ResourceReply.Refused(cause is OperationCanceledException
            ? new Failure(FailureCodes.Timeout, $"Reading the inventory took more than {ReadDeadline.TotalSeconds:0} s. Try again; if it lasts, look for a file server that is away.", false)
            : new Failure(FailureCodes.HostError, $"The inventory could not be read: {cause.Message}", false)));
    }

    private void Answer(ResourceReply reply)
    {
        _waiting.ForEach(asker => asker.Tell(reply));
        _waiting.Clear();
    }

    private void StartCompare()
    {
        _isComparing = true;
        _inventory.FingerprintAsync(_stop.Token).PipeTo(Self, success: fingerprint => new Compared(fingerprint), failure: _ => new Compared(null));
    }

    private void ReadWhenChanged(Compared compared)
    {
        _isComparing = false;
        if (_board.Inventory is null || (compared.Fingerprint is { } fingerprint && fingerprint != _fingerprint))
        {
            Read();
        }
    }

    private void StartLook()
    {
        if (_isAsking)
        {
            _unanswered++;
        }
        else if (_session is { } session)
        {
            _isAsking = true;
            session.UsageAsync(_stop.Token).PipeTo(
                Self, success: usage => new TrafficTold(session, usage), failure: cause => new TrafficFailed(session, cause.Message, IsOver: false));
        }

        if (!_isSampling)
        {
            _isSampling = true;
            HashSet<Guid> running = [.. (_told?.Running ?? []).Select(d => d.Id)];
            _sampler.SampleAsync(running, _stop.Token).PipeTo(Self, success: sample => new Sampled(sample), failure: cause => new SampleFailed(cause));
        }
    }

    private void ComeUp(HypervisorMessages.Up up)
    {
        _session = up.Session;
        _lostReason = "libvirt is connected and has told nothing yet.";
    }

    private void Keep(TrafficTold told)
    {
        _isAsking = false;
        _unanswered = 0;
        if (told.Session == _session)
        {
            var own = _vms.Current;
            _told = new(Context.System.Scheduler.MonotonicClock, [.. told.Usage.Where(d => own.ContainsKey(new VmId(d.Id)))]);
        }
    }

    private void Lose(TrafficFailed failed)
    {
        if (failed.IsOver)
        {
            _session = null;
        }
        else
        {
            _isAsking = false;
            _unanswered = 0;
            if (failed.Session != _session)
            {
                return;
            }
        }

        _lostReason = failed.Reason;
        _told = _shown = null;
    }

    private void Show(HostSample sample)
    {
        _isSampling = false;
        _lastTrouble = null;
        var told = _unanswered < TrafficLasts ? _told : null;
        var reason = _told is null ? _lostReason : "libvirt has not answered for some seconds.";
        _board.Publish(SnapshotOf.Between(_before, sample, _shown, told, reason, Context.System.Scheduler.Now));
        _board.Publish(VmCounters.Of(sample, told));
        _before = sample;
        _shown = told;
    }

    private void DoWithout(Exception cause)
    {
        _isSampling = false;
        if (cause.Message != _lastTrouble)
        {
            _lastTrouble = cause.Message;
            _log.Warning("The machine's counters could not be read: {0}", cause.Message);
        }
    }

    private sealed record Look
    {
        public static readonly Look Instance = new();
    }

    private sealed record Compare
    {
        public static readonly Compare Instance = new();
    }

    private sealed record InventoryRead(NodeResources Resources, string Fingerprint);

    private sealed record InventoryFailed(Exception Cause);

    private sealed record Compared(string? Fingerprint);

    private sealed record Sampled(HostSample Sample);

    private sealed record SampleFailed(Exception Cause);

    private sealed record TrafficTold(IHypervisorSession Session, IReadOnlyList<DomainUsage> Usage);

    private sealed record TrafficFailed(IHypervisorSession? Session, string Reason, bool IsOver);
}
