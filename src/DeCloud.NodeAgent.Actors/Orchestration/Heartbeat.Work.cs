using System.Diagnostics;
using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Orchestration;

/// <summary>How commands are carried out: each becomes an operation of its VM under a key of its own, and its result is the operation's end.</summary>
internal sealed partial class Heartbeat
{
    private static readonly TimeSpan AskDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WatchAtOnce = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, int> _attempts = [];
    private readonly HashSet<string> _busy = [];

    /// <summary>What commands that are not carried out yet are a part of. Not kept over a restart: a trace ends with its process.</summary>
    private readonly Dictionary<string, ActivityContext> _traces = [];

    /// <summary>Carries out what can be: of each VM one command at a time until its operation is accepted, so that they arrive in their order.</summary>
    private void Drive()
    {
        var taken = new HashSet<VmId>();
        foreach (var command in _state.Open.ToList())
        {
            var order = command.Command;
            if (command.Stage == CommandStage.Started)
            {
                Watch(command);
            }
            else if ((order.VmId is not { } vm || taken.Add(vm)) && !_attempts.ContainsKey(order.Id))
            {
                _attempts[order.Id] = 0;
                Attempt(order);
            }
        }
    }

    private void Attempt(OrderedCommand order)
    {
        if (!_busy.Add(order.Id))
        {
            return;
        }

        AttemptAsync(order, _traces.GetValueOrDefault(order.Id), _parts, _node, _end.Token).PipeTo(Self, success: came => new Attempted(order.Id, came), failure: cause => new Attempted(order.Id, new Effect.Again(cause.Message)));
    }

    private void AfterAttempt(Attempted attempted)
    {
        _busy.Remove(attempted.Id);
        if (!_state.Commands.TryGetValue(attempted.Id, out var command) || command.Stage != CommandStage.Received)
        {
            return;
        }

        switch (attempted.Effect)
        {
            case Effect.Started started:
                List<IOrchestrationEvent> events = [new OrchestrationEvents.CommandStarted(attempted.Id, started.VmId, started.Operation, started.Vm, Now)];
                if (command.Command.Type == OrchestratorCommandType.StartVm && _state.Quarantined.ContainsKey(started.VmId))
                {
                    events.Add(new OrchestrationEvents.QuarantineLifted(started.VmId, Now));
                }

                Store(events, () =>
                {
                    _attempts.Remove(attempted.Id);
                    _traces.Remove(attempted.Id);
                    DropPayload(command.Command);
                    Drive();
                });
                break;
            case Effect.Finished finished:
                Finish(command.Command, finished.IsSuccess, finished.Error, finished.Data);
                break;
            case Effect.Again again when CommandIntake.Overdue(command.Command, Now) is { } overdue:
                Finish(command.Command, false, $"{overdue}: {again.Reason}", null);
                break;
            case Effect.Again:
                var pause = FirstRetry * Math.Pow(2, Math.Min(_attempts[attempted.Id]++, 16));
                Timers.StartSingleTimer((nameof(Retry), attempted.Id), new Retry(attempted.Id), pause < LongestRetry ? pause : LongestRetry);
                break;
            default:
                throw new InvalidOperationException($"{attempted.Effect} is no effect.");
        }
    }

    private void Again(string id)
    {
        if (!_state.Commands.TryGetValue(id, out var command))
        {
            return;
        }

        if (command.Stage == CommandStage.Received)
        {
            Attempt(command.Command);
        }
        else if (command.Stage == CommandStage.Started)
        {
            Watch(command);
        }
    }

    private void Watch(CommandState command)
    {
        if (!_busy.Add(command.Command.Id))
        {
            return;
        }

        var id = command.Command.Id;
        _node.Ask<VmReply>(new VmQueries.GetOperation(command.VmId!.Value, command.Operation, WatchAtOnce), WatchAtOnce + AskDeadline, _end.Token)
            .PipeTo(Self, success: reply => new Watched(id, reply), failure: _ => new Watched(id, null));
    }

    private void AfterWatch(Watched watched)
    {
        _busy.Remove(watched.Id);
        if (!_state.Commands.TryGetValue(watched.Id, out var command) || command.Stage != CommandStage.Started)
        {
            return;
        }

        switch (watched.Reply)
        {
            case VmReply.Operation { Resource: { Status: "running" } }:
                Watch(command);
                break;
            case VmReply.Operation(var operation):
                Finish(command.Command, operation.Status == "succeeded", ErrorOf(operation), null);
                break;
            case VmReply.Refused { Failure: { IsPermanent: true } failure }:
                Finish(command.Command, false, $"What became of it is not known any more: {failure.Message}", null);
                break;
            default:
                // The part that should answer is starting again.
                Timers.StartSingleTimer((nameof(Retry), watched.Id), new Retry(watched.Id), TimeSpan.FromSeconds(1));
                break;
        }
    }

    private void Finish(OrderedCommand order, bool isSuccess, string? error, string? data) =>
        Store([new OrchestrationEvents.CommandFinished(order.Id, new(isSuccess, error, data, Now), Now)], () =>
        {
            _attempts.Remove(order.Id);
            _traces.Remove(order.Id);
            _log.Info("Command {0} {1} of the orchestrator {2}", order.Type, order.Id, isSuccess ? "is carried out" : $"is not carried out: {PeerAnswers.Shown(error ?? "")}");
            DropPayload(order);
            Drive();
            Deliver();
        });

    private void DropPayload(OrderedCommand order)
    {
        if (order.Payload is null)
        {
            _parts.Vault.DropPayloadAsync(order.Id, _end.Token).PipeTo(Self, success: () => Nothing.Instance, failure: _ => Nothing.Instance);
        }
    }

