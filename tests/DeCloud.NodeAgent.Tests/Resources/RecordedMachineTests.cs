using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Tests.Resources;

/// <summary>What is read from machines that were recorded.</summary>
public sealed class RecordedMachineTests
{
    private const long GiB = 1L << 30;

    [Fact]
    public async Task A_server_with_two_sockets_is_read_whole()
    {
        using var machine = new RecordedMachine("epyc-two-sockets");
        var read = await machine.ReadAsync();

        Assert.Empty(read.Gaps);
        Assert.Equal(("node-a1", "Debian GNU/Linux 12 (bookworm)", "x86_64", "Supermicro", "none"), (read.Host.Hostname, read.Host.OperatingSystem, read.Host.Architecture, read.Host.Vendor, read.Host.Confinement));
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), read.Host.BootedAt);

        var cpu = read.Cpu;
        Assert.Equal(("AMD EPYC 7313 16-Core Processor", "AuthenticAMD", 2, 32, 64), (cpu.Model, cpu.Vendor, cpu.Sockets, cpu.Cores, cpu.Threads));
        Assert.Equal((3729.492, 1500.0, null), (cpu.MaxFrequencyMegahertz!.Value, cpu.MinFrequencyMegahertz!.Value, cpu.BaseFrequencyMegahertz));
        Assert.Contains("sev_es", cpu.Flags);
        Assert.DoesNotContain("fpu", cpu.Flags);
        Assert.Equal(new("svm", true, true), cpu.Virtualization);
        Assert.Equal(new(true, "amd-vi", 4), cpu.Iommu);
        Assert.Equal([new(0, 32, "0-15,32-47"), new(1, 32, "16-31,48-63")], cpu.NumaNodes);

        Assert.Equal(263866464L << 10, read.Memory.TotalBytes);
        Assert.Equal(250112000L << 10, read.Memory.AvailableBytes);
        Assert.Equal([new(2L << 20, 0, 0, 0), new(GiB, 32, 28, 0)], read.Memory.HugePages);
        Assert.Equal([131933232L << 10, 131933232L << 10], read.Memory.NumaNodes.Select(n => n.TotalBytes));
        Assert.Equal(new HugePagesResource(GiB, 16, 12, null), read.Memory.NumaNodes[1].HugePages[1]);

        Assert.Equal(
            [("md0", "mapped"), ("nvme0n1", "nvme"), ("nvme1n1", "nvme"), ("sda", "hdd")],
            read.Storage.Devices.Select(d => (d.Name, d.Kind)));
        var disk = read.Storage.Devices[3];
        Assert.Equal(("ST16000NM001G-2K", 31251759104L * 512, true, 4096), (disk.Model, disk.SizeBytes, disk.IsRotational, disk.LogicalBlockBytes));
        Assert.Equal(["/", "/boot/efi", "/mnt/backup", "/srv/vms"], read.Storage.FileSystems.Select(f => f.MountPoint));
        var root = read.Storage.FileSystems[0];
        Assert.Equal((true, false, 1888000000000L, 116500000L), (root.HoldsImages, root.HoldsVms, root.TotalBytes, root.InodesAvailable));
        Assert.Equal(["nvme0n1", "nvme1n1"], root.Devices);
        Assert.Null(read.Storage.FileSystems[1].InodesTotal);
        Assert.Equal((true, false, 9000000000000L), (read.Storage.FileSystems[3].HoldsVms, read.Storage.FileSystems[3].IsReadOnly, read.Storage.FileSystems[3].AvailableBytes));

        Assert.Equal(["bond0", "enp65s0f0np0", "enp65s0f1np1", "lo", "virbr0"], read.Network.Interfaces.Select(i => i.Name));
        Assert.Equal(["bond", "ethernet", "ethernet", "loopback", "bridge"], read.Network.Interfaces.Select(i => i.Kind));
        var nic = read.Network.Interfaces[1];
        Assert.Equal((true, "mlx5_core", 25000L, 9000, "b4:96:91:aa:00:10", "up"), (nic.IsPhysical, nic.Driver, nic.SpeedMegabits, nic.MtuBytes, nic.MacAddress, nic.State));
        Assert.Equal(("down", null), (read.Network.Interfaces[2].State, read.Network.Interfaces[2].SpeedMegabits));
        Assert.Equal(["203.0.113.20/24", "2001:db8::20/64"], read.Network.Interfaces[0].Addresses);
        Assert.Equal([new("ipv4", "bond0", "203.0.113.1", 0), new("ipv6", "bond0", "fe80::1", 1024)], read.Network.DefaultRoutes);
    }

    [Fact]
    public async Task A_GPU_that_its_maker_drives_tells_its_memory_and_use()
    {
        using var machine = new RecordedMachine("epyc-two-sockets");
        var gpus = (await machine.ReadAsync()).Gpus;

        Assert.Equal("535.216.01", gpus.NvidiaDriverVersion);
        Assert.Equal(["0000:81:00.0", "0000:c5:00.0"], gpus.Items.Select(g => g.Address));
        var a10 = gpus.Items[0];
        Assert.Equal(("3d", "10de", "2236", "NVIDIA Corporation", "GA102GL [A10]", "nvidia", 1), (a10.Class, a10.VendorId, a10.DeviceId, a10.Vendor, a10.Model, a10.Driver, a10.NumaNode));
        Assert.Equal(new("GPU-0d8ad4b2-4f1c-9d5e-7f0b-4a579a53f8a1", "NVIDIA A10", 23028L << 20, 4112L << 20, 37, 46, 57.84), a10.Nvidia);
        Assert.Equal(23028L << 20, a10.MemoryBytes);
        Assert.True(a10.IsAssignable);

        // The screen of the management controller is the host's own, though nothing shares its group but the bridge to it.
        var screen = gpus.Items[1];
        Assert.Equal("ASPEED Graphics Family", screen.Model);
        Assert.True(screen.IommuGroup!.IsWhole);
        Assert.False(screen.IsAssignable);
        Assert.Contains("vfio-pci", screen.NotAssignableReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_laptop_is_read_whole()
    {
        using var machine = new RecordedMachine("laptop");
        var read = await machine.ReadAsync();

        Assert.Empty(read.Gaps);
        Assert.Equal((1, 4, 8, 4700.0, 2800.0), (read.Cpu.Sockets, read.Cpu.Cores, read.Cpu.Threads, read.Cpu.MaxFrequencyMegahertz, read.Cpu.BaseFrequencyMegahertz));
        Assert.Equal(new("vmx", true, true), read.Cpu.Virtualization);
        Assert.Equal("intel-vtd", read.Cpu.Iommu.Kind);
        Assert.Equal([("dm-0", "mapped", "nvme0n1p3_crypt"), ("nvme0n1", "nvme", "WDC PC SN730 SDBQNTY-512G-1001")], read.Storage.Devices.Select(d => (d.Name, d.Kind, d.Model!)));

        // The encrypted disk is mounted twice, at a path with a space too, and is one file system for VMs and images.
        Assert.Equal(["/boot/efi", "/srv/vm disks"], read.Storage.FileSystems.Select(f => f.MountPoint));
        var disk = read.Storage.FileSystems[1];
        Assert.Equal((true, true), (disk.HoldsVms, disk.HoldsImages));
        Assert.Equal(["nvme0n1"], disk.Devices);
        Assert.Equal(
            [("docker0", "bridge", "down"), ("enp0s31f6", "ethernet", "down"), ("lo", "loopback", "up"), ("tun0", "tunnel", "up"), ("veth1a2b3c4", "virtual", "up"), ("wg0", "wireguard", "up"), ("wlp0s20f3", "wireless", "up")],
            read.Network.Interfaces.Select(i => (i.Name, i.Kind, i.State)));
        Assert.Equal([600L, 1100L], read.Network.DefaultRoutes.Select(r => r.Metric));

        var gpu = Assert.Single(read.Gpus.Items);
        Assert.Equal(("Intel Corporation", "TigerLake-LP GT2 [Iris Xe Graphics]", "i915", false), (gpu.Vendor, gpu.Model, gpu.Driver, gpu.IsAssignable));
        Assert.Equal(0, machine.NvidiaRuns);
        Assert.Empty(CapacityOf.Host(read).Gpus);
    }

    [Fact]
    public async Task An_ARM_board_has_no_firmware_tables_and_no_PCI()
    {
        using var machine = new RecordedMachine("arm64-board");
        var read = await machine.ReadAsync();

        Assert.Empty(read.Gaps);
        Assert.Equal((null, "Raspberry Pi 4 Model B Rev 1.4", "aarch64", "none"), (read.Host.Vendor, read.Host.Product, read.Host.Architecture, read.Host.Confinement));
        Assert.Equal(("Cortex-A72", "ARM", 1, 4, 4), (read.Cpu.Model, read.Cpu.Vendor, read.Cpu.Sockets, read.Cpu.Cores, read.Cpu.Threads));
        Assert.Equal(["asimd", "crc32", "fp"], read.Cpu.Flags);
        Assert.Equal(new("arm", true, null), read.Cpu.Virtualization);
        Assert.Equal(new(false, null, 0), read.Cpu.Iommu);
        Assert.Empty(read.Cpu.NumaNodes);
        Assert.Equal([("mmcblk0", "ssd", "SC32G"), ("sda", "ssd", "Portable SSD T5")], read.Storage.Devices.Select(d => (d.Name, d.Kind, d.Model!)));
        var vms = read.Storage.FileSystems.Single(f => f.HoldsVms);
        Assert.Equal(("/var/lib/decloud", "btrfs", true), (vms.MountPoint, vms.Type, vms.HoldsImages));
        Assert.Equal(["sda"], vms.Devices);
        Assert.Equal([("eth0", "bcmgenet"), ("lo", null), ("wlan0", "brcmfmac")], read.Network.Interfaces.Select(i => (i.Name, i.Driver)));
        Assert.Equal(new([], null), read.Gpus with { Items = [] });
        Assert.Empty(read.Gpus.Items);
    }

    [Fact]
    public async Task A_VM_without_firmware_tables_is_known_as_one()
    {
        using var machine = new RecordedMachine("vm-without-dmi");
        var read = await machine.ReadAsync();

        Assert.Empty(read.Gaps);
        Assert.Equal((null, null, "vm"), (read.Host.Vendor, read.Host.Product, read.Host.Confinement));
        Assert.Equal((1, 1, 2), (read.Cpu.Sockets, read.Cpu.Cores, read.Cpu.Threads));
        Assert.Equal(new(null, null, null), read.Cpu.Virtualization);
        Assert.Equal("virtual", Assert.Single(read.Storage.Devices).Kind);

        // Images in memory count, although nothing that lies in memory is listed otherwise.
        Assert.Equal([("/", true, false), ("/var/lib/decloud/images", false, true)], read.Storage.FileSystems.Select(f => (f.MountPoint, f.HoldsVms, f.HoldsImages)));
        Assert.Equal([new("ipv4", "eth0", "192.0.2.1", 0), new("ipv6", "eth0", "fd00::1", 1024)], read.Network.DefaultRoutes);
        Assert.Null(read.Network.Interfaces[0].SpeedMegabits);
    }

    [Fact]
    public async Task GPUs_are_listed_when_they_are_bound_to_vfio_and_given_away_only_as_whole_groups()
    {
        using var machine = new RecordedMachine("gpu-on-vfio");
        var read = await machine.ReadAsync();

        Assert.Equal((null, null), (read.Host.Vendor, read.Host.Product));
        Assert.Equal(["0000:00:02.0", "0000:01:00.0", "0000:03:00.0"], read.Gpus.Items.Select(g => g.Address));
        var passed = read.Gpus.Items[1];
        Assert.Equal(("vfio-pci", "GA102 [GeForce RTX 3090]", true), (passed.Driver, passed.Model, passed.IsAssignable));
        Assert.Null(passed.Nvidia);
        Assert.Equal(0, machine.NvidiaRuns);
        var group = passed.IommuGroup!;
        Assert.Equal((1, true), (group.Id, group.IsWhole));
        Assert.Equal([new("0000:00:01.0", "060400", true, "pcieport"), new("0000:01:00.0", "030000", false, "vfio-pci"), new("0000:01:00.1", "040300", false, "vfio-pci")], group.Functions);

        var shared = read.Gpus.Items[2];
        Assert.Equal((false, false, 17163091968L), (shared.IsAssignable, shared.IommuGroup!.IsWhole, shared.MemoryBytes));
        Assert.Contains("0000:05:00.0", shared.NotAssignableReason, StringComparison.Ordinal);
        Assert.DoesNotContain("0000:03:00.1", shared.NotAssignableReason, StringComparison.Ordinal);

        var given = Assert.Single(CapacityOf.Host(read).Gpus);
        Assert.Equal(("0000:01:00.0", "NVIDIA Corporation GA102 [GeForce RTX 3090]", null), (given.Address, given.Model, given.MemoryBytes));
        Assert.Equal(["0000:01:00.0", "0000:01:00.1"], given.Functions.AsEnumerable());
    }

    [Fact]
    public async Task A_container_sees_its_own_bounds_and_files()
    {
        using var machine = new RecordedMachine("container");
        var read = await machine.ReadAsync();

        Assert.Equal("container", read.Host.Confinement);
        Assert.Equal((4L * GiB, 4L * GiB), (read.Memory.TotalBytes, read.Memory.AvailableBytes));
        var root = Assert.Single(read.Storage.FileSystems);
        Assert.Equal(("/", "overlay", true, true), (root.MountPoint, root.Type, root.HoldsVms, root.HoldsImages));
        Assert.Empty(root.Devices);
        Assert.Equal(("virtual", false), (read.Network.Interfaces[0].Kind, read.Network.Interfaces[0].IsPhysical));
        Assert.Empty(read.Gpus.Items);
    }

    [Theory]
    [InlineData("epyc-two-sockets")]
    [InlineData("laptop")]
    [InlineData("arm64-board")]
    [InlineData("vm-without-dmi")]
    [InlineData("gpu-on-vfio")]
    [InlineData("container")]
    public async Task What_is_broken_is_left_out_and_never_ends_the_reading(string name)
    {
        foreach (var garbage in new[] { "", "0x", "99999999999999999999999", "a: b: c\n\u0001 -> \t\0 kB", "1-0,5-\n9-1000000000", "0 0 0 / / rw - x" })
        {
            using var machine = new RecordedMachine(name) { Nvidia = garbage };
            foreach (var file in machine.Files().ToList())
            {
                await File.WriteAllTextAsync(file, garbage);
            }

            var read = await machine.ReadAsync();

            Assert.DoesNotContain(read.Gaps, gap => gap.StartsWith("Reading", StringComparison.Ordinal));
            Assert.True(read.Cpu.Threads >= 1);
            Assert.Equal(0, read.Memory.TotalBytes);
        }
    }

    [Fact]
    public async Task A_machine_of_which_nothing_can_be_read_still_has_an_inventory()
    {
        using var machine = new RecordedMachine("container");
        foreach (var file in machine.Files().ToList())
        {
            File.Delete(file);
        }

        var read = await machine.ReadAsync();

        Assert.Contains("memory", Assert.Single(read.Gaps), StringComparison.Ordinal);
        Assert.Empty(read.Storage.FileSystems);
    }

    [Fact]
    public async Task A_server_that_hangs_costs_its_own_free_space_alone()
    {
        using var machine = new RecordedMachine("epyc-two-sockets");
        using var back = new ManualResetEventSlim();
        machine.Space = path =>
        {
            if (path == "/mnt/backup")
            {
                back.Wait();
            }

            return new(10, 5, 0, 0);
        };

        var read = await machine.ReadAsync().WaitAsync(TimeSpan.FromSeconds(20));

        back.Set();
        Assert.Contains("/mnt/backup", Assert.Single(read.Gaps), StringComparison.Ordinal);
        Assert.Equal([10, 10, null, 10], read.Storage.FileSystems.Select(f => f.TotalBytes));
    }

    [Fact]
    public async Task A_program_that_is_missing_or_talks_nonsense_costs_its_own_facts_alone()
    {
        foreach (var told in new[] { null, "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", "<nvidia_smi_log><gpu id=\"x\"/>", "<other/>" })
        {
            using var machine = new RecordedMachine("epyc-two-sockets") { Nvidia = told };
            var read = await machine.ReadAsync();

            Assert.Contains("nvidia-smi", Assert.Single(read.Gaps), StringComparison.Ordinal);
            Assert.Equal("GA102GL [A10]", read.Gpus.Items[0].Model);
            Assert.Null(read.Gpus.Items[0].MemoryBytes);
        }
    }

    [Fact]
    public async Task The_fingerprint_changes_with_the_machine_and_not_with_its_VMs()
    {
        using var machine = new RecordedMachine("epyc-two-sockets");
        Task<string> Look() => machine.Inventory.FingerprintAsync(CancellationToken.None);
        var before = await Look();

        machine.Write("/sys/class/net/vnet1/tun_flags", "0x1002");
        machine.Write("/sys/class/net/vnet1/operstate", "unknown");
        machine.Write("@addr", "vnet1 fe80::1/64");
        Assert.Equal(before, await Look());

        machine.Write("/sys/block/sdb/size", "1000");
        var disk = await Look();
        Assert.NotEqual(before, disk);
        machine.Remove("/sys/bus/pci/devices/0000:81:00.0/driver");
        machine.Write("/sys/bus/pci/devices/0000:81:00.0/driver", "-> ../../../../bus/pci/drivers/vfio-pci");
        var driver = await Look();
        Assert.NotEqual(disk, driver);
        machine.Write("@addr", "bond0 203.0.113.21/24");
        Assert.NotEqual(driver, await Look());
    }
}
