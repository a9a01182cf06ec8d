namespace DeCloud.NodeAgent.Infrastructure.Vms;

/// <summary>Where the files of the VMs are.</summary>
public sealed record VmFilesOptions
{
    /// <summary>The absolute path of the folder of the VMs; each has a folder in it, named by its UUID.</summary>
    public required string VmFolder { get; init; }

    /// <summary>The absolute path of the image folder, the same as the image store's.</summary>
    public required string ImageFolder { get; init; }
}
