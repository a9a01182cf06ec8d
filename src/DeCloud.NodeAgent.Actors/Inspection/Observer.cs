using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>Notes what Akka tells of the lives of actors and of messages that reached nobody. It hears of nothing that happens with every message.</summary>
internal sealed class Observer : ReceiveActor
{
    private const int MostCause = 500;
    private const int MostLogged = 10;

    private static readonly Type[] Heard = [typeof(ActorStarted), typeof(ActorStopped), typeof(ActorRestarted), typeof(RestartBegun), typeof(Error), typeof(AllDeadLetters), typeof(UnhandledMessage)];

    private readonly SupervisionBoard _supervision;
    private readonly DeadLetterBoard _deadLetters;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private int _logged;

    public Observer(SupervisionBoard supervision, DeadLetterBoard deadLetters)
    {
        _supervision = supervision;
        _deadLetters = deadLetters;

        Receive<ActorStarted>(started => _supervision.Started(ActorTree.PathOf(started.Subject), Now));
        Receive<ActorStopped>(stopped => _supervision.Stopped(ActorTree.PathOf(stopped.Subject), Now));
        Receive<ActorRestarted>(restarted => _supervision.Restarted(ActorTree.PathOf(restarted.Subject), Now, Cause(restarted.Reason)));
        Receive<RestartBegun>(begun => _supervision.Asked(begun.Path, begun.At, begun.By));
        Receive<Error>(Failed, error => error.LogClass.IsAssignableTo(typeof(SupervisorStrategy)));
        Receive<AllDeadLetters>(Note);
        Receive<UnhandledMessage>(unhandled => Note(unhandled.Message, unhandled.Recipient, unhandled.Sender, "was not handled"));
        ReceiveAny(_ => { });
    }

    private static DateTimeOffset Now => Context.System.Scheduler.Now;

    /// <summary>Starts it under <c>/system</c>. Whatever happens after this is noted.</summary>
    public static void Start(ActorSystem system, SupervisionBoard supervision, DeadLetterBoard deadLetters)
    {
        var observer = ((ExtendedActorSystem)system).SystemActorOf(Props.Create(() => new Observer(supervision, deadLetters)), "observer");
        foreach (var type in Heard)
        {
            system.EventStream.Subscribe(observer, type);
        }
    }

    private static string Cause(Exception? cause) => cause is null ? "" : MessageText.Bounded($"{cause.GetType().Name}: {cause.Message}", MostCause);

    /// <summary>The strategy of the parent tells whom it judges: the line's source is the child.</summary>
    private void Failed(Error error)
    {
        if (ActorPath.TryParse(error.LogSource, out var path))
        {
            _supervision.Failed(path.ToStringWithoutAddress(), Now, error.Cause is null ? MessageText.Bounded(error.Message?.ToString() ?? "", MostCause) : Cause(error.Cause));
        }
    }

    private void Note(AllDeadLetters letter) => Note(letter.Message, letter.Recipient, letter.Sender, letter is DeadLetter ? "" : "was dropped");

    private void Note(object message, IActorRef to, IActorRef? from, string remark)
    {
        if (_logged < MostLogged)
        {
            _logged++;
            _log.Info("A {0} to {1} reached nobody. GET /api/dead-letters has the latest; the log tells the first {2}", MessageText.NameOf(message.GetType()), ActorTree.PathOf(to), MostLogged);
        }

        var text = MessageText.Of(message);
        _deadLetters.Add(new(
            Now,
            MessageText.NameOf(message.GetType()),
            ActorTree.PathOf(to),
            from is null || from.IsNobody() ? null : ActorTree.PathOf(from),
            remark.Length == 0 ? text : text.Length == 0 ? remark : $"{remark}: {text}"));
    }
}
