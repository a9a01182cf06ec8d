using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Actors.Resources;

/// <summary>What the part that knows the machine works with.</summary>
/// <param name="Inventory">Reads what the machine is made of.</param>
/// <param name="Sampler">Reads what it is doing; whoever made it disposes it.</param>
/// <param name="Board">Where both are published.</param>
public sealed record ResourceParts(IHostInventory Inventory, IHostSampler Sampler, ResourceBoard Board);
