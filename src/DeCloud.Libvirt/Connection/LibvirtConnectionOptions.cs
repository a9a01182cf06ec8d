namespace DeCloud.Libvirt;

/// <summary>How a connection behaves. The values given here are the defaults.</summary>
public sealed record LibvirtConnectionOptions
{
    /// <summary>The longest that connecting, authenticating and opening may take together. Positive.</summary>
    public TimeSpan ConnectDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest that a call may take, waiting for its turn included, unless it is given its own. Positive.</summary>
    public TimeSpan CallDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Calls at the daemon at one time; the others wait in the order of their arrival. The daemon serves five a
    /// client by default (<c>max_client_requests</c>), and a sixth would block all that is behind it. 1 to 64.
    /// </summary>
    public int MaxInFlight { get; init; } = 4;

    /// <summary>Silence after which the daemon is asked for a sign of life. Positive.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Unanswered questions after which the connection is given up: it closes after a silence of
    /// <see cref="KeepAliveInterval"/> times (this + 1) to (this + 2). 0 turns our questions off; the daemon's own are
    /// always answered.
    /// </summary>
    public int KeepAliveCount { get; init; } = 3;

    /// <summary>Events that wait to be read; one more closes the connection. At least 1.</summary>
    public int EventCapacity { get; init; } = 4096;

    /// <summary>Where time comes from.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Refuses what cannot work.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectDeadline, TimeSpan.Zero, nameof(ConnectDeadline));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(CallDeadline, TimeSpan.Zero, nameof(CallDeadline));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxInFlight, 1, nameof(MaxInFlight));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxInFlight, 64, nameof(MaxInFlight));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(KeepAliveInterval, TimeSpan.Zero, nameof(KeepAliveInterval));
        ArgumentOutOfRangeException.ThrowIfNegative(KeepAliveCount, nameof(KeepAliveCount));
        ArgumentOutOfRangeException.ThrowIfLessThan(EventCapacity, 1, nameof(EventCapacity));
    }
}
