namespace DeCloud.Libvirt;

/// <summary>There is no connection, or it ended while a call was under way.</summary>
public sealed class LibvirtConnectionLostException : IOException
{
    /// <summary>A connection that is gone.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="wasSent">Whether the daemon may have acted on the call.</param>
    public LibvirtConnectionLostException(LibvirtCloseReason reason, bool wasSent = false)
        : base(reason.Message, reason.Exception)
    {
        Reason = reason;
        WasSent = wasSent;
    }

    /// <summary>Why the connection is gone.</summary>
    public LibvirtCloseReason Reason { get; }

    /// <summary>False when the call never left this process: then nothing has happened. True when the daemon may have acted on it.</summary>
    public bool WasSent { get; }
}
