namespace DeCloud.Libvirt;

/// <summary>A stream brought more than its reader took. What came before can still be read; the rest is lost, and the stream is closed.</summary>
/// <param name="capacity">Bytes that may wait to be read.</param>
public sealed class LibvirtStreamOverrunException(int capacity) : IOException($"More than {capacity} bytes of a libvirt stream waited to be read.")
{
    /// <summary>Bytes that may wait to be read.</summary>
    public int Capacity => capacity;
}
