using Akka.Actor;

namespace DeCloud.NodeAgent.Api.Requests;

/// <summary>Asks actors, never without a deadline.</summary>
internal static class Asking
{
    /// <summary>How long a question may take.</summary>
    private static readonly TimeSpan QueryDeadline = TimeSpan.FromSeconds(2);

    /// <summary>How long it may take until a command is stored.</summary>
    private static readonly TimeSpan CommandDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Asks a question.</summary>
    /// <param name="actor">Who is asked.</param>
    /// <param name="question">The question.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="wait">How long the actor itself may wait before it answers.</param>
    /// <exception cref="AskTimeoutException">There was no answer in time.</exception>
    public static Task<T> QueryAsync<T>(this IActorRef actor, object question, CancellationToken cancellation, TimeSpan wait = default) =>
        actor.Ask<T>(question, QueryDeadline + wait, cancellation);

    /// <summary>Gives a command and waits until it is stored or refused.</summary>
    /// <param name="actor">Who is asked.</param>
    /// <param name="command">The command.</param>
    /// <param name="cancellation">Gives up waiting; the command may be carried out nonetheless.</param>
    /// <exception cref="AskTimeoutException">There was no answer in time.</exception>
    public static Task<T> CommandAsync<T>(this IActorRef actor, object command, CancellationToken cancellation) =>
        actor.Ask<T>(command, CommandDeadline, cancellation);
}
