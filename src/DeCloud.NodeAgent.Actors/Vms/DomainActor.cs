using System.Diagnostics;
using Akka.Actor;
using DeCloud.NodeAgent.Actors.Overlay;
using DeCloud.NodeAgent.Actors.Ports;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;
using static DeCloud.NodeAgent.Actors.Vms.DomainMessages;

namespace DeCloud.NodeAgent.Actors.Vms;

/// <summary>
/// The libvirt domain of one VM: takes one step at a time and tells the VM how it went. A new step cancels the one before and waits for its end, except cutting the power, which waits for nothing.
/// </summary>
internal sealed class DomainActor : ReceiveActor
{
    private static readonly TimeSpan FileDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan NetworkPatience = TimeSpan.FromSeconds(10);

    private readonly VmId _id;
    private readonly IVmFiles _files;
    private readonly IActorRef _images;
    private readonly NetworkBoard? _network;
    private readonly OverlayBoard _overlay;
    private readonly IScheduler _clock = Context.System.Scheduler;
    private IHypervisorSession? _session;
    private Running? _running;
    private Take? _waiting;
    private long _order;
    private bool _isLookDue;

    public DomainActor(VmId id, VmEnvironment environment)
    {
        _id = id;
        _files = environment.Files;
        _images = environment.Images;
        _network = environment.Network;
        _overlay = environment.Overlay;

        Receive<UseSession>(use => _session = use.Session);
        Receive<Take>(Begin);
        Receive<Abandon>(_ => CancelRunning());
        Receive<LookNow>(_ => LookUnasked());
        Receive<Looked>(looked => Context.Parent.Tell(looked));
        Receive<NotLooked>(_ => { });
        Receive<Ended>(End);
        Receive<ImageReply.Progress>(progress => Context.Parent.Tell(new Progress(progress.Token, progress.State)));
        Receive<ImageReply.Resolved>(resolved => End(new Ended(resolved.Token, new Taken(resolved.Token, resolved.Image.Digest, null))));
        Receive<ImageReply.Refused>(refused => End(new Ended(refused.Token, new NotTaken(refused.Token, refused.Failure, null))));
    }

    protected override void PostStop() => _running?.Cancel.Cancel();

    private void Begin(Take take)
    {
        CancelRunning();
        if (_running is not null && take.Step.Kind != VmStep.Destroy)
        {
            _waiting = take;
            return;
        }

        if (take.Step.Kind == VmStep.ResolveImage)
        {
            _running = new(take.Step, new(), _clock.MonotonicClock) { IsResolve = true, Span = Span(take.Step.Kind, take) };
            _images.Tell(new ImageCommands.Resolve(_id, new(take.Spec.ImageUrl, take.Spec.ImageHash), take.Step.Number));
            return;
        }

        var running = new Running(take.Step, new(FileDeadline * 5), _clock.MonotonicClock) { Span = Span(take.Step.Kind, take) };
        _running = running;
        var session = _session;
        Task.Run(() => RunAsync(take, session, running.Span, running.Cancel.Token)).PipeTo(
            Self,
            success: reply => new Ended(running.Number, reply),
            failure: cause => new Ended(running.Number, new NotTaken(running.Number, new(FailureCodes.HostError, cause.Message, false), null)));
    }

    private void CancelRunning()
    {
        _waiting = null;
        if (_running is not { } running || running.Cancel.IsCancellationRequested)
        {
            return;
        }

        running.Cancel.Cancel();
        if (running.IsResolve)
        {
            _images.Tell(new ImageCommands.Release(_id));
            NodeTracing.End(running.Span, "The step was cancelled.");
            _running = null;
        }
    }

    private Activity? Span(VmStep step, Take take)
    {
        var span = NodeTracing.Begin($"step {VmWords.Of(step)}", take.Trace);
        span?.SetTag("decloud.vm.id", _id.ToString());
        return span;
    }

