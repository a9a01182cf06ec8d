namespace DeCloud.Libvirt.Protocol;

/// <summary>How a call ended (<c>enum virNetMessageStatus</c>). The third value belongs to streams, which are not used here.</summary>
internal enum MessageStatus
{
    /// <summary>The result follows.</summary>
    Ok = 0,

    /// <summary>An error follows.</summary>
    Error = 1,
}
