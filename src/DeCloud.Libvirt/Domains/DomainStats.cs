using DeCloud.Libvirt.Parameters;

namespace DeCloud.Libvirt.Domains;

/// <summary>Statistics of one domain.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Parameters">What was asked for and could be told.</param>
public sealed record DomainStats(DomainRef Domain, TypedParameters Parameters);

/// <summary>
/// Groups of statistics (<c>virDomainStatsTypes</c>). State, Interface and Memory cost next to nothing; the others ask
/// the QEMU process of every domain, one after the other, about a millisecond each, and wait for one that hangs.
/// </summary>
[Flags]
public enum DomainStatsGroups : uint
{
    /// <summary>Whatever the daemon has.</summary>
    Everything = 0,

    /// <summary>State and reason.</summary>
    State = 1 << 0,

    /// <summary>CPU time used.</summary>
    CpuTotal = 1 << 1,

    /// <summary>Memory as the balloon sees it.</summary>
    Balloon = 1 << 2,

    /// <summary>Each virtual processor.</summary>
    Vcpu = 1 << 3,

    /// <summary>Each network interface.</summary>
    Interface = 1 << 4,

    /// <summary>Each disk.</summary>
    Block = 1 << 5,

    /// <summary>Performance counters.</summary>
    Perf = 1 << 6,

    /// <summary>Each I/O thread.</summary>
    IoThread = 1 << 7,

    /// <summary>Memory bandwidth.</summary>
    Memory = 1 << 8,

    /// <summary>The rate at which memory changes.</summary>
    DirtyRate = 1 << 9,

    /// <summary>What the hypervisor counts.</summary>
    Vm = 1 << 10,
}

/// <summary>Of which domains, and how, to gather statistics (<c>virConnectGetAllDomainStatsFlags</c>).</summary>
[Flags]
public enum DomainStatsFlags : uint
{
    /// <summary>Of all.</summary>
    None = 0,

    /// <summary>Of those that are alive.</summary>
    Active = 1 << 0,

    /// <summary>Of those that are not alive.</summary>
    Inactive = 1 << 1,

    /// <summary>Of those that are running.</summary>
    Running = 1 << 4,

    /// <summary>Of those that are paused.</summary>
    Paused = 1 << 5,

    /// <summary>Of those that are off.</summary>
    ShutOff = 1 << 6,

    /// <summary>Do not wait for a domain that another operation holds; leave out what would need waiting.</summary>
    NoWait = 1 << 29,

    /// <summary>Each image of a disk's chain.</summary>
    Backing = 1 << 30,

    /// <summary>Fail when a group asked for is not supported.</summary>
    EnforceGroups = 1u << 31,
}
