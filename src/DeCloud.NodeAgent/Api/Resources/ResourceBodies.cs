using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Api.Resources;

/// <summary>The inventory, its parts and the snapshot as they go over the wire, kept for as long as the same ones are published: a read in between costs no serialisation.</summary>
internal sealed class ResourceBodies(ResourceBoard board)
{
    private Kept<NodeSnapshot>? _snapshot;
    private Kept<NodeResources>? _inventory, _cpu, _memory, _storage, _gpus, _network;

    /// <summary>The snapshot; null until there is one.</summary>
    public byte[]? Snapshot => Of(ref _snapshot, board.Snapshot, s => Write(s, WireJson.Types.NodeSnapshot));

    /// <summary>The inventory; null until there is one.</summary>
    public byte[]? Inventory => Of(ref _inventory, board.Inventory, i => Write(i, WireJson.Types.NodeResources));

    /// <summary>The processors.</summary>
    public byte[]? Cpu => Of(ref _cpu, board.Inventory, i => Write(i.Cpu, WireJson.Types.CpuResource));

    /// <summary>The memory.</summary>
    public byte[]? Memory => Of(ref _memory, board.Inventory, i => Write(i.Memory, WireJson.Types.MemoryResource));

    /// <summary>The disks and file systems.</summary>
    public byte[]? Storage => Of(ref _storage, board.Inventory, i => Write(i.Storage, WireJson.Types.StorageResource));

    /// <summary>The GPUs.</summary>
    public byte[]? Gpus => Of(ref _gpus, board.Inventory, i => Write(i.Gpus, WireJson.Types.GpusResource));

    /// <summary>The network interfaces.</summary>
    public byte[]? Network => Of(ref _network, board.Inventory, i => Write(i.Network, WireJson.Types.NetworkResource));

    private static byte[] Write<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);

    private static byte[]? Of<T>(ref Kept<T>? place, T? source, Func<T, byte[]> write)
        where T : class
    {
        if (source is null)
        {
            return null;
        }

        var kept = Volatile.Read(ref place);
        if (kept is null || !ReferenceEquals(kept.Source, source))
        {
            // Two readers may both write it; either's will do.
            kept = new(source, write(source));
            Volatile.Write(ref place, kept);
        }

        return kept.Body;
    }

    private sealed record Kept<T>(T Source, byte[] Body);
}
