using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Overlay;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Actors.Overlay;

/// <summary>
/// The overlay of this node: remembers which peers are wanted and which key is the node's, and makes the host's interface so, at the start, after each change, and every ten seconds in case
/// somebody took something away. What the host lacks makes it unavailable with a reason; nothing waits for it.
/// </summary>
internal sealed class WireGuardActor : ReceivePersistentActor, IWithTimers
{
    private const int SnapshotEvery = 100;
    private static readonly TimeSpan PassEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PassDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan KeyDeadline = TimeSpan.FromSeconds(10);

    private readonly OverlayParts _parts;
    private readonly OverlayBoard _board;
    private readonly JournalSignal _written;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<PublicKey> _fresh = [];
    private readonly CancellationTokenSource _stop = new();
    private OverlayState _state = new();
    private OverlayCondition _condition = new("starting", null, Context.System.Scheduler.Now);
    private OverlayLook? _look;
    private IReadOnlySet<PublicKey> _withoutKey = new HashSet<PublicKey>();
    private IActorRef _asker = ActorRefs.Nobody;
    private bool _isPassing;
    private bool _isPassDue;
    private bool _isKeepingKey;
    private bool _isSweepDue = true;
    private int _failures;

    public WireGuardActor(OverlayParts parts, OverlayBoard board, JournalSignal written)
    {
        _parts = parts;
        _board = board;
        _written = written;

        Recover<SnapshotOffer>(offer => _state = (OverlayState)offer.Snapshot);
        Recover<IOverlayEvent>(@event => _state = _state.Apply(@event));
        Recover<RecoveryCompleted>(_ => Begin());

        Command<OverlayQueries.Get>(_ => Sender.Tell(new OverlayReply.Shown(View())));
        Command<IOverlayMessage>(_ => Sender.Tell(new OverlayReply.Refused(Off)), _ => IsOff);
        Command<IOverlayMessage>(_ => Stash.Stash(), _ => _isKeepingKey);
        Command<OverlayCommands.SetPeer>(SetPeer);
        Command<OverlayCommands.RemovePeer>(RemovePeer);
        Command<OverlayCommands.Reconcile>(Reconcile);
        Command<OverlayQueries.FindReconciliation>(Find);
        Command<OverlayCommands.Rotate>(rotate => Rotate(rotate.Request));
        Command<PresharedKeyKept>(KeepPeer);
        Command<KeyMade>(KeepKey);
        Command<KeyFailed>(GiveUp);

        Command<Pass>(_ => StartPass());
        Command<Passed>(EndPass);
        Command<SaveSnapshotSuccess>(saved => DeleteSnapshots(new(saved.Metadata.SequenceNr - 1)));
        Command<SaveSnapshotFailure>(failure => _log.Warning("Snapshot of the overlay failed: {0}", failure.Cause.Message));
        Command<DeleteSnapshotsSuccess>(_ => { });
        Command<DeleteSnapshotsFailure>(_ => { });
    }

    public override string PersistenceId => "wireguard";

    public ITimerScheduler Timers { get; set; } = null!;

    private static DateTimeOffset Now => Context.System.Scheduler.Now;

    private static Failure Off => new(FailureCodes.WireGuardOff, "This node takes part in no overlay. Set WireGuard:Address to its address there, such as 10.80.0.7/16, and start the agent again.", true);

