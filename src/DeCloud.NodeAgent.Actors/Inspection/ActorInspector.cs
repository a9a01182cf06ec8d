using System.Runtime.CompilerServices;
using Akka.Actor;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>Looks at the node's actors while they run. It sends them nothing and holds none of them up; while nobody calls it, nothing of it runs.</summary>
/// <param name="system">The actors' system.</param>
/// <param name="supervision">What became of them.</param>
/// <param name="deadLetters">Messages that reached nobody.</param>
/// <param name="time">The clock.</param>
public sealed class ActorInspector(ActorSystem system, SupervisionBoard supervision, DeadLetterBoard deadLetters, TimeProvider time)
{
    /// <summary>Where the node's own actors are.</summary>
    public const string User = "/user";

    private const int LinesAtOnce = 100;
    private static readonly TimeSpan TopLasts = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LooksEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AttachesEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    private readonly ActorTree _tree = new(system);
    private readonly Lock _lock = new();
    private Task<IReadOnlyList<ActorLoadResource>>? _measuring;

    /// <summary>The actor at a path and those below it.</summary>
    /// <param name="under">The path.</param>
    /// <param name="depth">How many levels below it.</param>
    /// <param name="limit">How many at most.</param>
    /// <returns>Null when there is no such actor.</returns>
    public ActorListResource? List(string under, int depth, int limit)
    {
        if (_tree.Find(under) is not { } top)
        {
            return null;
        }

        var seen = ActorTree.Below(top, depth).Take(limit + 1).Select(View).ToList();
        return new([.. seen.Take(limit).OrderBy(a => a.Path, StringComparer.Ordinal)], seen.Count > limit);
    }

    /// <summary>One actor.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>Null when there is none.</returns>
    public ActorDetailResource? Show(string path)
    {
        if (_tree.Find(path) is not { } sight)
        {
            return null;
        }

        var view = View(sight);
        return new()
        {
            Path = view.Path,
            Type = view.Type,
            State = view.State,
            Mailbox = view.Mailbox,
            Messages = view.Messages,
            Restarts = view.Restarts,
            LastFailure = view.LastFailure,
            Children = view.Children,
            Doing = sight.Message is { } message ? MessageText.NameOf(message.GetType()) : null,
            Supervision = supervision.History(view.Path),
        };
    }

    /// <summary>The busiest actors. Takes a second; whoever asks meanwhile gets the same answer.</summary>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public async Task<ActorTopResource> TopAsync(int limit, CancellationToken cancellation)
    {
        Task<IReadOnlyList<ActorLoadResource>> measuring;
        lock (_lock)
        {
            measuring = _measuring is { IsCompleted: false } running ? running : _measuring = MeasureAsync();
        }

        var loads = await measuring.WaitAsync(cancellation).ConfigureAwait(false);
        return new([.. loads.Take(limit)], TopLasts.TotalSeconds);
    }

    /// <summary>What an actor takes, writes and lives through, from now on. What comes faster than it is read is dropped and counted.</summary>
    /// <param name="path">The actor's path; it may be started again meanwhile.</param>
    /// <param name="cancellation">Ends it.</param>
    public async IAsyncEnumerable<TailResource> TailAsync(string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var tap = new MessageTap(time);
        var listener = ((ExtendedActorSystem)system).SystemActorOf(Props.Create(() => new LogListener(tap, path)));
        MailboxWatch? watched = null;
        supervision.Noted += Note;
        try
        {
            while (true)
            {
                if (_tree.Find(path)?.Queue is var queue && queue != watched)
                {
                    watched?.Detach(tap);
                    queue?.Attach(tap);
                    watched = queue;
                }

                for (var told = 0; told < LinesAtOnce && tap.Seen.TryRead(out var sight); told++)
                {
                    yield return Tell(sight);
                }

                if (tap.TakeDropped() is > 0 and var dropped)
                {
                    yield return new(time.GetUtcNow(), "dropped", "", $"{dropped} came faster than they could be told");
                }

                await WaitAsync(tap, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            supervision.Noted -= Note;
            watched?.Detach(tap);
            system.Stop(listener);
        }

        void Note(string at, SupervisionResource entry)
        {
            if (at == path)
            {
                tap.Offer(new(entry.At, entry.Kind, "supervision", entry.Cause ?? ""));
            }
        }
    }

    /// <summary>Messages that reach nobody, from now on; what comes faster than it is read is dropped.</summary>
    /// <param name="cancellation">Ends it.</param>
    public async IAsyncEnumerable<DeadLetterResource> DeadLettersAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var tap = new MessageTap(time);
        deadLetters.Attach(tap);
        try
        {
            while (true)
            {
                for (var told = 0; told < LinesAtOnce && tap.Seen.TryRead(out var sight); told++)
                {
                    yield return (DeadLetterResource)sight.Subject;
                }

                await WaitAsync(tap, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            deadLetters.Detach(tap);
        }
    }

    /// <summary>Waits for more, a little at least so that a flood is told in a bounded stream, and not for ever, since the actor may be another one by then.</summary>
    private async Task WaitAsync(MessageTap tap, CancellationToken cancellation)
    {
        await Task.Delay(Breath, time, cancellation).ConfigureAwait(false);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var more = tap.Seen.WaitToReadAsync(end.Token).AsTask();
        await Task.WhenAny(more, Task.Delay(AttachesEvery, time, end.Token)).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
        await ((Task)more).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    private async Task<IReadOnlyList<ActorLoadResource>> MeasureAsync()
    {
        var seen = _tree.Find(User) is { } user ? ActorTree.Below(user, int.MaxValue).Select(s => (Sight: s, Before: s.Queue?.Taken ?? 0)).ToList() : [];
        var busy = new int[seen.Count];
        var began = time.GetTimestamp();
        var looks = 0;
        while (time.GetElapsedTime(began) < TopLasts)
        {
            await Task.Delay(LooksEvery, time).ConfigureAwait(false);
            looks++;
            for (var i = 0; i < seen.Count; i++)
            {
                busy[i] += seen[i].Sight.IsBusy ? 1 : 0;
            }
        }

        var seconds = time.GetElapsedTime(began).TotalSeconds;
        return
        [
            .. seen.Select((s, i) => new ActorLoadResource(
                    s.Sight.Path,
                    s.Sight.Type,
                    s.Sight.Cell.NumberOfMessages,
                    Math.Round(((s.Sight.Queue?.Taken ?? 0) - s.Before) / seconds, 1),
                    Math.Round(100.0 * busy[i] / looks, 1)))
                .OrderByDescending(l => l.BusyPercent).ThenByDescending(l => l.RatePerSecond).ThenByDescending(l => l.Mailbox).ThenBy(l => l.Path, StringComparer.Ordinal),
        ];
    }

    private static TailResource Tell(Sight sight) => sight.Text is { } text
        ? new(sight.At, sight.Kind, sight.Subject.ToString()!, text)
        : new(sight.At, sight.Kind, MessageText.NameOf(sight.Subject.GetType()), MessageText.Of(sight.Subject));

    private ActorResource View(ActorSight sight)
    {
        var (restarts, lastFailure) = supervision.Summary(sight.Path);
        return new()
        {
            Path = sight.Path,
            Type = sight.Type,
            State = sight.State,
            Mailbox = sight.Cell.NumberOfMessages,
            Messages = sight.Queue?.Taken ?? 0,
            Restarts = restarts,
            LastFailure = lastFailure,
            Children = sight.Cell.ChildrenContainer.Children.Count,
        };
    }
}
