using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>Keeps what operators do to the agent's actors: it is stored before it is done, and after a restart of the agent it is part of the actors' supervision history again.</summary>
internal sealed class OperatorLog : ReceivePersistentActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();

    public OperatorLog(SupervisionBoard supervision, JournalSignal written)
    {
        Recover<OperatorEvents.RestartAsked>(asked => supervision.Recall(asked.Path, asked.At, asked.By));

        Command<RestartFound>(found => Persist(new OperatorEvents.RestartAsked(found.Restart.Path, found.Restart.By, Context.System.Scheduler.Now), stored =>
        {
            written.Set();
            Context.Parent.Forward(found.Restart with { StoredAt = stored.At });
        }));
    }

    public override string PersistenceId => "operators";

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "Event {0} of the operators could not be stored", sequenceNr);
        Sender.Tell(new RestartReply(VmActor.JournalFailure(cause)));
    }
}
