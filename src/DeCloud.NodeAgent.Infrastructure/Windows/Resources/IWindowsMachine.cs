namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>What a Windows machine is asked for. A recorded machine brings the answers along.</summary>
internal interface IWindowsMachine
{
    /// <summary>A text of the registry, under HKEY_LOCAL_MACHINE; null when it is not there.</summary>
    string? Text(string key, string name);

    /// <summary>A number of the registry (REG_DWORD or REG_QWORD), under HKEY_LOCAL_MACHINE; null when it is not there.</summary>
    long? Number(string key, string name);

    /// <summary>The machine's name on its network.</summary>
    string HostName { get; }

    /// <summary>When the machine was booted.</summary>
    DateTimeOffset BootedAt { get; }

    /// <summary>What the processor says of itself; null where it is none of x86.</summary>
    CpuIdentity? Identity { get; }

    /// <summary>The records of GetLogicalProcessorInformationEx for all relationships; empty when it failed.</summary>
    byte[] ProcessorRecords();

    /// <summary>The memory (GlobalMemoryStatusEx); null when it failed.</summary>
    MemoryStatus? Memory();

    /// <summary>Local drives with a medium in them, ordered by root.</summary>
    IReadOnlyList<DriveFacts> Drives();

    /// <summary>Network interfaces, ordered by name.</summary>
    IReadOnlyList<InterfaceFacts> Interfaces();

    /// <summary>What <see cref="CimQuery"/> writes.</summary>
    /// <exception cref="Core.Node.FailureException">PowerShell is not there, failed or took too long.</exception>
    Task<string> CimAsync(CancellationToken cancellation);

    /// <summary>What <c>nvidia-smi.exe -q -x</c> writes; null when the program is not there.</summary>
    /// <exception cref="Core.Node.FailureException">It failed or took too long.</exception>
    Task<string?> NvidiaAsync(CancellationToken cancellation);
}

/// <summary>Memory in bytes, as MEMORYSTATUSEX has it.</summary>
/// <param name="Total">What Windows manages.</param>
/// <param name="Available">What can be given to a program without writing anything else to disk.</param>
/// <param name="CommitLimit">Memory and page files together.</param>
/// <param name="CommitAvailable">What of that can still be promised.</param>
internal readonly record struct MemoryStatus(long Total, long Available, long CommitLimit, long CommitAvailable);

/// <summary>A local drive.</summary>
/// <param name="Root">Its root, for example <c>C:\</c>.</param>
/// <param name="Format">Its file system, for example <c>NTFS</c>.</param>
/// <param name="TotalBytes">Its size.</param>
/// <param name="AvailableBytes">What this user could still write.</param>
internal sealed record DriveFacts(string Root, string Format, long TotalBytes, long AvailableBytes);

/// <summary>A network interface.</summary>
/// <param name="Name">Its name, as people see it.</param>
/// <param name="Description">What Windows calls the adapter.</param>
/// <param name="Type">What it is, a name of NetworkInterfaceType.</param>
/// <param name="IsUp">Whether it carries packets.</param>
/// <param name="Mac">Its Ethernet address; null without one.</param>
/// <param name="Mtu">The largest packet, in bytes.</param>
/// <param name="BitsPerSecond">Its speed; null when it has none.</param>
/// <param name="Addresses">Its addresses in CIDR notation.</param>
/// <param name="Gateways">The routers it leads to.</param>
internal sealed record InterfaceFacts(
    string Name, string Description, string Type, bool IsUp, string? Mac, int? Mtu, long? BitsPerSecond, IReadOnlyList<string> Addresses, IReadOnlyList<string> Gateways);
