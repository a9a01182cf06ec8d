using System.Diagnostics;
using Akka.Actor;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Core.Vms;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Actors.Edge;

/// <summary>Has commands of an orchestrator stored by whom they are for, and says what came of it. Every answer is a message; nothing is thrown to a peer.</summary>
internal sealed class CommandDesk(GatewayParts parts)
{
    private static readonly TimeSpan StoreDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Passes a command on.</summary>
    /// <param name="command">The command.</param>
    /// <param name="orchestrator">Whose it is.</param>
    /// <param name="objection">Why it may not be accepted anew; one that was accepted before is answered as before.</param>
    public Task<IRemoteMessage> TakeAsync(IRemoteCommand command, string orchestrator, Failure? objection)
    {
        ArgumentNullException.ThrowIfNull(command);
        return NodeTracing.CommandAsync(
            command.GetType().Name,
            command.CommandId,
            NodeTracing.Of(command.TraceParent),
            trace => PassAsync(command, orchestrator, objection, trace),
            answer => (answer as CommandRefused)?.Message);
    }

    /// <summary>The refusal of a command.</summary>
    public static IRemoteMessage Refuse(IRemoteCommand command, Failure failure) =>
        new CommandRefused(command.Session, command.CommandId, failure.Code, failure.Message, failure.IsPermanent);

    private Task<IRemoteMessage> PassAsync(IRemoteCommand command, string orchestrator, Failure? objection, ActivityContext trace)
    {
        var request = RemoteCommands.RequestOf(command, orchestrator);
        switch (command)
        {
            case CreateVm or StartVm or StopVm or DeleteVm:
                var (vm, refusal) = RemoteCommands.ToVm(command, request, parts.VmRules);
                return vm is null ? Task.FromResult(Refuse(command, refusal!))
                    : objection is null ? AskVmAsync(command, vm.VmId, Followed(vm, trace))
                    : FindAsync(command, vm.VmId, request.Id, objection);
            case Drain drain when objection is null:
                return KeepAsync(command, new AllegianceCommands.Drain(drain.IsOn, request));
            case Drain:
                return KeepAsync(command, new AllegianceQueries.FindDrain(request.Id), objection);
            case ReconcilePeers reconcile:
                var (peers, fault) = RemoteCommands.ToOverlay(reconcile, request);
                return peers is null ? Task.FromResult(Refuse(command, fault!)) : ReconcileAsync(command, objection is null ? peers : new OverlayQueries.FindReconciliation(request.Id), objection);
            default:
                return Task.FromResult(Refuse(command, objection ?? new(RefusalCodes.Unsupported, "This node does not know such a command.", true)));
        }
    }

    private static IVmCommand Followed(IVmCommand command, ActivityContext trace) => command switch
    {
        VmCommands.Create create => create with { Trace = trace },
        VmCommands.Change change => change with { Trace = trace },
        _ => command,
    };

    private async Task<IRemoteMessage> FindAsync(IRemoteCommand command, VmId vm, string key, Failure objection) =>
        await AskVmAsync(command, vm, new VmQueries.FindOperation(vm, key)).ConfigureAwait(false) is CommandAccepted accepted ? accepted : Refuse(command, objection);

    private async Task<IRemoteMessage> AskVmAsync(IRemoteCommand command, VmId vm, object message)
    {
        try
        {
            return await parts.Node.Ask<VmReply>(message, StoreDeadline).ConfigureAwait(false) switch
            {
                VmReply.Accepted { Resource: var r, Vm: var shown } => new CommandAccepted(command.Session, command.CommandId, r.Id, shown.Id, r.Status),
                VmReply.Operation { Resource: var r } => new CommandAccepted(command.Session, command.CommandId, r.Id, vm.Value, r.Status),
                VmReply.Refused { Failure: var failure } => Refuse(command, failure),
                var other => Refuse(command, new(FailureCodes.HostError, $"The node answered with {other.GetType().Name}.", false)),
            };
        }
        catch (AskTimeoutException)
        {
            return Refuse(command, Late);
        }
    }

    private async Task<IRemoteMessage> KeepAsync(IRemoteCommand command, IAllegianceMessage message, Failure? objection = null)
    {
        try
        {
            return await parts.Node.Ask<AllegianceReply>(message, StoreDeadline).ConfigureAwait(false) switch
            {
                AllegianceReply.Kept => new CommandAccepted(command.Session, command.CommandId, Status: "succeeded"),
                AllegianceReply.Refused { Failure: var failure } => Refuse(command, objection ?? failure),
                var other => Refuse(command, new(FailureCodes.HostError, $"The node answered with {other.GetType().Name}.", false)),
            };
        }
        catch (AskTimeoutException)
        {
            return Refuse(command, Late);
        }
    }

    private async Task<IRemoteMessage> ReconcileAsync(IRemoteCommand command, IOverlayMessage message, Failure? objection)
    {
        try
        {
            return await parts.Node.Ask<OverlayReply>(message, StoreDeadline).ConfigureAwait(false) switch
            {
                OverlayReply.Reconciled => new CommandAccepted(command.Session, command.CommandId, Status: "succeeded"),
                OverlayReply.Refused { Failure: var failure } => Refuse(command, objection ?? failure),
                var other => Refuse(command, new(FailureCodes.HostError, $"The node answered with {other.GetType().Name}.", false)),
            };
        }
        catch (AskTimeoutException)
        {
            return Refuse(command, Late);
        }
    }

    private static Failure Late => new(FailureCodes.Timeout, "It was not stored in time, and may be yet. Send it again under the same id.", false);
}
