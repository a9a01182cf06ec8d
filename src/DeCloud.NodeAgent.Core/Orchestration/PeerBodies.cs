using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>The body of a registration.</summary>
/// <param name="MachineId">The machine's stable id.</param>
/// <param name="WalletAddress">The wallet.</param>
/// <param name="Message">The text that was signed.</param>
/// <param name="Signature">The signature, <c>0x</c> and 130 hexadecimal digits.</param>
/// <param name="Name">The node's name.</param>
/// <param name="PublicIp">Where it is reached.</param>
/// <param name="AgentPort">The port of its API.</param>
/// <param name="HardwareInventory">What the host is.</param>
/// <param name="AgentVersion">The agent's version.</param>
/// <param name="SupportedImages">Images that it knows by name: none, since it takes any by address.</param>
/// <param name="Region">The region.</param>
/// <param name="Zone">The zone.</param>
/// <param name="Country">The country.</param>
/// <param name="RegisteredAt">Now.</param>
public sealed record RegistrationBody(
    string MachineId,
    string WalletAddress,
    string Message,
    string Signature,
    string Name,
    string PublicIp,
    int AgentPort,
    HostInventory HardwareInventory,
    string AgentVersion,
    ImmutableArray<string> SupportedImages,
    string Region,
    string Zone,
    string Country,
    DateTimeOffset RegisteredAt);

/// <summary>The body of a report.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="Metrics">What the host is doing.</param>
/// <param name="SchedulingConfigVersion">The version of the scheduling configuration that the node has; 0 for none.</param>
/// <param name="ActiveVms">The orchestrator's VMs.</param>
/// <param name="AgentVersion">The agent's version.</param>
/// <param name="SettingsHash">The hash of the settings; absent to have it not compared.</param>
public sealed record HeartbeatBody(string NodeId, MetricsBody Metrics, int SchedulingConfigVersion, ImmutableArray<ActiveVmBody> ActiveVms, string AgentVersion, string? SettingsHash);

/// <summary>What the host is doing.</summary>
/// <param name="Timestamp">Now.</param>
/// <param name="CpuUsagePercent">Processors.</param>
/// <param name="MemoryUsagePercent">Memory.</param>
/// <param name="StorageUsagePercent">The VMs' file system.</param>
/// <param name="NetworkInMbps">Received.</param>
/// <param name="NetworkOutMbps">Sent.</param>
/// <param name="ActiveVmCount">The orchestrator's VMs that run.</param>
/// <param name="LoadAverage">Load over a minute.</param>
public sealed record MetricsBody(
    DateTimeOffset Timestamp, double CpuUsagePercent, double MemoryUsagePercent, double StorageUsagePercent, double NetworkInMbps, double NetworkOutMbps, int ActiveVmCount, double LoadAverage);

/// <summary>One of the orchestrator's VMs.</summary>
public sealed record ActiveVmBody
{
    /// <summary>Its id.</summary>
    public required string VmId { get; init; }

    /// <summary>Its name, as the orchestrator gave it.</summary>
    public required string Name { get; init; }

    /// <summary><c>Tenant</c> or <c>System</c>.</summary>
    public required string Category { get; init; }

    /// <summary>What it is for, such as <c>General</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Whose it is.</summary>
    public required string OwnerId { get; init; }

    /// <summary><c>Running</c>, <c>Stopped</c>, <c>Paused</c>, <c>Provisioning</c> or <c>Error</c>.</summary>
    public required string State { get; init; }

    /// <summary>Whether it has an address.</summary>
    public required bool IsIpAssigned { get; init; }

    /// <summary>Its address.</summary>
    public string? IpAddress { get; init; }

    /// <summary>Its Ethernet address.</summary>
    public required string MacAddress { get; init; }

    /// <summary>Virtual CPUs.</summary>
    public required int VirtualCpuCores { get; init; }

    /// <summary>The orchestrator's quality tier.</summary>
    public required int QualityTier { get; init; }

    /// <summary>What the orchestrator charges the node for it, in points.</summary>
    public required int ComputePointCost { get; init; }

    /// <summary>Memory.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Disk.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>What the image hashes to.</summary>
    public string? ImageId { get; init; }

    /// <summary>Where the image came from.</summary>
    public required string BaseImageUrl { get; init; }

    /// <summary>What the image was to hash to.</summary>
    public required string BaseImageHash { get; init; }

    /// <summary>Since when it runs.</summary>
    public DateTimeOffset? StartedAt { get; init; }
}

/// <summary>The result of a command.</summary>
/// <param name="CommandId">The command.</param>
/// <param name="Success">Whether what was asked for is so.</param>
/// <param name="ErrorMessage">Why not. <c>TERMINAL:</c> before it asks not to try again; <c>NOT_FOUND</c> says that there is no such VM.</param>
/// <param name="CompletedAt">When that was known.</param>
/// <param name="Data">What the command gave, as a JSON document in a text.</param>
public sealed record AckBody(string CommandId, bool Success, string? ErrorMessage, DateTimeOffset CompletedAt, string? Data);

/// <summary>The <c>data</c> of the acknowledgement of a port.</summary>
/// <param name="VmPort">The VM's port.</param>
/// <param name="PublicPort">The host's port.</param>
/// <param name="Protocol">1 TCP, 2 UDP, 3 both.</param>
public sealed record PortBody(int VmPort, int PublicPort, int Protocol);

/// <summary>The JSON form of what the node says to an orchestrator: camel case, absent instead of null.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RegistrationBody))]
[JsonSerializable(typeof(HostInventory))]
[JsonSerializable(typeof(HeartbeatBody))]
[JsonSerializable(typeof(AckBody))]
public sealed partial class PeerJson : JsonSerializerContext;

/// <summary>The JSON form of documents inside documents, which the contract has in Pascal case.</summary>
[JsonSerializable(typeof(PortBody))]
public sealed partial class PeerInnerJson : JsonSerializerContext;
