namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>
/// The part of a file system that is set aside for the image cache: its budget, and no more than a quarter of what is offered. It is reserved whether the images are there yet or not, so that
/// a download never takes what a VM was promised, and the cache keeps to it by evicting. Images that VMs stand on can't be evicted: what they take beyond the share is reserved as well.
/// </summary>
public static class ImageShare
{
    private const int LargestPart = 4;

    /// <summary>The share of a file system that holds the cache.</summary>
    /// <param name="fileSystem">The file system.</param>
    /// <param name="policy">How much is offered.</param>
    public static long Of(FileSystemCapacity fileSystem, AdmissionPolicy policy) => Math.Min(policy.ImageBudgetBytes, DiskOffer.Of(fileSystem, policy) / LargestPart);

    /// <summary>The share of whichever file system holds the cache; the whole budget where none is known to.</summary>
    /// <param name="host">What the host has.</param>
    /// <param name="policy">How much is offered.</param>
    public static long Of(HostCapacity host, AdmissionPolicy policy) =>
        host.FileSystems.FirstOrDefault(f => f.HoldsImages) is { } fileSystem ? Of(fileSystem, policy) : policy.ImageBudgetBytes;

    /// <summary>What is reserved for images on a file system.</summary>
    /// <param name="fileSystem">The file system.</param>
    /// <param name="policy">How much is offered.</param>
    /// <param name="imageBytes">What the images in the cache take.</param>
    public static long Reserved(FileSystemCapacity fileSystem, AdmissionPolicy policy, long imageBytes) => fileSystem.HoldsImages ? Math.Max(Of(fileSystem, policy), imageBytes) : 0;
}

/// <summary>What a file system offers to VMs and images.</summary>
public static class DiskOffer
{
    /// <summary>What is free or the agent's already, less the host's reserve; never negative.</summary>
    /// <param name="fileSystem">The file system.</param>
    /// <param name="policy">How much is offered.</param>
    public static long Of(FileSystemCapacity fileSystem, AdmissionPolicy policy) =>
        Math.Max(0, Math.Min(fileSystem.TotalBytes, fileSystem.FreeBytes + fileSystem.OwnBytes) - policy.ReserveDiskBytes);
}
