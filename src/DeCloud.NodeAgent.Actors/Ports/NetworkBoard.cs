using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Actors.Ports;

/// <summary>How the VMs' network stands.</summary>
/// <param name="Isolation"><c>starting</c>, <c>on</c>, <c>off</c> (as configured), <c>unavailable</c> (VMs run without it) or <c>failed</c> (VMs are not started).</param>
/// <param name="Unavailable">Why ports can't be forwarded; null when they can.</param>
/// <param name="MayStart">Whether VMs may be started.</param>
public sealed record NetworkState(string Isolation, Failure? Unavailable, bool MayStart)
{
    /// <summary>Nothing is known yet.</summary>
    public static NetworkState Starting { get; } = new("starting", null, false);
}

/// <summary>How the VMs' network stands, for those who must not ask: published by the ports' actor, waited for before a VM starts.</summary>
public sealed class NetworkBoard
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _mayStart = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NetworkState _current = NetworkState.Starting;

    /// <summary>The state.</summary>
    public NetworkState Current => Volatile.Read(ref _current);

    /// <summary>Completes when VMs may be started.</summary>
    /// <param name="cancellation">Gives up.</param>
    public Task WhenMayStartAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            return _mayStart.Task.WaitAsync(cancellation);
        }
    }

    internal void Publish(NetworkState state)
    {
        lock (_lock)
        {
            Volatile.Write(ref _current, state);
            if (state.MayStart)
            {
                _mayStart.TrySetResult();
            }
            else if (_mayStart.Task.IsCompleted)
            {
                _mayStart = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
