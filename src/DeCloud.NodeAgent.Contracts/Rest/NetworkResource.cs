namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>The network interfaces.</summary>
/// <param name="Interfaces">Every interface but those of VMs, ordered by name.</param>
/// <param name="DefaultRoutes">The ways to the rest of the world, the preferred first within a family.</param>
public sealed record NetworkResource(IReadOnlyList<InterfaceResource> Interfaces, IReadOnlyList<DefaultRouteResource> DefaultRoutes);

/// <summary>A network interface.</summary>
public sealed record InterfaceResource
{
    /// <summary>The kernel's name.</summary>
    public required string Name { get; init; }

    /// <summary><c>ethernet</c>, <c>wireless</c>, <c>loopback</c>, <c>bridge</c>, <c>bond</c>, <c>vlan</c>, <c>tunnel</c>, <c>wireguard</c>, <c>virtual</c> or <c>other</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Whether there is a device of its own behind it.</summary>
    public required bool IsPhysical { get; init; }

    /// <summary><c>up</c>, <c>down</c> or <c>unknown</c>.</summary>
    public required string State { get; init; }

    /// <summary>Its Ethernet address.</summary>
    public string? MacAddress { get; init; }

    /// <summary>The largest packet it carries, in bytes.</summary>
    public int? MtuBytes { get; init; }

    /// <summary>Its speed in Mbit/s; absent while there is no link, and for most that are virtual.</summary>
    public long? SpeedMegabits { get; init; }

    /// <summary>The driver in use.</summary>
    public string? Driver { get; init; }

    /// <summary>Its addresses in CIDR notation.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }
}

/// <summary>A way to the rest of the world.</summary>
/// <param name="Family"><c>ipv4</c> or <c>ipv6</c>.</param>
/// <param name="Interface">The interface it leaves by.</param>
/// <param name="Gateway">The router; absent where the interface itself leads there.</param>
/// <param name="Metric">The lower it is, the more it is preferred.</param>
public sealed record DefaultRouteResource(string Family, string Interface, string? Gateway, long Metric);
