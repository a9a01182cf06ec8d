using System.Text;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Infrastructure.Linux.Resources;

namespace DeCloud.NodeAgent.Tests.Resources;

/// <summary>What is read from the kernel's counters.</summary>
public sealed class SamplerTests
{
    private static readonly Guid Vm = Guid.Parse("4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1");

    [Fact]
    public async Task The_kernels_files_are_read_as_it_writes_them()
    {
        using var machine = Machine();
        using var sampler = Sampler(machine);

        var sample = await sampler.SampleAsync([Vm, Guid.NewGuid()], CancellationToken.None);

        Assert.Equal(2, sample.Threads);
        Assert.Equal(new(4705, 150, 1120, 16250, 520, 30, 45, 60, 900, 7), sample.Cpu);
        Assert.Equal(new(0.52, 1.5, 12.75), sample.Load);
        Assert.Equal(new(24668672L << 10, 22000000L << 10, 11000000L << 10, 7333333L << 10, 0, 0), sample.Memory);
        Assert.Equal(new("vda", 952466, 39527546UL * 512, 796512, 153181475UL * 512, 201952), Assert.Single(sample.Disks));
        Assert.Equal([new("eth0", 52342010, 1203400, 40210, 9100, 3, 7), new InterfaceCounters("lo", 100, 100, 2, 2, 0, 0)], sample.Interfaces.OrderBy(i => i.Name));
        Assert.Equal(new(10.93, 6.06, 6.49, 0, 0, 0), sample.Pressure!.Cpu);
        Assert.Equal(new(1.5, 0.2, 0, null, null, null), sample.Pressure.Memory);
        Assert.Null(sample.Pressure.Io);
        Assert.Equal(["/", "/var/lib/decloud/images"], sample.FileSystems.Select(f => f.MountPoint));
        Assert.Equal((250000000000L, 15900000L), (sample.FileSystems[0].AvailableBytes, sample.FileSystems[0].InodesAvailable));
        var process = Assert.Single(sample.VmProcesses);
        Assert.Equal(new(Vm, new("4242-88000", TimeSpan.FromSeconds(30.5), 5000L * Environment.SystemPageSize, 4096, 8192)), process);
    }

