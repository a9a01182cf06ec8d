using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>The body of <c>POST /api/vms</c>. A field that is not listed here is an error.</summary>
public sealed record CreateVmRequest
{
    /// <summary>The identity the VM shall have, a UUID that no VM of this node has had. Made up when absent.</summary>
    public Guid? Id { get; init; }

    /// <summary>A DNS label of 1 to 63 lower-case letters, digits and hyphens, beginning with a letter. A name for people; files and domains never carry it.</summary>
    public required string Name { get; init; }

    /// <summary>Virtual CPUs, at least 1.</summary>
    [JsonPropertyName("vCpus")]
    public required int VCpus { get; init; }

    /// <summary>Memory of the guest in bytes, a multiple of 1 MiB.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Size of the VM's disk in bytes, at least the virtual size of the image.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>Where the base image comes from: <c>https://</c>, <c>http://</c>, or <c>file://</c> inside the image folder.</summary>
    public required string BaseImageUrl { get; init; }

    /// <summary>What the image must hash to, <c>sha256:</c> and 64 hexadecimal digits, or empty to accept and record what comes.</summary>
    public string BaseImageHash { get; init; } = "";

    /// <summary>One OpenSSH public key that may log in as the image's default user, or empty.</summary>
    public string SshPublicKey { get; init; } = "";

    /// <summary>cloud-init user data, passed on as it is, at most 64 KiB. Never shown again.</summary>
    public string? UserData { get; init; }

    /// <summary>
    /// GPUs that the VM gets to itself, at most 16: each the PCI address of one that the node offers, such as <c>0000:65:00.0</c>, or <c>any</c> for one that the node chooses. The whole IOMMU group goes with it.
    /// </summary>
    public IReadOnlyList<string>? Gpus { get; init; }

    /// <summary>True to attach the VM to the node's overlay by a second network interface, with an address of its own there. Needs a node with WireGuard:VmSubnet.</summary>
    public bool? Overlay { get; init; }

    /// <summary>At most 32 labels of the caller's own.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

/// <summary>The body of <c>POST /api/vms/{id}/stop</c>; may be absent.</summary>
public sealed record StopVmRequest
{
    /// <summary>True to cut the power at once; false to ask the guest first and cut the power after the grace time.</summary>
    public bool Force { get; init; }
}

/// <summary>The body of <c>POST /api/images</c>.</summary>
public sealed record PullImageRequest
{
    /// <summary>Where the image comes from: <c>https://</c>, <c>http://</c>, or <c>file://</c> inside the image folder.</summary>
    public required string Url { get; init; }

    /// <summary>What the image must hash to, <c>sha256:</c> and 64 hexadecimal digits, or empty to accept and record what comes.</summary>
    public string Hash { get; init; } = "";
}
