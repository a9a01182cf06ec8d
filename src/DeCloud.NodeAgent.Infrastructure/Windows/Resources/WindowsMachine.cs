using System.Globalization;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.Versioning;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Infrastructure.Linux.Resources;
using Microsoft.Win32;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>The machine that the agent runs on.</summary>
/// <param name="time">The clock.</param>
[SupportedOSPlatform("windows")]
internal sealed class WindowsMachine(TimeProvider time) : IWindowsMachine
{
    /// <inheritdoc/>
    public string HostName => Environment.MachineName;

    /// <inheritdoc/>
    public DateTimeOffset BootedAt => time.GetUtcNow() - TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <inheritdoc/>
    public CpuIdentity? Identity => CpuIdentity.Read();

    /// <inheritdoc/>
    public string? Text(string key, string name) => Value(key, name) is string text && text.Trim() is { Length: > 0 } trimmed ? trimmed : null;

    /// <inheritdoc/>
    public long? Number(string key, string name) => Value(key, name) switch
    {
        int number => (uint)number,
        long number => number,
        // Some drivers write numbers as bytes.
        byte[] { Length: 4 } bytes => BitConverter.ToUInt32(bytes),
        byte[] { Length: 8 } bytes => BitConverter.ToInt64(bytes),
        _ => null,
    };

    /// <inheritdoc/>
    public byte[] ProcessorRecords() => Win32.ProcessorRecords();

    /// <inheritdoc/>
    public MemoryStatus? Memory() => Win32.Memory();

    /// <inheritdoc/>
    public IReadOnlyList<DriveFacts> Drives()
    {
        var drives = new List<DriveFacts>();
        // A drive of the network may keep whoever asks waiting for minutes, and holds nothing of this machine.
        foreach (var drive in DriveInfo.GetDrives().Where(d => d.DriveType is DriveType.Fixed or DriveType.Removable or DriveType.Ram))
        {
            try
            {
                if (drive.IsReady)
                {
                    drives.Add(new(drive.RootDirectory.FullName, drive.DriveFormat, drive.TotalSize, drive.AvailableFreeSpace));
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // Taken out between the two looks, or locked by BitLocker: there is no file system to tell of.
            }
        }

        return [.. drives.OrderBy(d => d.Root, StringComparer.OrdinalIgnoreCase)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<InterfaceFacts> Interfaces() => [.. NetworkInterface.GetAllNetworkInterfaces().Select(Facts).OrderBy(i => i.Name, StringComparer.OrdinalIgnoreCase)];

    /// <inheritdoc/>
    public Task<string> CimAsync(CancellationToken cancellation) =>
        ToolReport.ReadAsync(PowerShell, CimQuery.Arguments, "GPUs, disks and routes are not known", cancellation);

    /// <inheritdoc/>
    public async Task<string?> NvidiaAsync(CancellationToken cancellation) =>
        NvidiaPrograms().FirstOrDefault(File.Exists) is { } program
            ? await ToolReport.ReadAsync(program, NvidiaSmi.Arguments, NvidiaSmi.Without, cancellation).ConfigureAwait(false)
            : null;

    // By full path: a program of the same name in a folder that others may write must not be run.
    private static string PowerShell => Path.Join(Environment.SystemDirectory, "WindowsPowerShell", "v1.0", "powershell.exe");

    private static IEnumerable<string> NvidiaPrograms() =>
    [
        Path.Join(Environment.SystemDirectory, "nvidia-smi.exe"),
        Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "NVIDIA Corporation", "NVSMI", "nvidia-smi.exe"),
    ];

    private static object? Value(string key, string name)
    {
        try
        {
            using var opened = Registry.LocalMachine.OpenSubKey(key);
            return opened?.GetValue(name);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            return null;
        }
    }

    private static InterfaceFacts Facts(NetworkInterface @interface)
    {
        IReadOnlyList<string> addresses = [], gateways = [];
        int? mtu = null;
        try
        {
            var properties = @interface.GetIPProperties();
            addresses = [.. properties.UnicastAddresses.Select(a => string.Create(CultureInfo.InvariantCulture, $"{Plain(a.Address)}/{a.PrefixLength}"))];
            gateways = [.. properties.GatewayAddresses.Select(g => Plain(g.Address))];
            mtu = @interface.Supports(NetworkInterfaceComponent.IPv4) ? properties.GetIPv4Properties().Mtu
                : @interface.Supports(NetworkInterfaceComponent.IPv6) ? properties.GetIPv6Properties().Mtu : null;
        }
        catch (Exception untold) when (untold is NetworkInformationException or PlatformNotSupportedException)
        {
            // An adapter without the protocol has none of these.
        }

        var mac = @interface.GetPhysicalAddress().GetAddressBytes();
        return new(
            @interface.Name,
            @interface.Description,
            @interface.NetworkInterfaceType.ToString(),
            @interface.OperationalStatus == OperationalStatus.Up,
            mac.Length == 6 ? string.Join(':', mac.Select(b => b.ToString("x2", CultureInfo.InvariantCulture))) : null,
            mtu is > 0 ? mtu : null,
            @interface.Speed > 0 ? @interface.Speed : null,
            addresses,
            gateways);
    }

    // Without the number of the interface, which the address's own words don't have elsewhere.
    private static string Plain(System.Net.IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? new System.Net.IPAddress(address.GetAddressBytes()).ToString() : address.ToString();
}
