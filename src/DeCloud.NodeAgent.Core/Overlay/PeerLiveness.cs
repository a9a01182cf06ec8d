namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>How the session with a peer stands.</summary>
public enum PeerLiveness
{
    /// <summary>A session lives: the last handshake is at most 180 s old.</summary>
    Connected,

    /// <summary>There is no session, and nothing asks for one.</summary>
    Idle,

    /// <summary>There should be a session and there is none: the peer does not answer.</summary>
    Stale,
}

/// <summary>Judges sessions.</summary>
public static class PeerLivenesses
{
    /// <summary>
    /// How a session stands. WireGuard makes a handshake only when there is something to send, so an old one alone means nothing: it does when keepalives or traffic should have renewed it.
    /// A session is renewed after 120 s and refused after 180 s (Rekey-After-Time and Reject-After-Time of the WireGuard paper, section 6.1).
    /// </summary>
    /// <param name="handshakeAt">The last handshake, or null.</param>
    /// <param name="now">The time.</param>
    /// <param name="keepaliveSeconds">Seconds between keepalives; 0 for none.</param>
    /// <param name="isSending">Whether something went to the peer lately, be it only calls for a handshake.</param>
    public static PeerLiveness Of(DateTimeOffset? handshakeAt, DateTimeOffset now, int keepaliveSeconds, bool isSending) =>
        handshakeAt is { } at && now - at <= OverlayPlan.SessionLife ? PeerLiveness.Connected
        : keepaliveSeconds > 0 || isSending ? PeerLiveness.Stale
        : PeerLiveness.Idle;

    /// <summary>The word of the API.</summary>
    /// <param name="liveness">How it stands.</param>
    public static string Word(this PeerLiveness liveness) => liveness switch
    {
        PeerLiveness.Connected => "connected",
        PeerLiveness.Idle => "idle",
        _ => "stale",
    };
}