    private void End(Ended ended)
    {
        if (_running?.Number == ended.Number)
        {
            NodeTracing.End(_running.Span, (ended.Reply as NotTaken)?.Failure.Message);
            NodeInstruments.StepEnded(_running.Step.Kind, ended.Reply is Taken, _clock.MonotonicClock - _running.BeganAt);
            _running.Cancel.Dispose();
            _running = null;
            Context.Parent.Tell(ended.Reply);
            if (_isLookDue)
            {
                _isLookDue = false;
                LookUnasked();
            }
        }

        if (_running is null && _waiting is { } waiting)
        {
            _waiting = null;
            Begin(waiting);
        }
    }

    /// <summary>
    /// Looks because something happened. What a definition itself makes happen is told by the look at its own end, and storing it twice would only keep the next step waiting; so this look comes after.
    /// </summary>
    private void LookUnasked()
    {
        if (_running?.Step.Kind is VmStep.Define or VmStep.Undefine)
        {
            _isLookDue = true;
        }
        else if (_session is { } session)
        {
            var order = Interlocked.Increment(ref _order);
            session.LookAsync(_id, CancellationToken.None).PipeTo(Self, success: status => new Looked(order, new(status)), failure: _ => NotLooked.Instance);
        }
    }

    private async Task<object> RunAsync(Take take, IHypervisorSession? session, Activity? span, CancellationToken stop)
    {
        // What is called from here on is a part of the step; whoever began it goes on without.
        Activity.Current = span;
        var number = take.Step.Number;
        var isOnDomain = take.Step.Kind is not (VmStep.CreateDisk or VmStep.CreateSeed or VmStep.RemoveFiles);
        try
        {
            return await EffectAsync(take, session, stop).ConfigureAwait(false);
        }
        catch (FailureException failure)
        {
            return new NotTaken(number, failure.Failure, await LookAfterAsync(failure.Failure, session, stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            return new NotTaken(number, new(FailureCodes.Timeout, $"The step {VmWords.Of(take.Step.Kind)} did not end in time.", false), null);
        }
        catch (IOException error)
        {
            return new NotTaken(number, new(FailureCodes.HostError, error.Message, false), null);
        }

        async Task<Looked?> LookAfterAsync(Failure failure, IHypervisorSession? on, CancellationToken cancellation) =>
            isOnDomain && on is not null && failure.Code is not (FailureCodes.HypervisorUnavailable or FailureCodes.Timeout)
                ? await LookAsync(on, cancellation).ConfigureAwait(false)
                : null;
    }

    private async Task<Taken> EffectAsync(Take take, IHypervisorSession? session, CancellationToken stop)
    {
        var taken = new Taken(take.Step.Number, null, null);
        switch (take.Step.Kind)
        {
            case VmStep.CreateDisk:
                var disk = _files.CreateDiskAsync(_id, take.Image!.Value, take.Spec.DiskBytes, stop);
                var seed = CreateSeedAlongAsync(take, stop);
                await Task.WhenAll(disk, seed).ConfigureAwait(false);
                _images.Tell(new ImageCommands.Release(_id));
                return await seed.ConfigureAwait(false) ? taken with { Along = VmStep.CreateSeed } : taken;
            case VmStep.CreateSeed:
                await CreateSeedAsync(take.Spec, stop).ConfigureAwait(false);
                return taken;
            case VmStep.RemoveFiles:
                await _files.RemoveAsync(_id, stop).ConfigureAwait(false);
                _images.Tell(new ImageCommands.Release(_id));
                return taken;
            case VmStep.Define:
                var defined = await Connected(session).DefineAsync(DomainOf(take), stop).ConfigureAwait(false);
                return taken with { Looked = defined is null ? await LookAsync(session, stop).ConfigureAwait(false) : new(Interlocked.Increment(ref _order), new(defined)) };
            default:
                await OnDomainAsync(take, Connected(session), stop).ConfigureAwait(false);
                return taken with { Looked = await LookAsync(session, stop).ConfigureAwait(false) };
        }
    }

    private Task CreateSeedAsync(VmSpec spec, CancellationToken stop) => _files.CreateSeedAsync(
        _id, new($"i-{_id}", spec.Name, spec.SshPublicKey, _id.MacAddress, SeedOverlay.Of(_overlay.Settings, _id, spec.OverlayAddress)), stop);

    /// <summary>
    /// The seed needs nothing of the disk, so it is written while qemu-img works, and both are stored as made in one write. When it fails, its own step comes after and tells what is wrong.
    /// </summary>
    /// <returns>Whether it is there.</returns>
    private async Task<bool> CreateSeedAlongAsync(Take take, CancellationToken stop)
    {
        var began = _clock.MonotonicClock;
        var span = Span(VmStep.CreateSeed, take);
        try
        {
            await CreateSeedAsync(take.Spec, stop).ConfigureAwait(false);
            NodeTracing.End(span, null);
            NodeInstruments.StepEnded(VmStep.CreateSeed, isTaken: true, _clock.MonotonicClock - began);
            return true;
        }
        catch (Exception failure) when (failure is FailureException or IOException or OperationCanceledException)
        {
            NodeTracing.End(span, failure.Message);
            return false;
        }
    }

    private static IHypervisorSession Connected(IHypervisorSession? session) =>
        session ?? throw FailureException.Transient(FailureCodes.HypervisorUnavailable, "libvirt is not connected.");

    private Task OnDomainAsync(Take take, IHypervisorSession session, CancellationToken stop) => take.Step.Kind switch
    {
        VmStep.Start => StartAsync(take.Spec, session, stop),
        VmStep.Shutdown => session.ShutdownAsync(_id, stop),
        VmStep.Reboot => session.RebootAsync(_id, stop),
        VmStep.Reset => session.ResetAsync(_id, stop),
        VmStep.Suspend => session.SuspendAsync(_id, stop),
        VmStep.Resume => session.ResumeAsync(_id, stop),
        VmStep.Destroy => session.DestroyAsync(_id, stop),
        VmStep.Undefine => session.UndefineAsync(_id, stop),
        var step => throw new ArgumentException($"{step} is no step on a domain.", nameof(take)),
    };

    private DomainSpec DomainOf(Take take) => new(_id, take.Spec.VCpus, take.Spec.MemoryBytes, _files.PathsOf(_id), _files.PathOf(take.Image!.Value))
    {
        HostDevices = [.. (take.Spec.Gpus ?? []).SelectMany(g => g.Functions).Distinct()],
        OverlayBridge = take.Spec.OverlayAddress is null ? null : _overlay.Settings.VmBridge,
    };

    /// <summary>A guest runs only behind the rules that keep it apart; they are in force long before the first start as a rule, so this waits for nothing.</summary>
    private async Task StartAsync(VmSpec spec, IHypervisorSession session, CancellationToken stop)
    {
        if (_network is not null)
        {
            await AwaitAsync(_network, FailureCodes.NetworkNotIsolated, "the rules that keep it from this host's network are not in force", stop).ConfigureAwait(false);
        }

        if (spec.OverlayAddress is not null)
        {
            await AwaitAsync(_overlay.Way, FailureCodes.OverlayNotReady, "its way into the overlay is not there", stop).ConfigureAwait(false);
        }

        await session.StartAsync(_id, stop).ConfigureAwait(false);
    }

    private static async Task AwaitAsync(NetworkBoard network, string code, string what, CancellationToken stop)
    {
        if (network.Current.MayStart)
        {
            return;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(NetworkPatience);
        try
        {
            await network.WhenMayStartAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw FailureException.Transient(code, $"The VM is not started, because {what}: {network.Current.Unavailable?.Message ?? "that is still being made."}");
        }
    }

    private async Task<Looked?> LookAsync(IHypervisorSession? session, CancellationToken stop)
    {
        if (session is null)
        {
            return null;
        }

        var order = Interlocked.Increment(ref _order);
        try
        {
            return new(order, new(await session.LookAsync(_id, stop).ConfigureAwait(false)));
        }
        catch (FailureException)
        {
            // The step is done or failed all the same; the next event or sweep brings the look.
            return null;
        }
    }

    private sealed record Running(StepInFlight Step, CancellationTokenSource Cancel, TimeSpan BeganAt)
    {
        public long Number => Step.Number;

        public bool IsResolve { get; init; }

        public Activity? Span { get; init; }
    }

    private sealed record Ended(long Number, object Reply);

    private sealed record NotLooked
    {
        public static readonly NotLooked Instance = new();
    }
}
