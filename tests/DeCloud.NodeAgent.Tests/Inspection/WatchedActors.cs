using Akka.Actor;
using Akka.Event;

namespace DeCloud.NodeAgent.Tests.Inspection;

/// <summary>Waits until it is told to go on, for a test that looks meanwhile.</summary>
internal sealed record Hold(ManualResetEventSlim Gate);

/// <summary>Makes its actor fail.</summary>
internal sealed record Break(string Why);

/// <summary>Makes its actor write a line.</summary>
internal sealed record Say(string Line);

/// <summary>Something whose text nobody but its actor may read.</summary>
internal sealed record Whisper(int Number, string Secret);

/// <summary>Raises its child again whenever it falls, under the same name, as the node does.</summary>
internal sealed class Parent : ReceiveActor
{
    public Parent(Func<Props> child)
    {
        Context.Watch(Context.ActorOf(child(), "child"));
        Receive<Terminated>(_ => Context.Watch(Context.ActorOf(child(), "child")));
        ReceiveAny(message => Context.Child("child").Forward(message));
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);
}

internal sealed class Child : ReceiveActor
{
    public Child()
    {
        var log = Context.GetLogger();
        Receive<Hold>(hold => hold.Gate.Wait(TimeSpan.FromSeconds(10)));
        Receive<Break>(message => throw new InvalidOperationException(message.Why));
        Receive<Say>(say => log.Warning("{0}", say.Line));
        Receive<Whisper>(_ => { });
    }
}

/// <summary>Puts everything aside until it is told to take it again.</summary>
internal sealed class Stasher : ReceiveActor, IWithUnboundedStash
{
    public Stasher()
    {
        Receive<Say>(say =>
        {
            if (say.Line == "open")
            {
                Become(() => Receive<Say>(taken => Sender.Tell(taken.Line)));
                Stash.UnstashAll();
            }
            else
            {
                Stash.Stash();
            }
        });
    }

    public IStash Stash { get; set; } = null!;
}
