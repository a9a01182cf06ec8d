using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Actors.Resources;

/// <summary>
/// What the machine is made of and what it is doing, for those who only read: published by the part that knows the machine, read without a message. What is published never changes, so
/// whatever is derived from it may be kept as long as the same instance is there.
/// </summary>
public sealed class ResourceBoard
{
    private NodeResources? _inventory;
    private NodeSnapshot? _snapshot;
    private VmCounters[] _vms = [];

    /// <summary>What the machine is made of; null until it was read for the first time.</summary>
    public NodeResources? Inventory => Volatile.Read(ref _inventory);

    /// <summary>What the machine is doing; null until it was looked at for the first time.</summary>
    public NodeSnapshot? Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>What the running VMs have used, as of <see cref="Snapshot"/>.</summary>
    public IReadOnlyList<VmCounters> Vms => Volatile.Read(ref _vms);

    internal void Publish(NodeResources inventory) => Volatile.Write(ref _inventory, inventory);

    internal void Publish(NodeSnapshot snapshot) => Volatile.Write(ref _snapshot, snapshot);

    internal void Publish(IEnumerable<VmCounters> vms) => Volatile.Write(ref _vms, [.. vms]);
}
