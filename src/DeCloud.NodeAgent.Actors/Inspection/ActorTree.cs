using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Persistence;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>What can be seen of an actor.</summary>
/// <param name="Path">Its path, without the system's address.</param>
/// <param name="Cell">What runs it.</param>
internal readonly record struct ActorSight(string Path, ICell Cell)
{
    private ActorCell? Local => Cell as ActorCell;

    /// <summary>What it is.</summary>
    public string Type => MessageText.NameOf(Cell.Props.Type);

    /// <summary>The word for how it is.</summary>
    public string State
    {
        get
        {
            if (Cell.IsTerminated || Local is not { } cell)
            {
                return "stopped";
            }

            return cell.Mailbox is not { } mailbox ? "stopped"
                : IsSuspended(mailbox) ? "suspended"
                : ActorOf(cell) is Eventsourced { IsRecovering: true } ? "recovering"
                : IsScheduled(mailbox) ? "busy"
                : "ready";
        }
    }

    /// <summary>Whether it has work.</summary>
    public bool IsBusy => Local?.Mailbox is { } mailbox && IsScheduled(mailbox);

    /// <summary>What is counted of its queue; null when it has one that can't be watched.</summary>
    public MailboxWatch? Queue => (Local?.Mailbox?.MessageQueue as IWatched)?.Watch;

    /// <summary>The message it handles; null while it handles none.</summary>
    public object? Message => IsBusy ? Local?.CurrentMessage : null;

    /// <summary>Its children.</summary>
    public IEnumerable<IInternalActorRef> Children => Cell.ChildrenContainer.Stats.Select(s => s.Child);

    // Akka shows the queue but not whether somebody works on it; a test sees when a new version of Akka names these otherwise.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "IsScheduled")]
    private static extern bool IsScheduled(Mailbox mailbox);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "IsSuspended")]
    private static extern bool IsSuspended(Mailbox mailbox);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Actor")]
    private static extern ActorBase? ActorOf(ActorCell cell);
}

/// <summary>Reads the hierarchy of actors as it stands. Nobody is sent anything, so nobody is held up, and who hangs is seen too; what changes meanwhile may be seen before or after.</summary>
internal sealed class ActorTree(ActorSystem system)
{
    private readonly ExtendedActorSystem _system = (ExtendedActorSystem)system;

    /// <summary>The actor at a path; null when there is none.</summary>
    public ActorSight? Find(string path)
    {
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0)
        {
            return null;
        }

        var at = names[0] switch { "user" => _system.Guardian, "system" => _system.SystemGuardian, _ => null } as IInternalActorRef;
        foreach (var name in names.Skip(1))
        {
            at = at is ActorRefWithCell { Underlying: { } cell } ? cell.ChildrenContainer.TryGetByName(name, out var stats) && stats is ChildRestartStats child ? child.Child : null : null;
        }

        return Sight(at);
    }

    /// <summary>An actor and those below it, parents first, each parent's children by name.</summary>
    /// <param name="top">The actor.</param>
    /// <param name="depth">How many levels below it.</param>
    public static IEnumerable<ActorSight> Below(ActorSight top, int depth)
    {
        yield return top;
        if (depth <= 0)
        {
            yield break;
        }

        foreach (var child in top.Children.OrderBy(c => c.Path.Name, StringComparer.Ordinal))
        {
            if (Sight(child) is { } sight)
            {
                foreach (var below in Below(sight, depth - 1))
                {
                    yield return below;
                }
            }
        }
    }

    /// <summary>The path without the system's address.</summary>
    public static string PathOf(IActorRef actor) => actor.Path.ToStringWithoutAddress();

    private static ActorSight? Sight(IInternalActorRef? actor) => actor is ActorRefWithCell { Underlying: { } cell } ? new(PathOf(actor), cell) : null;
}
