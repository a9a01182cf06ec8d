namespace DeCloud.Libvirt;

/// <summary>
/// The peer sent what the protocol does not allow. Nothing after it can be trusted, so the connection is closed.
/// </summary>
/// <param name="message">What was wrong.</param>
public sealed class LibvirtProtocolException(string message)
    : IOException($"The libvirt daemon broke the protocol: {message}.");
