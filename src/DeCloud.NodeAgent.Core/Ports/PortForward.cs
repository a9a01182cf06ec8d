using System.Text.Json.Serialization;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Ports;

/// <summary>What a forwarded port carries. The numbers are bits: two protocols meet where their bits do.</summary>
[Flags]
[JsonConverter(typeof(JsonStringEnumConverter<PortProtocol>))]
public enum PortProtocol
{
    /// <summary>Nothing; never valid in a command.</summary>
    None = 0,

    /// <summary>TCP.</summary>
    Tcp = 1,

    /// <summary>UDP.</summary>
    Udp = 2,

    /// <summary>TCP and UDP under the same number.</summary>
    Both = Tcp | Udp,
}

/// <summary>A port of the host that leads to a port of a VM.</summary>
/// <param name="VmId">The VM.</param>
/// <param name="GuestPort">The guest's port, 1 to 65535.</param>
/// <param name="Protocol">What is forwarded.</param>
/// <param name="HostPort">The host's port, 1 to 65535.</param>
/// <param name="Label">A word of the asker's; null for none.</param>
/// <param name="Request">Who asked, under which key.</param>
/// <param name="Since">When it was allocated.</param>
public sealed record PortForward(VmId VmId, int GuestPort, PortProtocol Protocol, int HostPort, string? Label, Request Request, DateTimeOffset Since);

/// <summary>From where host ports are given, and how many.</summary>
public sealed record PortPolicy
{
    /// <summary>The lowest port that is given, at least 1024.</summary>
    public int RangeStart { get; init; } = 20000;

    /// <summary>The highest port that is given, at most 65535.</summary>
    public int RangeEnd { get; init; } = 21999;

    /// <summary>The most forwarded ports of one VM.</summary>
    public int MostPerVm { get; init; } = 32;
}
