using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Akka.Actor;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>A queue that can be watched.</summary>
internal interface IWatched
{
    /// <summary>What is counted of it, and who watches.</summary>
    MailboxWatch Watch { get; }
}

/// <summary>
/// Counts what an actor takes from its mailbox, and shows it to those who watch. While nobody does, that is one addition and one comparison a message: nothing is locked, kept or allocated.
/// </summary>
internal sealed class MailboxWatch
{
    private readonly Lock _lock = new();
    private MessageTap[]? _watching;
    private Padded _taken;

    /// <summary>How many messages the actor has taken. Only the thread that runs the actor adds.</summary>
    public long Taken => Volatile.Read(ref _taken.Value);

    /// <summary>Whether somebody watches.</summary>
    public bool IsWatched => Volatile.Read(ref _watching) is not null;

    /// <summary>The actor takes a message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Took(in Envelope envelope)
    {
        _taken.Value++;
        if (Volatile.Read(ref _watching) is { } watching)
        {
            Show(watching, envelope);
        }
    }

    /// <summary>Begins to show messages.</summary>
    public void Attach(MessageTap tap)
    {
        lock (_lock)
        {
            Volatile.Write(ref _watching, [.. _watching ?? [], tap]);
        }
    }

    /// <summary>Ends that.</summary>
    public void Detach(MessageTap tap)
    {
        lock (_lock)
        {
            MessageTap[] left = [.. (_watching ?? []).Where(t => t != tap)];
            Volatile.Write(ref _watching, left.Length == 0 ? null : left);
        }
    }

    private static void Show(MessageTap[] watching, in Envelope envelope)
    {
        foreach (var tap in watching)
        {
            tap.Took(envelope);
        }
    }

    /// <summary>A number in a cache line of its own: senders read what lies beside it, and would wait for that line with every message that is counted.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Padded
    {
        [FieldOffset(64)]
        public long Value;
    }
}
