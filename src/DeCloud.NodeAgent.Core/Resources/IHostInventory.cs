using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>Reads what the machine is made of.</summary>
public interface IHostInventory
{
    /// <summary>
    /// Reads everything. Whatever can't be read is left out or told in <see cref="NodeResources.Gaps"/>; only cancellation ends it without a result. May start a program of a driver's
    /// maker; takes milliseconds without one, and never longer than about ten seconds.
    /// </summary>
    /// <param name="cancellation">Gives up.</param>
    Task<NodeResources> ReadAsync(CancellationToken cancellation);

    /// <summary>
    /// A text that differs when the machine may have changed: devices, interfaces, mounts. Cheap enough to be asked for every few seconds; starts no program. What it could not look at is not in it.
    /// </summary>
    /// <param name="cancellation">Gives up.</param>
    Task<string> FingerprintAsync(CancellationToken cancellation);
}
