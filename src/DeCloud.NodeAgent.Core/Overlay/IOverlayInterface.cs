namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>
/// The overlay's interface on this host. Calls fail with a <see cref="Node.FailureException"/> of <see cref="Node.FailureCodes.WireGuardUnavailable"/>, whose message names the cause and the
/// remedy: a tool that is missing, rights that are lacking, a tool that did not end.
/// </summary>
public interface IOverlayInterface
{
    /// <summary>Looks at the host without changing it.</summary>
    /// <param name="interfaceName">Name of the interface.</param>
    /// <param name="mark">What says on an interface that this agent made it.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<OverlaySighting> LookAsync(string interfaceName, string mark, CancellationToken cancellation);

    /// <summary>Does one step. A step that was done already does no harm.</summary>
    /// <param name="step">The step.</param>
    /// <param name="target">What the interface shall be at last; null when it shall go.</param>
    /// <param name="cancellation">Gives up.</param>
    Task ApplyAsync(OverlayStep step, OverlayTarget? target, CancellationToken cancellation);
}

/// <summary>
/// Where the overlay's secrets are kept: files of mode 0600 beside the journal, which holds their numbers alone. Calls fail with a <see cref="Node.FailureException"/> of
/// <see cref="Node.FailureCodes.HostError"/> when the disk does, or of <see cref="Node.FailureCodes.WireGuardUnavailable"/> when a key is not where it should be.
/// </summary>
public interface IOverlayKeys
{
    /// <summary>Makes a private key and keeps it, durable when the method returns. What an earlier try left under the number is replaced.</summary>
    /// <param name="keyId">The number.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The public half.</returns>
    Task<PublicKey> MakeAsync(int keyId, CancellationToken cancellation);

    /// <summary>The private key of a number.</summary>
    /// <param name="keyId">The number.</param>
    /// <param name="expected">The public half it must have.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<PrivateKey> LoadAsync(int keyId, PublicKey expected, CancellationToken cancellation);

    /// <summary>Keeps a peer's preshared key, durable when the method returns.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="current">The number of the one that is kept, or null.</param>
    /// <param name="next">The number for another.</param>
    /// <param name="key">The key.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns><paramref name="current"/> when it is the same key, else <paramref name="next"/>.</returns>
    Task<int> KeepAsync(PublicKey peer, int? current, int next, PresharedKey key, CancellationToken cancellation);

    /// <summary>A peer's preshared key.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="id">Its number.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<PresharedKey> LoadAsync(PublicKey peer, int id, CancellationToken cancellation);

    /// <summary>Removes the keys that were in use once. Keys of numbers that the state does not know yet stay: they may be in the making.</summary>
    /// <param name="state">What is in use.</param>
    /// <param name="cancellation">Gives up.</param>
    Task SweepAsync(OverlayState state, CancellationToken cancellation);
}
