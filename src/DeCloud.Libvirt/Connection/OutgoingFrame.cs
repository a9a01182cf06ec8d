using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Connection;

/// <summary>A frame whose turn it is to be sent, and who waits for that.</summary>
/// <param name="Frame">The frame; given back by whoever sends or drops it.</param>
/// <param name="Sent">Ends when the socket has taken it; null when nobody waits.</param>
internal readonly record struct OutgoingFrame(XdrWriter Frame, TaskCompletionSource? Sent = null)
{
    /// <summary>The socket has taken it.</summary>
    public void Done()
    {
        Frame.Dispose();
        Sent?.TrySetResult();
    }

    /// <summary>It is not sent, or not whole.</summary>
    public void Drop(Exception cause)
    {
        Frame.Dispose();
        Sent?.TrySetException(cause);
    }
}
