namespace DeCloud.Libvirt;

/// <summary>The daemon asks for an authentication that this client does not do, or refuses it.</summary>
/// <param name="message">What the daemon asks for and what to change.</param>
public sealed class LibvirtAuthenticationException(string message) : Exception(message);
