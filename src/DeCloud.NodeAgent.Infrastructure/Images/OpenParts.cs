namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>The part files that this process has open, so that a sweep never takes one from under the import that is just opening it.</summary>
internal sealed class OpenParts
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _open = [];

    /// <summary>Notes a file as open; closed when the result is disposed.</summary>
    /// <param name="path">The file.</param>
    public IDisposable Hold(string path)
    {
        lock (_lock)
        {
            _open[path] = _open.GetValueOrDefault(path) + 1;
        }

        return new Holding(this, path);
    }

    /// <summary>Does something to a file if nobody has it open, and lets nobody open it meanwhile.</summary>
    /// <param name="path">The file.</param>
    /// <param name="effect">What to do; short.</param>
    public void WhenClosed(string path, Action effect)
    {
        lock (_lock)
        {
            if (!_open.ContainsKey(path))
            {
                effect();
            }
        }
    }

    private void Release(string path)
    {
        lock (_lock)
        {
            if (--_open[path] == 0)
            {
                _open.Remove(path);
            }
        }
    }

    private sealed class Holding(OpenParts owner, string path) : IDisposable
    {
        public void Dispose() => owner.Release(path);
    }
}
