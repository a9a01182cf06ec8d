using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>What became of actors: when they were started, failed, were started again or stopped. Bounded in actors and in what is kept of each.</summary>
public sealed class SupervisionBoard
{
    private const int MostActors = 4096;
    private const int MostKept = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Life> _lives = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private long _restarts;

    /// <summary>How often any actor was started again since the agent was.</summary>
    public long Restarts => Volatile.Read(ref _restarts);

    /// <summary>Told after each entry, by the thread that made it.</summary>
    internal event Action<string, SupervisionResource>? Noted;

    internal (int Restarts, ActorFailureResource? LastFailure) Summary(string path)
    {
        lock (_lock)
        {
            return _lives.TryGetValue(path, out var life) ? (life.Restarts, life.LastFailure) : default;
        }
    }

    internal IReadOnlyList<SupervisionResource> History(string path)
    {
        lock (_lock)
        {
            return _lives.TryGetValue(path, out var life) ? [.. life.Entries] : [];
        }
    }

    internal void Started(string path, DateTimeOffset at) => Note(path, new(at, "started", null), static (life, _) =>
    {
        var isAgain = life.IsDue;
        life.IsDue = false;
        return isAgain;
    });

    internal void Stopped(string path, DateTimeOffset at) => Note(path, new(at, "stopped", null), static (_, _) => false);

    internal void Restarted(string path, DateTimeOffset at, string? cause) => Note(path, new(at, "restarted", cause), static (life, _) =>
    {
        life.IsDue = false;
        return true;
    });

    /// <summary>Its parent decides what becomes of it: whether it is started again is seen when it is.</summary>
    internal void Failed(string path, DateTimeOffset at, string cause) => Note(path, new(at, "failed", cause), static (life, entry) =>
    {
        life.LastFailure = new(entry.At, entry.Cause!);
        life.IsDue = true;
        return false;
    });

    /// <summary>An operator asked for it; it stops and is started again.</summary>
    internal void Asked(string path, DateTimeOffset at, string by) => Note(path, RestartOf(at, by), static (life, _) =>
    {
        life.IsDue = true;
        return false;
    });

    /// <summary>The journal tells what an operator asked for, as a rule in an earlier life of the agent: it takes its place among the entries.</summary>
    internal void Recall(string path, DateTimeOffset at, string by)
    {
        lock (_lock)
        {
            var (life, entry) = (LifeOf(path), RestartOf(at, by));
            if (!life.Entries.Contains(entry))
            {
                life.Entries = new(life.Entries.Append(entry).OrderBy(e => e.At).TakeLast(MostKept));
            }
        }
    }

    private static SupervisionResource RestartOf(DateTimeOffset at, string by) => new(at, "stopped", $"a restart was asked for over {by}");

    private Life LifeOf(string path)
    {
        if (!_lives.TryGetValue(path, out var life))
        {
            while (_lives.Count >= MostActors)
            {
                _lives.Remove(_order.Dequeue());
            }

            _lives.Add(path, life = new());
            _order.Enqueue(path);
        }

        return life;
    }

    private void Note(string path, SupervisionResource entry, Func<Life, SupervisionResource, bool> change)
    {
        lock (_lock)
        {
            var life = LifeOf(path);
            if (life.Entries.Count >= MostKept)
            {
                life.Entries.Dequeue();
            }

            life.Entries.Enqueue(entry);
            if (change(life, entry))
            {
                life.Restarts++;
                _restarts++;
            }
        }

        Noted?.Invoke(path, entry);
    }

    private sealed class Life
    {
        public Queue<SupervisionResource> Entries { get; set; } = new();

        public int Restarts { get; set; }

        public ActorFailureResource? LastFailure { get; set; }

        /// <summary>It failed, or is to be started again: its next start is a restart.</summary>
        public bool IsDue { get; set; }
    }
}
