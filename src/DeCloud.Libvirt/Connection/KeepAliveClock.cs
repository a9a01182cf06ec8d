namespace DeCloud.Libvirt.Connection;

/// <summary>What is due when a keepalive interval has passed.</summary>
internal enum KeepAliveStep
{
    /// <summary>The peer was heard of.</summary>
    Nothing,

    /// <summary>Ask it for a sign of life.</summary>
    Ping,

    /// <summary>It has been asked often enough.</summary>
    GiveUp,
}

/// <summary>
/// Decides when to ask the peer for a sign of life and when to give up. It counts intervals instead of comparing
/// times: a process that was suspended for an hour still asks and waits before it judges. Guarded by its owner's lock.
/// </summary>
/// <param name="count">Unanswered questions after which to give up.</param>
internal sealed class KeepAliveClock(int count)
{
    private bool _heard = true;
    private int _unanswered;

    /// <summary>Anything came from the peer.</summary>
    public void Heard() => _heard = true;

    /// <summary>An interval has passed.</summary>
    public KeepAliveStep Tick()
    {
        if (_heard)
        {
            _heard = false;
            _unanswered = 0;
            return KeepAliveStep.Nothing;
        }

        return _unanswered++ < count ? KeepAliveStep.Ping : KeepAliveStep.GiveUp;
    }
}
