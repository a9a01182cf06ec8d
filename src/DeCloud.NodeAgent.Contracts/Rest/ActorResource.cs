namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>An actor as it is seen from outside, without asking it: one that hangs is seen too.</summary>
public record ActorResource
{
    /// <summary>Its path, such as <c>/user/node/vms</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What it is.</summary>
    public required string Type { get; init; }

    /// <summary><c>ready</c> (waits for a message), <c>busy</c> (handles one), <c>recovering</c> (reads its journal), <c>suspended</c> (its parent decides on its failure) or <c>stopped</c>.</summary>
    public required string State { get; init; }

    /// <summary>Messages that wait.</summary>
    public required int Mailbox { get; init; }

    /// <summary>Messages it has taken from its mailbox since it was started; one that was put aside and taken again counts twice.</summary>
    public required long Messages { get; init; }

    /// <summary>How often it was started again, after a failure or because an operator asked for it.</summary>
    public required int Restarts { get; init; }

    /// <summary>Its last failure; absent when it had none.</summary>
    public ActorFailureResource? LastFailure { get; init; }

    /// <summary>How many children it has.</summary>
    public required int Children { get; init; }
}

/// <summary>A failure of an actor.</summary>
/// <param name="At">When.</param>
/// <param name="Message">What it said.</param>
public sealed record ActorFailureResource(DateTimeOffset At, string Message);

/// <summary>Actors.</summary>
/// <param name="Actors">Them, by path.</param>
/// <param name="Truncated">Whether there are more than were asked for.</param>
public sealed record ActorListResource(IReadOnlyList<ActorResource> Actors, bool Truncated);

/// <summary>One actor in full.</summary>
public sealed record ActorDetailResource : ActorResource
{
    /// <summary>The message that it handles; absent while it waits.</summary>
    public string? Doing { get; init; }

    /// <summary>The step that it has in flight, for actors that take steps.</summary>
    public string? Step { get; init; }

    /// <summary>What its parent did with it, the oldest first; bounded.</summary>
    public required IReadOnlyList<SupervisionResource> Supervision { get; init; }
}

/// <summary>What a parent did with an actor.</summary>
/// <param name="At">When.</param>
/// <param name="Kind"><c>started</c>, <c>failed</c>, <c>restarted</c> or <c>stopped</c>.</param>
/// <param name="Cause">Why; absent when nothing is known.</param>
public sealed record SupervisionResource(DateTimeOffset At, string Kind, string? Cause);

/// <summary>The busiest actors, measured while the request waited.</summary>
/// <param name="Actors">Them, the busiest first.</param>
/// <param name="WindowSeconds">For how long it was measured.</param>
public sealed record ActorTopResource(IReadOnlyList<ActorLoadResource> Actors, double WindowSeconds);

/// <summary>How busy an actor is.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Type">What it is.</param>
/// <param name="Mailbox">Messages that wait.</param>
/// <param name="RatePerSecond">Messages that it took a second.</param>
/// <param name="BusyPercent">How often of a hundred looks it was at work.</param>
public sealed record ActorLoadResource(string Path, string Type, int Mailbox, double RatePerSecond, double BusyPercent);

/// <summary>Something that happened to an actor that is watched. The event's name is <c>message</c>, <c>log</c> or <c>dropped</c>.</summary>
/// <param name="At">When.</param>
/// <param name="Kind"><c>message</c>; the level of a line of its log; <c>started</c>, <c>failed</c>, <c>restarted</c> or <c>stopped</c>; <c>dropped</c> for what came too fast to be told.</param>
/// <param name="Type">What the message is, or who wrote the line.</param>
/// <param name="Text">What can be told of it. What users or secrets may hide behind is left out.</param>
public sealed record TailResource(DateTimeOffset At, string Kind, string Type, string Text);

/// <summary>Asks for an actor to be started again.</summary>
public sealed record RestartActorRequest
{
    /// <summary>The actor's path.</summary>
    public required string Path { get; init; }
}

/// <summary>An actor is being started again.</summary>
/// <param name="Path">The actor's path.</param>
public sealed record ActorRestartResource(string Path);

/// <summary>A message that reached nobody.</summary>
/// <param name="At">When.</param>
/// <param name="Type">What it is.</param>
/// <param name="To">Whom it was for.</param>
/// <param name="From">Who sent it; absent when nobody did.</param>
/// <param name="Text">What can be told of it.</param>
public sealed record DeadLetterResource(DateTimeOffset At, string Type, string To, string? From, string Text);

/// <summary>Messages that reached nobody.</summary>
/// <param name="DeadLetters">The latest, the oldest of them first.</param>
/// <param name="Total">How many there were since the agent was started.</param>
public sealed record DeadLetterListResource(IReadOnlyList<DeadLetterResource> DeadLetters, long Total);

/// <summary>An event as it lies in the journal.</summary>
/// <param name="Sequence">Its number among the events of its subject.</param>
/// <param name="At">When it was stored.</param>
/// <param name="Manifest">What it is, with its version.</param>
/// <param name="Text">What can be told of it. What users or secrets may hide behind is left out.</param>
public sealed record JournalEventResource(long Sequence, DateTimeOffset At, string Manifest, string Text);

/// <summary>A page of a subject's journal.</summary>
/// <param name="Events">The events, the oldest first.</param>
/// <param name="Total">How many the subject has.</param>
/// <param name="Next">Give it as <c>after</c> for the next page; absent on the last.</param>
public sealed record JournalPageResource(IReadOnlyList<JournalEventResource> Events, int Total, long? Next);
