namespace DeCloud.Libvirt;

/// <summary>A call did not end within its deadline. The connection stays usable.</summary>
public sealed class LibvirtTimeoutException : TimeoutException
{
    /// <summary>A call that took too long.</summary>
    /// <param name="call">The name of the procedure.</param>
    /// <param name="deadline">How long it was given.</param>
    /// <param name="wasSent">Whether the daemon may have acted on it.</param>
    public LibvirtTimeoutException(string call, TimeSpan deadline, bool wasSent)
        : base($"libvirt call {call} did not end within {deadline.TotalSeconds:0.###} s ({(wasSent ? "sent, the daemon may still act on it" : "never sent")}).")
    {
        Deadline = deadline;
        WasSent = wasSent;
    }

    /// <summary>How long the call was given.</summary>
    public TimeSpan Deadline { get; }

    /// <summary>False when the call waited for its turn all the time: then nothing has happened. True when the daemon may still act on it.</summary>
    public bool WasSent { get; }
}
