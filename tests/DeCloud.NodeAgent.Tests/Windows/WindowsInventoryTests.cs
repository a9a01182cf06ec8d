using System.Buffers.Binary;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Windows.Resources;
using Microsoft.Extensions.Logging.Abstractions;

namespace DeCloud.NodeAgent.Tests.Windows;

public sealed class WindowsInventoryTests
{
    private const ulong All = ulong.MaxValue;

    [Fact]
    public async Task A_workstation_with_two_gpus_is_read_from_registry_cim_and_nvidia_together()
    {
        var machine = new RecordedWindows("workstation")
        {
            Processors = ProcessorRecords.Of([.. Enumerable.Range(0, 16).Select(i => ProcessorRecords.Core(0, 3ul << (2 * i))), ProcessorRecords.Cache, ProcessorRecords.Package((0, 0xffffffff)), ProcessorRecords.Node(0, (0, 0xffffffff))]),
            DriveList = [new(@"C:\", "NTFS", 2_000_000_000_000, 900_000_000_000), new(@"D:\", "ReFS", 8_000_000_000_000, 1)],
            InterfaceList =
            [
                new("Ethernet", "Intel(R) Ethernet Controller I226-V", "Ethernet", true, "04:42:1a:00:00:01", 1500, 2_500_000_000, ["192.168.1.20/24", "fe80::2/64"], ["192.168.1.1"]),
                new("Loopback Pseudo-Interface 1", "Software Loopback Interface 1", "Loopback", true, null, null, 1_073_741_824, ["127.0.0.1/8"], []),
                new("wg0", "WireGuard Tunnel", "53", true, null, 1420, 100_000_000_000, ["10.80.0.7/16"], []),
                new("Wi-Fi", "Intel(R) Wi-Fi 6E AX211", "Wireless80211", false, "04:42:1a:00:00:02", 1500, 9_223_372_036_854_775_807, [], []),
                new("vEthernet (Default Switch)", "Hyper-V Virtual Ethernet Adapter", "Ethernet", true, "00:15:5d:00:00:01", 1500, 10_000_000_000, ["172.20.0.1/20"], []),
            ],
        };

        var read = await Read(machine);

        Assert.Empty(read.Gaps);
        Assert.Equal(("NODE-7", "Windows 11 Pro 23H2", "10.0.22631.3447", "ASUS", "none"), (read.Host.Hostname, read.Host.OperatingSystem, read.Host.KernelVersion, read.Host.Vendor, read.Host.Confinement));
        Assert.Equal(("AMD Ryzen 9 7950X 16-Core Processor", "AuthenticAMD", 1, 16, 32, 4491), (read.Cpu.Model, read.Cpu.Vendor, read.Cpu.Sockets, read.Cpu.Cores, read.Cpu.Threads, read.Cpu.BaseFrequencyMegahertz));
        Assert.Equal([new CpuNumaNodeResource(0, 32, "0-31")], read.Cpu.NumaNodes);
        Assert.Equal("svm", read.Cpu.Virtualization.Extension);
        Assert.Equal((68_000_000_000, 50_000_000_000, 5_000_000_000), (read.Memory.TotalBytes, read.Memory.AvailableBytes, read.Memory.SwapTotalBytes));

        Assert.Equal(["PhysicalDrive0 nvme False", "PhysicalDrive1 hdd True"], read.Storage.Devices.Select(d => $"{d.Name} {d.Kind} {d.IsRotational}"));
        Assert.Equal([@"C:\ ntfs PhysicalDrive0", @"D:\ refs PhysicalDrive1"], read.Storage.FileSystems.Select(f => $"{f.MountPoint} {f.Type} {string.Join(',', f.Devices)}"));

        Assert.Equal(["ethernet 2500", "loopback ", "wireguard 100000", "wireless ", "virtual 10000"], read.Network.Interfaces.Select(i => $"{i.Kind} {i.SpeedMegabits}"));
        Assert.Equal(
            [new("ipv4", "Ethernet", "192.168.1.1", 25), new("ipv4", "Wi-Fi", "192.168.1.1", 35), new DefaultRouteResource("ipv6", "Ethernet", "fe80::1", 281)],
            read.Network.DefaultRoutes);

        Assert.Equal("551.76", read.Gpus.NvidiaDriverVersion);
        Assert.Equal(["0000:01:00.0", "0000:13:00.0"], read.Gpus.Items.Select(g => g.Address));
        var (nvidia, amd) = (read.Gpus.Items[0], read.Gpus.Items[1]);
        Assert.Equal(("10de", "2684", "NVIDIA GeForce RTX 4090", "nvlddmkm", 24564L << 20), (nvidia.VendorId, nvidia.DeviceId, nvidia.Model, nvidia.Driver, nvidia.MemoryBytes));
        Assert.Equal((1833L << 20, 7, 41, 33.51), (nvidia.Nvidia!.MemoryUsedBytes, nvidia.Nvidia.UtilizationPercent, nvidia.Nvidia.TemperatureCelsius, nvidia.Nvidia.PowerDrawWatts));
        Assert.Equal(("1002", 512L << 20, (NvidiaResource?)null, false), (amd.VendorId, amd.MemoryBytes, amd.Nvidia, amd.IsAssignable));
    }

    [Fact]
    public async Task A_server_with_two_processor_groups_counts_the_threads_of_both()
    {
        var machine = new RecordedWindows("server")
        {
            Processors = ProcessorRecords.Of(
            [
                .. Enumerable.Range(0, 64).Select(i => ProcessorRecords.Core((ushort)(i / 32), 3ul << (2 * (i % 32)))),
                ProcessorRecords.Package((0, All)), ProcessorRecords.Package((1, All)), ProcessorRecords.Node(0, (0, All)), ProcessorRecords.Node(1, (1, All)),
            ]),
            DriveList = [new(@"C:\", "NTFS", 479_000_000_000, 1), new(@"E:\", "ReFS", 7_681_000_000_000, 2)],
        };

        var read = await Read(machine);

        Assert.Equal((2, 64, 128), (read.Cpu.Sockets, read.Cpu.Cores, read.Cpu.Threads));
        Assert.Equal([new(0, 64, "0-63"), new CpuNumaNodeResource(1, 64, "64-127")], read.Cpu.NumaNodes);
        Assert.Equal("Windows Server 2022 Standard 21H2", read.Host.OperatingSystem);
        Assert.Equal(["PhysicalDrive0 other", "PhysicalDrive1 mapped", "PhysicalDrive2 nvme"], read.Storage.Devices.Select(d => $"{d.Name} {d.Kind}"));

        // Bus 257 is bus 1 of PCI segment 1. The program is not installed; the registry knows the memory beyond 4 GiB.
        Assert.Equal(["0000:c3:00.0 ", $"0001:01:00.0 {80L << 30}"], read.Gpus.Items.Select(g => $"{g.Address} {g.MemoryBytes}"));
        Assert.Contains("nvidia-smi.exe is missing", Assert.Single(read.Gaps), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guest_of_hyper_v_is_told_as_a_vm_and_its_screen_is_no_gpu()
    {
        var machine = new RecordedWindows("hyperv-guest")
        {
            Processors = ProcessorRecords.Of(ProcessorRecords.Core(0, 1), ProcessorRecords.Core(0, 4), ProcessorRecords.Package((0, 5))),
            DriveList = [new(@"C:\", "NTFS", 1, 1)],
            InterfaceList = [new("Ethernet", "Microsoft Hyper-V Network Adapter", "Ethernet", true, "00:15:5d:00:00:02", 1500, 40_000_000_000, ["10.0.0.4/24"], ["10.0.0.1"])],
        };

        var read = await Read(machine);

        Assert.Empty(read.Gaps);
        Assert.Equal(("vm", "Windows Server 2019 Datacenter", "10.0.17763.5696"), (read.Host.Confinement, read.Host.OperatingSystem, read.Host.KernelVersion));
        Assert.Empty(read.Gpus.Items);
        Assert.Equal(0, machine.NvidiaCalls);
        Assert.Equal("virtual", Assert.Single(read.Storage.Devices).Kind);
        Assert.Equal(["PhysicalDrive0"], Assert.Single(read.Storage.FileSystems).Devices);

        // CIM told no route; the gateway of the interface is one.
        Assert.Equal([new DefaultRouteResource("ipv4", "Ethernet", "10.0.0.1", 0)], read.Network.DefaultRoutes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Get-CimInstance : Access denied")]
    [InlineData("[1,2]")]
    [InlineData("{\"video\":[{")]
    public async Task Without_a_report_of_powershell_the_rest_is_read_and_the_gap_is_told(string written)
    {
        var read = await Read(new RecordedWindows("workstation") { Cim = written, Processors = ProcessorRecords.Of(ProcessorRecords.Core(0, 3)) });

        Assert.Contains("PowerShell", Assert.Single(read.Gaps), StringComparison.Ordinal);
        Assert.Equal((2, "Windows 11 Pro 23H2"), (read.Cpu.Threads, read.Host.OperatingSystem));
        Assert.Empty(read.Gpus.Items);
    }

    [Fact]
    public async Task What_a_program_refused_is_a_gap_in_its_own_words()
    {
        var read = await Read(new RecordedWindows("workstation")
        {
            Processors = ProcessorRecords.Of(ProcessorRecords.Core(0, 1)),
            NvidiaFailure = FailureException.Transient(FailureCodes.Timeout, "nvidia-smi.exe did not end."),
        });
        Assert.Equal(["nvidia-smi.exe did not end."], read.Gaps);
        Assert.Equal(2, read.Gpus.Items.Count);
        Assert.Equal(25757220864, read.Gpus.Items[0].MemoryBytes);

        read = await Read(new RecordedWindows("workstation") { CimFailure = FailureException.Transient(FailureCodes.HostError, "powershell.exe failed.") });
        Assert.Contains("powershell.exe failed.", read.Gaps);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(40)]
    public void Records_that_are_cut_off_are_none(int length) =>
        Assert.Null(ProcessorTopology.Parse(ProcessorRecords.Of(ProcessorRecords.Core(0, 3)).AsSpan(0, length)));

    [Fact]
    public void A_record_that_claims_a_size_of_nothing_does_not_hold_the_reader_up()
    {
        var records = ProcessorRecords.Of(ProcessorRecords.Core(0, 3));
        BinaryPrimitives.WriteInt32LittleEndian(records.AsSpan(4), 0);
        Assert.Null(ProcessorTopology.Parse(records));
    }

    [Fact]
    public void A_processor_is_told_by_its_own_words()
    {
        // Leaves 0, 1, 7 and 0x80000001 of an Intel server processor with VT-x, AES, AVX and AVX2.
        var intel = CpuIdentity.Of((leaf, _) => (uint)leaf switch
        {
            0 => (0x16, 0x756e6547, 0x6c65746e, 0x49656e69),
            1 => (0, 0, (1 << 5) | (1 << 25) | (1 << 28), 0),
            7 => (0, 1 << 5, 0, 0),
            0x80000000 => (unchecked((int)0x80000008), 0, 0, 0),
            0x80000001 => (0, 0, 0, 1 << 26),
            _ => default,
        });
        Assert.Equal(("GenuineIntel", "vmx"), (intel.Vendor, intel.Virtualization));
        Assert.Equal(["aes", "avx", "avx2", "pdpe1gb", "vmx"], intel.Flags);

        // A leaf beyond the highest one answers with the highest one's words on Intel's, so it must not be asked.
        var old = CpuIdentity.Of((leaf, _) => (uint)leaf switch
        {
            0 => (5, 0x68747541, 0x444d4163, 0x69746e65),
            7 => (0, -1, -1, -1),
            0x80000000 => (unchecked((int)0x80000001), 0, 0, 0),
            0x80000001 => (0, 0, 1 << 2, 0),
            _ => default,
        });
        Assert.Equal(("AuthenticAMD", "svm"), (old.Vendor, old.Virtualization));
        Assert.Equal(["svm"], old.Flags);
    }

    [Fact]
    public void Counters_of_a_disk_are_read_from_their_record()
    {
        var record = new byte[DiskPerformance.Bytes];
        BinaryPrimitives.WriteInt64LittleEndian(record, 4096);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(8), 8192);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(32), 600 * TimeSpan.TicksPerMillisecond);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(40), 3);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(44), uint.MaxValue);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(56), 1000 * TimeSpan.TicksPerMillisecond);

        Assert.Equal(new("PhysicalDrive2", 3, 4096, uint.MaxValue, 8192, 400), DiskPerformance.Parse(2, record));
        Assert.Null(DiskPerformance.Parse(2, record.AsSpan(1)));
    }

    [Fact]
    public async Task The_fingerprint_changes_with_what_is_plugged_in_and_is_the_same_otherwise()
    {
        var machine = new RecordedWindows("workstation") { DriveList = [new(@"C:\", "NTFS", 1000, 10)] };
        var inventory = Inventory(machine);
        var first = await inventory.FingerprintAsync(default);

        machine.DriveList[0] = machine.DriveList[0] with { AvailableBytes = 9 };
        machine.Status = machine.Status!.Value with { Available = 1 };
        Assert.Equal(first, await inventory.FingerprintAsync(default));

        machine.DriveList.Add(new(@"E:\", "exFAT", 64, 64));
        Assert.NotEqual(first, await inventory.FingerprintAsync(default));
    }

    [Fact]
    public void The_script_goes_through_a_windows_command_line_as_it_stands()
    {
        Assert.DoesNotContain('"', CimQuery.Script);
        Assert.DoesNotContain('\n', CimQuery.Arguments[^1]);
        Assert.Equal(CimQuery.Script.Count(c => c is '{' or '(' or '['), CimQuery.Script.Count(c => c is '}' or ')' or ']'));
    }

    private static WindowsInventory Inventory(RecordedWindows machine) => new(machine, TimeProvider.System, NullLogger<WindowsInventory>.Instance);

    private static Task<NodeResources> Read(RecordedWindows machine) => Inventory(machine).ReadAsync(default);
}
