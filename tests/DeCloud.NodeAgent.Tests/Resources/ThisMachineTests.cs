using System.Net.NetworkInformation;
using DeCloud.NodeAgent.Infrastructure.Linux.Resources;
using Microsoft.Extensions.Logging.Abstractions;

namespace DeCloud.NodeAgent.Tests.Resources;

/// <summary>The machine that the tests run on, read as it is, and compared with what .NET finds by ways of its own.</summary>
public sealed class ThisMachineTests
{
    [Fact]
    public async Task The_inventory_agrees_with_what_the_runtime_finds()
    {
        var inventory = new LinuxInventory(new HostTree(), new LinuxCalls(), new(AppContext.BaseDirectory, Path.GetTempPath()), TimeProvider.System, NullLogger<LinuxInventory>.Instance);

        var read = await inventory.ReadAsync(CancellationToken.None);

        Assert.Empty(read.Gaps);
        Assert.Equal(Environment.MachineName, read.Host.Hostname);
        Assert.True(read.Cpu.Threads >= Environment.ProcessorCount);
        Assert.InRange(read.Memory.AvailableBytes!.Value, 1, read.Memory.TotalBytes);
        Assert.InRange(read.Host.BootedAt!.Value, DateTimeOffset.UnixEpoch, DateTimeOffset.UtcNow);
        var vms = read.Storage.FileSystems.Single(f => f.HoldsVms);
        var drive = DriveInfo.GetDrives().Where(d => AppContext.BaseDirectory.StartsWith(d.Name, StringComparison.Ordinal)).MaxBy(d => d.Name.Length)!;
        Assert.Equal(drive.Name.TrimEnd('/'), vms.MountPoint.TrimEnd('/'));
        Assert.Equal(drive.TotalSize, vms.TotalBytes);
        Assert.Equal(drive.DriveFormat, vms.Type);
        Assert.Single(read.Storage.FileSystems, f => f.HoldsImages);
        var loopback = read.Network.Interfaces.Single(i => i.Kind == "loopback");
        Assert.Contains("127.0.0.1/8", loopback.Addresses);
        Assert.Subset(
            NetworkInterface.GetAllNetworkInterfaces().Select(i => i.Name).ToHashSet(),
            read.Network.Interfaces.Select(i => i.Name).ToHashSet());
        Assert.Equal(await inventory.FingerprintAsync(CancellationToken.None), await inventory.FingerprintAsync(CancellationToken.None));
    }
}
