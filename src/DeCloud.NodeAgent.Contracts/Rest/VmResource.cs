using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>What the API shows of a VM. Holds no user data and no secret.</summary>
public sealed record VmResource
{
    /// <summary>The VM's UUID, which is also its libvirt domain's.</summary>
    public required Guid Id { get; init; }

    /// <summary>The name its creator gave it.</summary>
    public required string Name { get; init; }

    /// <summary>Virtual CPUs.</summary>
    [JsonPropertyName("vCpus")]
    public required int VCpus { get; init; }

    /// <summary>Memory in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Size of the disk in bytes.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>Where its base image came from.</summary>
    public required string BaseImageUrl { get; init; }

    /// <summary>What the creator said the image hashes to; empty when nothing was said.</summary>
    public required string BaseImageHash { get; init; }

    /// <summary>What the image did hash to, <c>sha256:…</c>; absent until it is in the cache.</summary>
    public string? ImageDigest { get; init; }

    /// <summary><c>pinned</c>: the creator gave the hash and it matched. <c>recorded</c>: no hash was given, so nobody vouches for the image but its server.</summary>
    public required string ImageTrust { get; init; }

    /// <summary>The public key that may log in.</summary>
    public required string SshPublicKey { get; init; }

    /// <summary>Whether the creator gave cloud-init user data.</summary>
    public required bool HasUserData { get; init; }

    /// <summary>The creator's labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The PCI addresses of the GPUs it has to itself.</summary>
    public IReadOnlyList<string> Gpus { get; init; } = [];

    /// <summary>The Ethernet address of its network interface.</summary>
    public required string MacAddress { get; init; }

    /// <summary>The IPv4 address it has in the node's overlay as long as it exists; absent when it is not attached.</summary>
    public string? OverlayAddress { get; init; }

    /// <summary>What was asked for.</summary>
    public required VmIntentResource Intent { get; init; }

    /// <summary>What libvirt says.</summary>
    public required VmStatusResource Status { get; init; }

    /// <summary>The step that runs now.</summary>
    public VmStepResource? Step { get; init; }

    /// <summary>The last failure that still stands, and when the next try comes.</summary>
    public VmFailureResource? Failure { get; init; }

    /// <summary>Addresses the guest was given by DHCP.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>How often QEMU died under this VM.</summary>
    public required int Crashes { get; init; }

    /// <summary>When that was, the last ten times, the oldest first.</summary>
    public IReadOnlyList<DateTimeOffset> RecentCrashes { get; init; } = [];

    /// <summary>Its last start; absent until there was one.</summary>
    public VmStartResource? LastStart { get; init; }

    /// <summary>The operation that was accepted last.</summary>
    public string? LastOperation { get; init; }

    /// <summary>When the VM was accepted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Number of the last event in the VM's history; grows with every change.</summary>
    public required long Version { get; init; }
}

/// <summary>What was asked for, and by whom.</summary>
/// <param name="State"><c>running</c>, <c>paused</c>, <c>stopped</c> or <c>deleted</c>.</param>
/// <param name="By">Who asked: <c>api</c>, <c>guest</c>, <c>outside</c> or an orchestrator.</param>
/// <param name="RequestId">The idempotency key of the request, when there was a request.</param>
/// <param name="At">When.</param>
public sealed record VmIntentResource(string State, string By, string? RequestId, DateTimeOffset At);

/// <summary>What libvirt says of the domain.</summary>
/// <param name="State"><c>running</c>, <c>paused</c>, <c>stopped</c>, <c>absent</c> or <c>unknown</c>.</param>
/// <param name="Reason">Why it is so, a stable word such as <c>guest-shutdown</c> or <c>crashed</c>.</param>
/// <param name="Since">Since when.</param>
public sealed record VmStatusResource(string State, string Reason, DateTimeOffset Since);

/// <summary>A start of a VM.</summary>
/// <param name="At">When it ran.</param>
/// <param name="Seconds">How long that took, in seconds.</param>
public sealed record VmStartResource(DateTimeOffset At, double Seconds);

/// <summary>A step in flight.</summary>
/// <param name="Name">The step, for example <c>resolve-image</c>.</param>
/// <param name="Attempt">Which try this is, from 1.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="Progress">How far it is, where that can be known.</param>
public sealed record VmStepResource(string Name, int Attempt, DateTimeOffset StartedAt, ProgressResource? Progress);

/// <summary>A failure that still stands.</summary>
/// <param name="Step">The step that failed.</param>
/// <param name="Code">A stable word for the cause.</param>
/// <param name="Message">The cause in a sentence.</param>
/// <param name="Attempt">How often it was tried.</param>
/// <param name="At">When the last try failed.</param>
/// <param name="NextTryAt">When it is tried again; absent when only a new request will try again.</param>
public sealed record VmFailureResource(string Step, string Code, string Message, int Attempt, DateTimeOffset At, DateTimeOffset? NextTryAt);

/// <summary>How far something long is.</summary>
/// <param name="DoneBytes">Bytes done.</param>
/// <param name="TotalBytes">Bytes in all, when known.</param>
public sealed record ProgressResource(long DoneBytes, long? TotalBytes);

/// <summary>A domain on this host that the agent did not make. It is shown and never touched.</summary>
/// <param name="Id">Its libvirt UUID.</param>
/// <param name="Name">Its libvirt name.</param>
/// <param name="State">Its state in libvirt.</param>
public sealed record ForeignDomainResource(Guid Id, string Name, string State);
