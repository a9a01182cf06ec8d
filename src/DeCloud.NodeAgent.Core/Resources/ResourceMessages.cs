using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>A message to the part that knows the machine.</summary>
public interface IResourceMessage;

/// <summary>What is said to and by the part that knows the machine.</summary>
public static class ResourceMessages
{
    /// <summary>Read the inventory anew; answered by <see cref="ResourceReply"/> when that is done. Those who ask while it is being read share one answer.</summary>
    public sealed record Refresh : IResourceMessage;

    /// <summary>What the host has to give. Told to the VMs' part when it is first known and whenever it was read again.</summary>
    /// <param name="Capacity">What it has.</param>
    public sealed record CapacityKnown(HostCapacity Capacity);

    /// <summary>What the images in the cache take on disk. Told to the VMs' part when it is first known and on every change.</summary>
    /// <param name="Bytes">Their sum.</param>
    public sealed record ImagesTake(long Bytes);
}

/// <summary>What the part that knows the machine answers.</summary>
public abstract record ResourceReply
{
    private ResourceReply()
    {
    }

    /// <summary>The inventory was read.</summary>
    /// <param name="Resources">What is there.</param>
    public sealed record Refreshed(NodeResources Resources) : ResourceReply;

    /// <summary>It could not be read.</summary>
    /// <param name="Failure">Why.</param>
    public sealed record Refused(Failure Failure) : ResourceReply;
}
