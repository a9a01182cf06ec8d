using System.Collections.Concurrent;
using Akka.Actor;

namespace DeCloud.NodeAgent.Tests.Api;

/// <summary>What a scripted actor was told, and what it answers.</summary>
public sealed class Script
{
    private Func<object, object?> _answer = _ => null;

    /// <summary>Every message, in order.</summary>
    public ConcurrentQueue<object> Received { get; } = new();

    /// <summary>The last message.</summary>
    public T Last<T>() => Assert.IsType<T>(Received.Last());

    /// <summary>Answers every message; null for silence.</summary>
    public void Answers(Func<object, object?> answer) => Volatile.Write(ref _answer, answer);

    /// <summary>Answers every message with the same.</summary>
    public void Answers(object? answer) => Answers(_ => answer);

    internal Props Props() => Akka.Actor.Props.Create(() => new ScriptedActor(this));

    private sealed class ScriptedActor : ReceiveActor
    {
        public ScriptedActor(Script script) => ReceiveAny(message =>
        {
            script.Received.Enqueue(message);
            if (Volatile.Read(ref script._answer)(message) is { } answer)
            {
                Sender.Tell(answer);
            }
        });
    }
}