    [Fact]
    public async Task A_process_is_let_go_when_its_VM_is_gone_and_found_anew_when_it_is_back()
    {
        using var machine = Machine();
        using var sampler = Sampler(machine);
        Assert.Single((await sampler.SampleAsync([Vm], CancellationToken.None)).VmProcesses);
        Assert.Empty((await sampler.SampleAsync([], CancellationToken.None)).VmProcesses);

        Directory.Move(machine.Tree.PathOf("/proc/4242"), machine.Tree.PathOf("/proc/5000"));

        Assert.StartsWith("5000-", Assert.Single((await sampler.SampleAsync([Vm], CancellationToken.None)).VmProcesses).Value.Incarnation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cgroup-v2", @"/sys/fs/cgroup/machine.slice/machine-qemu\x2d3\x2ddecloud.scope/io.stat")]
    [InlineData("cgroup-v1", "/sys/fs/cgroup/blkio/machine/qemu-3-decloud.libvirt-qemu/blkio.throttle.io_service_bytes_recursive")]
    [InlineData("cgroup-v1-old", "/sys/fs/cgroup/blkio/machine/qemu-3-decloud.libvirt-qemu/blkio.throttle.io_service_bytes")]
    public async Task Where_the_processs_own_count_is_refused_its_control_group_tells_what_it_did_on_disks(string groups, string path)
    {
        using var machine = new RecordedMachine(groups);
        using var sampler = Sampler(machine);

        // The group's disk is counted, the volume's disk below it is not counted again, and neither are the other VM and the whole host.
        Assert.Equal((5000UL, 7000UL), await DisksAsync(sampler));

        machine.Write(path, groups == "cgroup-v2" ? "253:0 rbytes=5100 wbytes=7200 rios=1 wios=1\\n" : "253:0 Read 5100\\n253:0 Write 7200\\nTotal 12300\\n");
        Assert.Equal((5100UL, 7200UL), await DisksAsync(sampler));
    }

    [Theory]
    [InlineData("0::/\\n")]
    [InlineData("0::/machine.slice/machine-qemu\\\\x2d9\\\\x2dgone.scope/libvirt/emulator\\n")]
    [InlineData("7:blkio:/machine/qemu-9-gone.libvirt-qemu\\n")]
    [InlineData("")]
    public async Task What_was_done_on_disks_is_absent_and_not_zero_where_nothing_tells_it(string groups)
    {
        using var machine = new RecordedMachine("cgroup-v2");
        using var sampler = Sampler(machine);
        machine.Write("/proc/4242/cgroup", groups);

        Assert.Equal((null, null), await DisksAsync(sampler));
    }

    [Fact]
    public async Task What_was_done_on_disks_is_absent_until_the_control_group_tells_of_a_device()
    {
        using var machine = new RecordedMachine("cgroup-v2");
        using var sampler = Sampler(machine);
        const string Path = "/sys/fs/cgroup/machine.slice/machine-qemu\\x2d3\\x2ddecloud.scope/io.stat";
        machine.Write(Path, "");
        Assert.Equal((null, null), await DisksAsync(sampler));

        machine.Write(Path, "8:0 rbytes=1 wbytes=2\\n");

        Assert.Equal((1UL, 2UL), await DisksAsync(sampler));
    }

    [Fact]
    public async Task What_counts_a_VMs_disks_is_not_changed_while_its_process_lives()
    {
        using var machine = new RecordedMachine("cgroup-v2");
        machine.Write("/proc/4242/io", "read_bytes: 4096\\nwrite_bytes: 8192\\n");
        using var sampler = Sampler(machine);
        Assert.Equal((4096UL, 8192UL), await DisksAsync(sampler));

        machine.Write("/proc/4242/io", "");

        Assert.Equal((null, null), await DisksAsync(sampler));
    }

    [Fact]
    public async Task Only_QEMU_is_believed_to_be_a_VM()
    {
        using var machine = Machine();
        using var sampler = Sampler(machine);
        machine.Write("/proc/4242/cmdline", $"/usr/bin/less\\0-uuid\\0{Vm}\\0");

        Assert.Empty((await sampler.SampleAsync([Vm], CancellationToken.None)).VmProcesses);
    }

    [Fact]
    public async Task Files_that_are_missing_or_broken_leave_out_what_they_would_tell()
    {
        foreach (var garbage in new[] { "", "\n", "cpu\n", "cpu  x y\n 1 2\n", "some\nfull avg10=\n", ":\n:::\n", "1 (a b) c) S\n" })
        {
            using var machine = Machine();
            foreach (var file in machine.Files().ToList())
            {
                await File.WriteAllTextAsync(file, garbage);
            }

            using var sampler = Sampler(machine);
            var sample = await sampler.SampleAsync([Vm], CancellationToken.None);

            Assert.True(sample.Threads >= 1);
            Assert.Null(sample.Memory);
            Assert.Empty(sample.Disks);
            Assert.NotNull(SnapshotOf.Between(sample, sample, null, null, null, default));
        }
    }

    [Fact]
    public async Task This_machine_is_sampled()
    {
        using var sampler = new LinuxSampler(new HostTree(), new LinuxCalls(), new("/", "/"), TimeProvider.System);
        var first = await sampler.SampleAsync([], CancellationToken.None);
        await Task.Delay(300);
        var second = await sampler.SampleAsync([], CancellationToken.None);

        var snapshot = SnapshotOf.Between(first, second, null, null, null, DateTimeOffset.UnixEpoch);
        Assert.InRange(snapshot.IntervalSeconds!.Value, 0.25, 60);
        Assert.InRange(snapshot.Cpu!.BusyPercent + snapshot.Cpu.IdlePercent + snapshot.Cpu.IoWaitPercent, 99.9, 100.1);
        Assert.True(snapshot.Memory!.TotalBytes > 0);
        Assert.NotNull(snapshot.Load);
        Assert.Contains(snapshot.Interfaces, i => i.Name == "lo");
        Assert.Equal("/", Assert.Single(snapshot.FileSystems).MountPoint);
    }

    [Fact]
    public void A_file_is_read_whole_however_long_it_is_and_again_as_it_is_then()
    {
        var path = Path.GetTempFileName();
        using var file = new KernelFile(path);
        try
        {
            var text = string.Concat(Enumerable.Range(0, 5000).Select(i => $"{i}\n"));
            File.WriteAllText(path, text);
            Assert.Equal(text, Encoding.UTF8.GetString(file.Read()));
            File.WriteAllText(path, "short");
            Assert.Equal("short", Encoding.UTF8.GetString(file.Read()));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<(ulong?, ulong?)> DisksAsync(LinuxSampler sampler)
    {
        var process = Assert.Single((await sampler.SampleAsync([Vm], CancellationToken.None)).VmProcesses).Value;
        return (process.ReadBytes, process.WriteBytes);
    }

    private static LinuxSampler Sampler(RecordedMachine machine) => new(machine.Tree, machine, machine.Folders, TimeProvider.System);

    private static RecordedMachine Machine()
    {
        var machine = new RecordedMachine("vm-without-dmi");
        machine.Write("/proc/stat", "cpu  4705 150 1120 16250 520 30 45 60 900 7\\ncpu0 2000 75 560 8125 260 15 22 30 450 3\\ncpu1 2705 75 560 8125 260 15 23 30 450 4\\nintr 114930548 113199788 3\\nctxt 1990473\\nbtime 1062191376\\n");
        machine.Write("/proc/loadavg", "0.52 1.50 12.75 3/512 12345\\n");
        machine.Write("/proc/diskstats", "   7       0 loop0 16 0 128 0 0 0 0 0 0 4 0\\n 254       0 vda 952466 60448 39527546 910832 796512 155745 153181475 987789 0 201952 1944837 211886 69 200312656 34737\\n 254       1 vda1 1 1 1 1 1 1 1 1 0 1 1\\n");
        machine.Write("/proc/net/dev", "Inter-|   Receive                                                |  Transmit\\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\\n    lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0\\n  eth0:52342010   40210    1    5    0     0          0         0  1203400    9100    2    2    0     0       0          0\\n vnet0:       9       9    0    0    0     0          0         0        9       9    0    0    0     0       0          0\\n");
        machine.Write("/sys/class/net/vnet0/tun_flags", "0x1002");
        machine.Write("/proc/pressure/cpu", "some avg10=10.93 avg60=6.06 avg300=6.49 total=4432197047\\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\\n");
        machine.Write("/proc/pressure/memory", "some avg10=1.50 avg60=0.20 avg300=0.00 total=44321\\n");
        machine.Write("/proc/1/cmdline", "/sbin/init\\0");
        machine.Write("/proc/4242/cmdline", $"/usr/bin/qemu-system-x86_64\\0-name\\0guest=decloud-{Vm},debug-threads=on\\0-S\\0-uuid\\0{Vm}\\0-display\\0none\\0");
        machine.Write("/proc/4242/stat", "4242 (qemu-system (x) S 1 4242 4242 0 -1 138412416 94000 0 12 0 2050 1000 0 0 20 0 6 0 88000 3000000000 5000 18446744073709551615 1 1 0\\n");
        machine.Write("/proc/4242/io", "rchar: 1\\nwchar: 2\\nsyscr: 3\\nsyscw: 4\\nread_bytes: 4096\\nwrite_bytes: 8192\\ncancelled_write_bytes: 0\\n");
        return machine;
    }
}