    private bool IsOff => _parts.Settings.Address is null;

    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "Event {0} of the overlay could not be stored", sequenceNr);
        _asker.Tell(new OverlayReply.Refused(VmActor.JournalFailure(cause)));
    }

    private WireGuardResource View() => _state.View(_parts.Settings, _condition, _look, Now, _withoutKey) with { Vms = _board.Shown };

    private void Begin()
    {
        Context.Parent.Tell(new BridgeActor.NodesKnown(_state.Nodes(_parts.Settings)));
        if (!IsOff)
        {
            Self.Tell(Pass.Instance);
            return;
        }

        _condition = new("off", "WireGuard:Address is not set.", Now);
        if (_state.KeyId > 0)
        {
            // It was on before: an interface of ours may still be there.
            RunPass(stop => OverlayPass.RemoveAsync(_parts, stop));
        }
    }

    private void SetPeer(OverlayCommands.SetPeer set)
    {
        var allowed = set.Wish.AllowedIps;
        if (Refuses(set.Request))
        {
        }
        else if (_state.Find(set.Request).Earlier is not null && _state.Peers.GetValueOrDefault(set.PublicKey.Text) is { } kept)
        {
            Answer(Sender, kept);
        }
        else if (OverlayRules.Check(_parts.Settings, set.Wish) is [var first, ..])
        {
            Sender.Tell(new OverlayReply.Refused(new(FailureCodes.PeerConflict, $"{first.Field} {first.Value} {first.Reason}", true)));
        }
        else if (OverlayRules.Conflict(_state.PublicKey, _state.Peers.Values, set.PublicKey, allowed) is { } conflict)
        {
            Sender.Tell(new OverlayReply.Refused(new(FailureCodes.PeerConflict, conflict, true)));
        }
        else if (set.PresharedKey is { } key)
        {
            var current = _state.Peers.GetValueOrDefault(set.PublicKey.Text)?.PresharedKeyId;
            KeepKey(stop => _parts.Keys.KeepAsync(set.PublicKey, current, _state.LastPresharedKeyId + 1, key, stop), Sender, id => new PresharedKeyKept(set, id));
        }
        else
        {
            StorePeer(set, null, Sender);
        }
    }

    private void KeepPeer(PresharedKeyKept kept)
    {
        _isKeepingKey = false;
        Stash.UnstashAll();
        StorePeer(kept.Command, kept.Id, _asker);
    }

    private void StorePeer(OverlayCommands.SetPeer set, int? presharedKeyId, IActorRef asker)
    {
        var endpoint = set.Wish.Endpoint is { } text && OverlayRules.TryParseEndpoint(text, out var parsed) ? parsed.ToString() : null;
        var peer = new OverlayPeer(set.PublicKey, endpoint, OverlayRules.Canonical(set.Wish.AllowedIps), set.Wish.KeepaliveSeconds, presharedKeyId);
        if (peer.IsSameAs(_state.Peers.GetValueOrDefault(set.PublicKey.Text)))
        {
            Answer(asker, peer);
            return;
        }

        Store(new OverlayEvents.PeerSet(peer, set.Request, Now), asker, () =>
        {
            _fresh.Add(peer.PublicKey);
            Answer(asker, peer);
        });
    }

    private void RemovePeer(OverlayCommands.RemovePeer remove)
    {
        if (Refuses(remove.Request))
        {
        }
        else if (_state.Find(remove.Request).Earlier is not null || !_state.Peers.ContainsKey(remove.PublicKey.Text))
        {
            Sender.Tell(new OverlayReply.PeerGone());
        }
        else
        {
            var asker = Sender;
            Store(new OverlayEvents.PeerRemoved(remove.PublicKey, remove.Request, Now), asker, () => asker.Tell(new OverlayReply.PeerGone()));
        }
    }

    private void Reconcile(OverlayCommands.Reconcile reconcile)
    {
        if (Refuses(reconcile.Request))
        {
            return;
        }

        var (events, refusal) = _state.Find(reconcile.Request).Earlier is not null ? ([], null) : OverlayReconciliation.Decide(_state, _parts.Settings, reconcile, Now);
        if (refusal is not null)
        {
            Sender.Tell(new OverlayReply.Refused(refusal));
        }
        else if (events.IsEmpty)
        {
            Sender.Tell(new OverlayReply.Reconciled());
        }
        else
        {
            var asker = Sender;
            Store(events, asker, () =>
            {
                _fresh.UnionWith(events.OfType<OverlayEvents.PeerSet>().Select(e => e.Peer.PublicKey));
                asker.Tell(new OverlayReply.Reconciled());
            });
        }
    }

    private void Find(OverlayQueries.FindReconciliation find) => Sender.Tell(_state.Requests.Exists(r => r.Id == find.RequestId)
        ? new OverlayReply.Reconciled()
        : new OverlayReply.Refused(new(FailureCodes.OperationNotFound, "Nothing was obeyed under this key.", true)));

    private void Rotate(Request request)
    {
        if (Refuses(request))
        {
        }
        else if (_state.Find(request).Earlier is { PublicKey: { } key, KeyId: { } id })
        {
            Sender.Tell(new OverlayReply.Rotated(new(key.Text, id)));
        }
        else
        {
            MakeKey(request, Sender);
        }
    }

    // The file is durable before the journal names it; one that the journal never came to name is replaced by the next try.
    private void MakeKey(Request request, IActorRef asker)
    {
        var id = _state.KeyId + 1;
        KeepKey(stop => _parts.Keys.MakeAsync(id, stop), asker, key => new KeyMade(id, key, request));
    }

    private void KeepKey<T>(Func<CancellationToken, Task<T>> keep, IActorRef asker, Func<T, object> done)
    {
        _isKeepingKey = true;
        _asker = asker;
        Task.Run(async () =>
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            deadline.CancelAfter(KeyDeadline);
            return await keep(deadline.Token).ConfigureAwait(false);
        }).PipeTo(Self, success: done, failure: cause => new KeyFailed(cause));
    }

    private void KeepKey(KeyMade made)
    {
        _isKeepingKey = false;
        Stash.UnstashAll();
        var asker = _asker;
        Store(new OverlayEvents.KeyRotated(made.Id, made.PublicKey, made.Request, Now), asker, () =>
        {
            _log.Info("The node's overlay key is number {0}, {1}", made.Id, made.PublicKey);
            asker.Tell(new OverlayReply.Rotated(new(made.PublicKey.Text, made.Id)));
        });
    }

    private void GiveUp(KeyFailed failed)
    {
        _isKeepingKey = false;
        Stash.UnstashAll();
        var failure = failed.Cause is FailureException known ? known.Failure : new Failure(FailureCodes.HostError, $"The key could not be kept: {failed.Cause.Message}", false);
        _asker.Tell(new OverlayReply.Refused(failure));
        if (_state.KeyId == 0)
        {
            Fail(failure.Message);
        }
    }

    private bool Refuses(Request request)
    {
        if (_state.Find(request).Refusal is not { } refusal)
        {
            return false;
        }

        Sender.Tell(new OverlayReply.Refused(refusal));
        return true;
    }

    private void Answer(IActorRef asker, OverlayPeer peer) => asker.Tell(new OverlayReply.PeerKept(peer.View(_parts.Settings, _look, Now, _withoutKey)));

    private void Store(IOverlayEvent @event, IActorRef asker, Action then) => Store([@event], asker, then);

    private void Store(ImmutableArray<IOverlayEvent> events, IActorRef asker, Action then)
    {
        _asker = asker;
        var left = events.Length;
        PersistAll(events, stored =>
        {
            _state = _state.Apply(stored);
            if (LastSequenceNr % SnapshotEvery == 0)
            {
                SaveSnapshot(_state);
            }

            if (--left > 0)
            {
                return;
            }

            _written.Set();
            _isSweepDue = true;
            Context.Parent.Tell(new BridgeActor.NodesKnown(_state.Nodes(_parts.Settings)));
            then();
            StartPass();
        });
    }

    private void StartPass()
    {
        if (IsOff)
        {
            return;
        }

        if (_state.KeyId == 0)
        {
            if (!_isKeepingKey)
            {
                MakeKey(new("agent-first-key", "", "agent"), ActorRefs.Nobody);
            }

            return;
        }

        if (_isPassing)
        {
            _isPassDue = true;
            return;
        }

        var (state, fresh, now, isSweepDue) = (_state, _fresh.ToHashSet(), Now, _isSweepDue);
        _isSweepDue = false;
        RunPass(async stop =>
        {
            var result = await OverlayPass.RunAsync(_parts, state, fresh, now, stop).ConfigureAwait(false);
            if (result.Refusal is null && isSweepDue)
            {
                // Only now: until here the interface may have run on an earlier key.
                await _parts.Keys.SweepAsync(state, stop).ConfigureAwait(false);
            }

            return result;
        });
    }

    private void RunPass(Func<CancellationToken, Task<OverlayPassResult>> run)
    {
        _isPassing = true;
        _isPassDue = false;
        var state = _state;
        Task.Run(async () =>
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            deadline.CancelAfter(PassDeadline);
            return await run(deadline.Token).ConfigureAwait(false);
        }).PipeTo(Self, success: result => new Passed(state, result), failure: cause => new Passed(state, new(null, cause.Message, 0, _withoutKey)));
    }

    private void EndPass(Passed passed)
    {
        _isPassing = false;
        var result = passed.Result;
        _withoutKey = result.WithoutKey;
        if (IsOff)
        {
            _condition = _condition with { Reason = result.Refusal is null ? "WireGuard:Address is not set." : $"WireGuard:Address is not set, but what was made earlier could not be removed: {result.Refusal}" };
            return;
        }

        Look(result.Seen);
        if (result.Refusal is { } refusal)
        {
            _isSweepDue = true;
            Fail(refusal);
        }
        else
        {
            _fresh.RemoveWhere(key => _state.Peers.GetValueOrDefault(key.Text) == passed.State.Peers.GetValueOrDefault(key.Text));
            _failures = 0;
            if (_condition.Word != "up")
            {
                _condition = new("up", null, Now);
                _log.Info("The overlay interface {0} is up as {1}", _parts.Settings.InterfaceName, _parts.Settings.Address);
            }
            else if (result.Changes > 0)
            {
                _log.Info("The overlay interface {0} was brought in order in {1} steps", _parts.Settings.InterfaceName, result.Changes);
            }

            Timers.StartSingleTimer(nameof(Pass), Pass.Instance, PassEvery);
        }

        if (_isPassDue)
        {
            Self.Tell(Pass.Instance);
        }
    }

    private void Look(OverlaySighting? seen)
    {
        if (seen is null)
        {
            _look = null;
            return;
        }

        var before = (_look?.Sighting.Device?.Peers ?? []).ToDictionary(p => p.PublicKey, p => p.SentBytes);
        var sending = (seen.Device?.Peers ?? []).Where(p => before.TryGetValue(p.PublicKey, out var sent) && p.SentBytes > sent).Select(p => p.PublicKey).ToHashSet();
        _look = new(seen, Now, sending);
    }

    private void Fail(string reason)
    {
        _failures++;
        if (_condition.Word != "unavailable" || _condition.Reason != reason)
        {
            // One line a cause: a host without WireGuard shall not fill the log.
            _log.Warning("The overlay is unavailable: {0}", reason);
            _condition = new("unavailable", reason, _condition.Word == "unavailable" ? _condition.Since : Now);
        }

        var pause = FirstPause * Math.Pow(2, Math.Min(_failures, 10) - 1);
        Timers.StartSingleTimer(nameof(Pass), Pass.Instance, pause < PassEvery ? pause : PassEvery);
    }

    private sealed record Pass
    {
        public static readonly Pass Instance = new();
    }

    private sealed record Passed(OverlayState State, OverlayPassResult Result);

    private sealed record PresharedKeyKept(OverlayCommands.SetPeer Command, int Id);

    private sealed record KeyMade(int Id, PublicKey PublicKey, Request Request);

    private sealed record KeyFailed(Exception Cause);
}
