namespace DeCloud.Libvirt;

/// <summary>The kinds of end a connection can come to.</summary>
public enum LibvirtCloseKind
{
    /// <summary>This side closed it.</summary>
    Disposed,

    /// <summary>No daemon accepted a connection.</summary>
    Unreachable,

    /// <summary>The daemon closed it: it stopped, was killed, or has too many clients.</summary>
    PeerClosed,

    /// <summary>Reading or writing failed.</summary>
    TransportFailed,

    /// <summary>The daemon sent no sign of life for too long.</summary>
    KeepAliveTimeout,

    /// <summary>The daemon sent what the protocol does not allow.</summary>
    ProtocolViolation,

    /// <summary>Events came faster than they were read. None is dropped in silence: the reader reconnects and looks again.</summary>
    EventOverflow,
}
