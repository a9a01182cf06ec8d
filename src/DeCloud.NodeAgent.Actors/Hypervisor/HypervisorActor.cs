using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Core.Hypervisor;
using static DeCloud.NodeAgent.Actors.Hypervisor.HypervisorMessages;

namespace DeCloud.NodeAgent.Actors.Hypervisor;

/// <summary>
/// Keeps one session with the hypervisor: connects, tells the subscribers of every domain once, then of every event, and begins again with back-off and jitter when it is lost.
/// Subscribers learn of events that fell between connect and list, because events are read from before the list.
/// </summary>
internal sealed class HypervisorActor : ReceiveActor, IWithTimers
{
    /// <summary>The longest pause between two tries to connect: a daemon that is back shall be noticed within a second.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(30);

    private readonly IHypervisor _hypervisor;
    private readonly IReadOnlyList<IActorRef> _subscribers;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly List<Happened> _early = [];
    private CancellationTokenSource _stop = new();
    private IHypervisorSession? _session;
    private bool _isUp;
    private int _failures;
    private string? _lastReason;

    public HypervisorActor(IHypervisor hypervisor, IReadOnlyList<IActorRef> subscribers)
    {
        _hypervisor = hypervisor;
        _subscribers = subscribers;

        Receive<Connect>(_ => Open());
        Receive<Connected>(connected => Subscribe(connected.Session));
        Receive<Listed>(listed => ComeUp(listed), listed => listed.Session == _session);
        Receive<Happened>(happened => Pass(happened));
        Receive<Sweep>(_ => StartSweep(), _ => _isUp);
        Receive<SweepDone>(done => Tell(new Swept(done.Domains)), done => done.Session == _session && _isUp);
        Receive<Broken>(broken => GoDown(broken.Reason), broken => broken.Session == _session);
        Receive<Reconnect>(_ => GoDown("the VMs' actor was started again"), _ => _isUp);
        // What a session says that is no longer ours.
        ReceiveAny(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Self.Tell(Connect.Instance);

    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
        Close(_session);
    }

    private void Open() =>
        Task.Run(() => _hypervisor.ConnectAsync(_stop.Token))
            .PipeTo(Self, success: session => new Connected(session), failure: cause => new Broken(null, cause.Message));

    private void Subscribe(IHypervisorSession session)
    {
        _session = session;
        _early.Clear();
        var self = Self;
        session.Closed.PipeTo(self, success: reason => new Broken(session, reason), failure: cause => new Broken(session, cause.Message));
        Pump(session, self, _stop.Token).PipeTo(self, failure: cause => new Broken(session, cause.Message));
        session.ListAsync(_stop.Token).PipeTo(self, success: domains => new Listed(session, domains), failure: cause => new Broken(session, cause.Message));
    }

    private static async Task<object> Pump(IHypervisorSession session, IActorRef self, CancellationToken stop)
    {
        await foreach (var happened in session.EventsAsync(stop).ConfigureAwait(false))
        {
            self.Tell(new Happened(happened));
        }

        return new Broken(session, "The event stream ended.");
    }

    private void ComeUp(Listed listed)
    {
        _isUp = true;
        _failures = 0;
        _lastReason = null;
        var facts = listed.Session.Facts;
        _log.Info("libvirt {0} with QEMU {1} is connected; {2} domains; acceleration {3}", facts.LibvirtVersion, facts.QemuVersion, listed.Domains.Count, facts.Acceleration);
        Tell(new Up(listed.Session, listed.Domains, Context.System.Scheduler.Now));
        foreach (var happened in _early)
        {
            Tell(happened);
        }

        _early.Clear();
        Timers.StartPeriodicTimer(nameof(Sweep), Sweep.Instance, SweepEvery);
    }

    private void Pass(Happened happened)
    {
        if (_isUp)
        {
            Tell(happened);
        }
        else
        {
            _early.Add(happened);
        }
    }

    private void StartSweep()
    {
        var session = _session!;
        session.ListAsync(_stop.Token).PipeTo(Self, success: domains => new SweepDone(session, domains), failure: _ => new SweepDone(null, []));
    }

    private void GoDown(string reason)
    {
        Timers.Cancel(nameof(Sweep));
        Close(_session);
        _session = null;
        _isUp = false;
        _failures++;
        _stop.Cancel();
        _stop.Dispose();
        _stop = new();
        if (reason != _lastReason)
        {
            // One line a cause: a daemon that is away for a day shall not fill the log.
            _log.Warning("libvirt is not connected: {0}", reason);
            _lastReason = reason;
            Tell(new Lost(reason, Context.System.Scheduler.Now));
        }

        var pause = FirstPause * Math.Pow(2, Math.Min(_failures, 10) - 1);
        var bounded = pause < LongestPause ? pause : LongestPause;
        Timers.StartSingleTimer(nameof(Connect), Connect.Instance, bounded * (0.8 + (Random.Shared.NextDouble() * 0.2)));
    }

    private void Tell(object message)
    {
        foreach (var subscriber in _subscribers)
        {
            subscriber.Tell(message);
        }
    }

    private static void Close(IHypervisorSession? session)
    {
        if (session is not null)
        {
            _ = session.DisposeAsync().AsTask();
        }
    }

    /// <summary>Give the session up and open another, so that the subscribers hear of every domain again.</summary>
    internal sealed record Reconnect
    {
        public static readonly Reconnect Instance = new();
    }

    private sealed record Connect
    {
        public static readonly Connect Instance = new();
    }

    private sealed record Sweep
    {
        public static readonly Sweep Instance = new();
    }

    private sealed record Connected(IHypervisorSession Session);

    private sealed record Listed(IHypervisorSession Session, IReadOnlyList<DomainStatus> Domains);

    private sealed record SweepDone(IHypervisorSession? Session, IReadOnlyList<DomainStatus> Domains);

    private sealed record Broken(IHypervisorSession? Session, string Reason);
}
