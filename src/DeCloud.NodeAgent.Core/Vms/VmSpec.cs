using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Images;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>What a VM shall be. Never changes after it was accepted.</summary>
/// <param name="Name">A DNS label, for people.</param>
/// <param name="VCpus">Virtual CPUs.</param>
/// <param name="MemoryBytes">Memory.</param>
/// <param name="DiskBytes">Size of the disk.</param>
/// <param name="ImageUrl">Where the base image comes from.</param>
/// <param name="ImageHash">What it must hash to; null to accept and record what comes.</param>
/// <param name="SshPublicKey">The key that may log in, or empty.</param>
/// <param name="HasUserData">Whether user data was given. The data itself is never in the journal.</param>
/// <param name="Labels">The creator's labels.</param>
/// <param name="Gpus">The GPUs it has to itself; null for none.</param>
/// <param name="OverlayAddress">The IPv4 address it has in the node's overlay, as long as it exists; null when it is not attached.</param>
public sealed record VmSpec(
    string Name,
    int VCpus,
    long MemoryBytes,
    long DiskBytes,
    string ImageUrl,
    ImageDigest? ImageHash,
    string SshPublicKey,
    bool HasUserData,
    ImmutableSortedDictionary<string, string> Labels,
    ImmutableList<VmGpu>? Gpus = null,
    string? OverlayAddress = null);
