using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Remote;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Actors.Edge;

/// <summary>
/// Remembers, in the journal of the core system, which orchestrator the node follows in which epoch, and whether it takes new VMs. Everything else of the protocol needs no memory of its own:
/// commands are remembered by the VMs they were for, and their results are in the journal, out of which the event stream delivers them.
/// </summary>
internal sealed class AllegianceActor : ReceivePersistentActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private Allegiance _state = Allegiance.None;

    public AllegianceActor()
    {
        Recover<IAllegianceEvent>(@event => _state = _state.Apply(@event));

        Command<AllegianceCommands.Follow>(command => Commit(_state.Decide(command, Now)));
        Command<AllegianceCommands.Drain>(command => Commit(_state.Decide(command, Now)));
        Command<AllegianceQueries.FindDrain>(query => Sender.Tell(_state.Drains.Exists(d => d.Id == query.RequestId)
            ? new AllegianceReply.Kept(_state)
            : new AllegianceReply.Refused(new(FailureCodes.OperationNotFound, "Nothing was accepted under this id.", true), _state)));
    }

    public override string PersistenceId => "remote";

    private static DateTimeOffset Now => Context.System.Scheduler.Now;

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "Event {0} of the node's allegiance could not be stored", sequenceNr);
        Sender.Tell(new AllegianceReply.Refused(VmActor.JournalFailure(cause), _state));
    }

    private void Commit((IAllegianceEvent? Event, Failure? Refusal) decision)
    {
        if (decision.Refusal is { } refusal)
        {
            Sender.Tell(new AllegianceReply.Refused(refusal, _state));
        }
        else if (decision.Event is { } @event)
        {
            Persist(@event, stored =>
            {
                _state = _state.Apply(stored);
                Sender.Tell(new AllegianceReply.Kept(_state));
            });
        }
        else
        {
            Sender.Tell(new AllegianceReply.Kept(_state));
        }
    }
}
