using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Core.Orchestration;

namespace DeCloud.NodeAgent.Actors.Orchestration;

/// <summary>How commands come: asked for, and in the answers to reports.</summary>
internal sealed partial class Heartbeat
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private const double PauseGrowth = 1.5;

    /// <summary>
    /// When the orchestrator is asked after a hint, counted from the hint: a pushed command that is not taken from the push itself is put into the queue a moment later.
    /// </summary>
    private static readonly TimeSpan[] AfterHint = [TimeSpan.Zero, TimeSpan.FromMilliseconds(25), TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(150), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2)];

    private TimeSpan _pollPause = ShortestPause;
    private bool _isPolling;
    private long _polls;
    private int _hintStep = AfterHint.Length;

    /// <summary>While the orchestrator is away, the reports alone find out that it is back.</summary>
    private bool CanPoll => _credentials is not null && _link.Failures == 0 && _link.LastBeatAt is not null;

    private void PollSoon()
    {
        _pollPause = ShortestPause;
        Self.Tell(PollDue.Instance);
    }

    private void Poll()
    {
        if (_isPolling || !CanPoll)
        {
            return;
        }

        _isPolling = true;
        _polls++;
        Timers.Cancel(nameof(PollDue));
        _parts.Client.TakeCommandsAsync(_credentials!, _end.Token).PipeTo(
            Self, success: reply => new Polled(reply), failure: cause => new Polled(new PeerReply<ImmutableArray<PeerCommand>>.Unreachable(cause.Message)));
    }

    private void EndPoll(Polled polled)
    {
        _isPolling = false;
        var (pause, found) = (_pollPause * PauseGrowth, false);
        switch (polled.Reply)
        {
            case PeerReply<ImmutableArray<PeerCommand>>.Given(var commands):
                found = !commands.IsEmpty;
                RefuseDoubted(commands);
                TakeIn(commands, null);
                break;
            case PeerReply<ImmutableArray<PeerCommand>>.Unauthorized(var reason):
                RefuseDoubted([]);
                Reject(reason);
                TakeStep();
                break;
            default:
                RefuseDoubted([]);
                break;
        }

        _pollPause = found ? ShortestPause : pause < LongestPause ? pause : LongestPause;
        SchedulePoll(Backoff.Jitter(_pollPause, _parts.Chance()));
    }

    private void SchedulePoll(TimeSpan usual)
    {
        if (_hintStep >= AfterHint.Length)
        {
            Timers.StartSingleTimer(nameof(PollDue), PollDue.Instance, usual);
            return;
        }

        if (_hintStep++ == 0)
        {
            Self.Tell(PollDue.Instance);
            return;
        }

        Timers.StartSingleTimer(nameof(PollDue), PollDue.Instance, AfterHint[_hintStep - 1] - AfterHint[_hintStep - 2]);
    }

    /// <summary>Takes commands on. The orchestrator has forgotten them by now, so they are kept before anything else is done.</summary>
    /// <param name="commands">The commands.</param>
    /// <param name="asker">Who waits for them to be kept; null for nobody.</param>
    /// <param name="trace">What they are a part of where they do not tell themselves.</param>
    private void TakeIn(IReadOnlyList<PeerCommand> commands, IActorRef? asker, ActivityContext trace = default)
    {
        if (commands.Count == 0)
        {
            return;
        }

        var secrets = commands.Select(c => (c.Id, Payload: CommandIntake.Take(_state, _settings.By, c, Now).SecretPayload)).Where(c => c.Payload is not null).ToList();
        if (secrets.Count == 0)
        {
            Admit(commands, null, asker, trace);
            return;
        }

        var (vault, end) = (_parts.Vault, _end.Token);
        KeepAsync().PipeTo(Self, success: () => new PayloadsKept(commands, null, asker, trace), failure: cause => new PayloadsKept(commands, cause.Message, asker, trace));

        async Task KeepAsync()
        {
            foreach (var (id, payload) in secrets)
            {
                await vault.KeepPayloadAsync(id, payload!, end).ConfigureAwait(false);
            }
        }
    }

    private void Kept(PayloadsKept kept) => Admit(kept.Commands, kept.Problem, kept.Asker, kept.Trace);

    private void Admit(IReadOnlyList<PeerCommand> commands, string? keepProblem, IActorRef? asker, ActivityContext trace)
    {
        var events = new List<IOrchestrationEvent>();
        var after = _state;
        foreach (var command in commands)
        {
            var intake = CommandIntake.Take(after, _settings.By, command, Now);
            IEnumerable<IOrchestrationEvent> taken = intake.Events;
            if (intake.SecretPayload is not null && keepProblem is not null)
            {
                taken = taken.Append(new OrchestrationEvents.CommandFinished(command.Id, new(false, $"The node could not keep the command: {keepProblem}", null, Now), Now));
            }

            if (intake.Ignored is { } reason)
            {
                _log.Info("Command {0} of the orchestrator is not carried out: {1}", PeerAnswers.Shown(command.ToString()), reason);
            }

            foreach (var @event in taken)
            {
                events.Add(@event);
                after = after.Apply(@event);
            }

            if (intake.Ignored is null && after.Commands.GetValueOrDefault(command.Id)?.Stage == CommandStage.Received)
            {
                Follow(command, trace);
            }
        }

        Store(events, () =>
        {
            asker?.Tell(new OrchestratorReply.Taken(commands[0].Id));
            AnswerDoubted(commands);
            Drive();
            Deliver();
        });
    }

    /// <summary>Notes what a command that will be carried out is a part of: the trace that it names itself, else that in which it came.</summary>
    private void Follow(PeerCommand command, ActivityContext trace)
    {
        var named = NodeTracing.Of(command.TraceParent);
        var followed = named == default ? trace : named;
        if (followed != default)
        {
            _traces[command.Id] = followed;
        }
    }

    private sealed record Polled(PeerReply<ImmutableArray<PeerCommand>> Reply);

    private sealed record PayloadsKept(IReadOnlyList<PeerCommand> Commands, string? Problem, IActorRef? Asker, ActivityContext Trace);

    private sealed record PollDue
    {
        public static readonly PollDue Instance = new();
    }
}