    private static string? ErrorOf(Contracts.Rest.OperationResource operation) => operation.Status switch
    {
        "succeeded" => null,
        "superseded" => "A later request for the same VM took its place.",
        _ => operation.Error is { } error ? $"{error.Code}: {error.Message}" : "It failed.",
    };

    private static Task<Effect> AttemptAsync(OrderedCommand order, ActivityContext trace, OrchestratorParts parts, IActorRef node, CancellationToken cancellation) => NodeTracing.CommandAsync(
        $"{order.Type}",
        order.Id,
        trace,
        own => CarryOutAsync(order, own, parts, node, cancellation),
        effect => effect switch { Effect.Finished finished => finished.Error, Effect.Again again => again.Reason, _ => null });

    private static async Task<Effect> CarryOutAsync(OrderedCommand order, ActivityContext trace, OrchestratorParts parts, IActorRef node, CancellationToken cancellation)
    {
        var payload = order.Payload ?? await parts.Vault.ReadPayloadAsync(order.Id, cancellation).ConfigureAwait(false);
        var action = CommandTranslation.Translate(order, payload, parts.Settings.Limits);
        switch (action)
        {
            case CommandAction.Refuse refuse:
                return new Effect.Finished(false, refuse.Reason, null);
            case CommandAction.Create create:
                return Of(await AskAsync(node, create.Command with { Trace = trace }, cancellation).ConfigureAwait(false), create.Vm, isDelete: false);
            default:
                return await ChangeAsync(order, trace, action, node, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Changes a VM only when this very orchestrator asked for it once.</summary>
    private static async Task<Effect> ChangeAsync(OrderedCommand order, ActivityContext trace, CommandAction action, IActorRef node, CancellationToken cancellation)
    {
        var isDelete = order.Type == OrchestratorCommandType.DeleteVm;
        switch (await AskAsync(node, new VmQueries.GetOrigin(order.VmId!.Value), cancellation).ConfigureAwait(false))
        {
            case VmQueries.Origin { By: null, WasThere: true } when isDelete:
                return new Effect.Finished(true, null, null);
            case VmQueries.Origin { By: null }:
                return new Effect.Finished(false, "NOT_FOUND: There is no such VM on this node.", null);
            case VmQueries.Origin { By: { } by } when by != order.By:
                return new Effect.Finished(false, $"{CommandIntake.Terminal}The VM is none of this orchestrator's.", null);
            case VmQueries.Origin:
                break;
            case var other:
                return Of(other, null, isDelete);
        }

        return action switch
        {
            CommandAction.Change change => Of(await AskAsync(node, change.Command with { Trace = trace }, cancellation).ConfigureAwait(false), null, isDelete),
            CommandAction.Port port => Of(await AskAsync(node, port.Message, cancellation).ConfigureAwait(false), port),
            _ => throw new InvalidOperationException($"{action} changes nothing."),
        };
    }

    private static Task<object> AskAsync(IActorRef node, object message, CancellationToken cancellation) => node.Ask<object>(message, AskDeadline, cancellation);

    private static Effect Of(object reply, OrderedVm? vm, bool isDelete) => reply switch
    {
        VmReply.Accepted accepted when OperationId.TryParse(accepted.Resource.Id, out var id) && id.Vm is { } vmId => new Effect.Started(vmId, id.Number, vm),
        VmReply.Refused { Failure.Code: FailureCodes.VmDeleted } when isDelete => new Effect.Finished(true, null, null),
        VmReply.Refused { Failure.Code: FailureCodes.VmNotFound or FailureCodes.VmDeleted } refused => new Effect.Finished(false, $"NOT_FOUND: {refused.Failure.Message}", null),
        VmReply.Refused { Failure.IsPermanent: true } refused => new Effect.Finished(false, $"{CommandIntake.Terminal}{refused.Failure.Code}: {refused.Failure.Message}", null),
        VmReply.Refused refused => new Effect.Again(refused.Failure.Message),
        _ => new Effect.Again("The part of the node that should answer gave another answer."),
    };

    private static Effect Of(object reply, CommandAction.Port port) => reply switch
    {
        PortReply.Done(var forward) => new Effect.Finished(true, null, Data(port, forward.HostPort)),
        PortReply.Removed(var forward) => new Effect.Finished(true, null, Data(port, forward.HostPort)),
        PortReply.Refused { Failure.Code: FailureCodes.PortNotFound } when port.Message is PortCommands.Remove => new Effect.Finished(true, null, port.KnownHostPort is { } known ? Data(port, known) : null),
        PortReply.Refused { Failure.IsPermanent: true } refused => new Effect.Finished(false, $"{CommandIntake.Terminal}{refused.Failure.Code}: {refused.Failure.Message}", null),
        PortReply.Refused refused => new Effect.Again(refused.Failure.Message),
        _ => new Effect.Again("The part of the node that should answer gave another answer."),
    };

    private static string Data(CommandAction.Port port, int hostPort) => JsonSerializer.Serialize(new PortBody(port.GuestPort, hostPort, (int)port.Protocol), PeerInnerJson.Default.PortBody);

    private abstract record Effect
    {
        public sealed record Started(VmId VmId, long Operation, OrderedVm? Vm) : Effect;

        public sealed record Finished(bool IsSuccess, string? Error, string? Data) : Effect;

        public sealed record Again(string Reason) : Effect;
    }

    private sealed record Attempted(string Id, Effect Effect);

    private sealed record Watched(string Id, VmReply? Reply);

    private sealed record Retry(string Id);
}
