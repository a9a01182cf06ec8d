using System.Text.Json;
using Akka.Actor;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Orchestration;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Actors.Orchestration;

/// <summary>
/// How commands are pushed. What is signed is carried out. Of what is not, nothing is believed: the orchestrator is asked for its commands at once, and when the very same one comes from there
/// while the sender still waits, the push is answered as taken.
/// </summary>
internal sealed partial class Heartbeat
{
    /// <summary>How long a sender is kept waiting for the orchestrator's own word. Today's orchestrator gives up a push after 3 s.</summary>
    private static readonly TimeSpan ConfirmWithin = TimeSpan.FromSeconds(1);

    private readonly List<Doubted> _doubted = [];
    private PushAllowance _pushes = new(PushAllowance.Most, DateTimeOffset.MinValue);
    private long _doubts;

    private void HearPush(OrchestratorCommands.Pushed pushed)
    {
        (_pushes, var isAllowed) = _pushes.Take(Now);
        if (!isAllowed)
        {
            Refuse(Sender, FailureCodes.TooManyPushes, "Commands are pushed too often; they are asked for anyway.");
            return;
        }

        var command = ReadPush(pushed.Body) is { HasSoundId: true } read ? read : null;
        if (_credentials is { } credentials && PushProof.Holds(credentials.ApiKey, pushed.Timestamp, pushed.Signature, pushed.Body.Span, Now))
        {
            if (command is not null)
            {
                TakeIn([command], Sender, pushed.Trace);
            }
            else
            {
                Refuse(Sender, FailureCodes.NoCommand, "The body is no command: it names no id that a result could be told under.");
            }
        }
        else if (command is not null && CommandIntake.IsKnownFrom(_state, _settings.By, command))
        {
            Sender.Tell(new OrchestratorReply.Taken(command.Id));
        }
        else
        {
            Doubt(command);
        }
    }

    /// <summary>Whoever it was: if the orchestrator has something to say, it says it when it is asked.</summary>
    private void Doubt(PeerCommand? command)
    {
        // An answer that is on its way may have been given before the command was.
        var counting = _polls + 1;
        _hintStep = 0;
        if (!_isPolling)
        {
            _hintStep = 1;
            Poll();
        }

        if (command is null || !CanPoll)
        {
            RefuseUnproven(Sender);
            return;
        }

        var doubted = new Doubted(++_doubts, command, Sender, counting);
        _doubted.Add(doubted);
        Timers.StartSingleTimer((nameof(Doubted), doubted.Number), new DoubtOver(doubted), ConfirmWithin);
    }

    /// <summary>Refuses the pushes that the answer to the last poll does not hold.</summary>
    /// <param name="given">What it holds.</param>
    private void RefuseDoubted(IReadOnlyCollection<PeerCommand> given) =>
        Settle(_doubted.Where(d => d.CountingPoll <= _polls && given.All(c => c.Id != d.Command.Id)).ToList(), d => RefuseUnproven(d.Asker));

    /// <summary>Answers the pushes that the orchestrator itself has said something of; what it gave is stored by now.</summary>
    /// <param name="given">What it gave.</param>
    private void AnswerDoubted(IReadOnlyCollection<PeerCommand> given) => Settle(_doubted.Where(d => given.Any(c => c.Id == d.Command.Id)).ToList(), d =>
    {
        if (CommandIntake.IsKnownFrom(_state, _settings.By, d.Command))
        {
            d.Asker.Tell(new OrchestratorReply.Taken(d.Command.Id));
        }
        else
        {
            RefuseUnproven(d.Asker);
        }
    });

    private void EndDoubt(DoubtOver over) => Settle(_doubted.Contains(over.Doubted) ? [over.Doubted] : [], d => RefuseUnproven(d.Asker));

    private void Settle(IReadOnlyList<Doubted> settled, Action<Doubted> answer)
    {
        foreach (var doubted in settled)
        {
            _doubted.Remove(doubted);
            Timers.Cancel((nameof(Doubted), doubted.Number));
            answer(doubted);
        }
    }

    private static PeerCommand? ReadPush(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 16 });
            return PeerAnswers.ReadCommand(json.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void RefuseUnproven(IActorRef asker) => Refuse(
        asker,
        FailureCodes.CommandNotProven,
        "Nothing shows that this command is the orchestrator's, so it is not carried out: it is not signed, and the orchestrator did not give it when it was asked. It is asked again in the next seconds; leave the command in the queue there.");

    private static void Refuse(IActorRef asker, string code, string message) => asker.Tell(new OrchestratorReply.Refused(new Failure(code, message, false)));

    /// <summary>A push without a signature whose sender waits.</summary>
    /// <param name="Number">Tells it from others.</param>
    /// <param name="Command">What was pushed.</param>
    /// <param name="Asker">Who waits.</param>
    /// <param name="CountingPoll">The first poll that began after it came.</param>
    private sealed record Doubted(long Number, PeerCommand Command, IActorRef Asker, long CountingPoll);

    private sealed record DoubtOver(Doubted Doubted);
}
