namespace DeCloud.Libvirt.Protocol;

/// <summary>How a call ended, or what a packet of a stream holds (<c>enum virNetMessageStatus</c>).</summary>
internal enum MessageStatus
{
    /// <summary>The result follows. In a stream: it is finished; nothing follows.</summary>
    Ok = 0,

    /// <summary>An error follows. In a stream from the client: it is given up; nothing follows.</summary>
    Error = 1,

    /// <summary>In a stream: bytes follow, as they are. None: the end of what can be read.</summary>
    Continue = 2,
}
