using System.Text;
using DeCloud.NodeAgent.Infrastructure.Linux.Resources;

namespace DeCloud.NodeAgent.Tests.Resources;

public sealed class ControlGroupFilesTests
{
    [Theory]
    [InlineData(@"0::/machine.slice/machine-qemu\x2d3\x2ddecloud\x2d4f1c.scope/libvirt/emulator", @"/machine.slice/machine-qemu\x2d3\x2ddecloud\x2d4f1c.scope", true)]
    [InlineData(@"0::/machine.slice/machine-qemu\x2d3\x2ddecloud\x2d4f1c.scope/emulator", @"/machine.slice/machine-qemu\x2d3\x2ddecloud\x2d4f1c.scope", true)]
    [InlineData(@"0::/machine.slice/machine-qemu\x2d3\x2ddecloud\x2d4f1c.scope", @"/machine.slice/machine-qemu\x2d3\x2ddecloud\x2d4f1c.scope", true)]
    [InlineData("0::/machine/qemu-3-decloud-4f1c.libvirt-qemu/vcpu0", "/machine/qemu-3-decloud-4f1c.libvirt-qemu", true)]
    [InlineData("0::/tenants.partition/qemu-3-decloud-4f1c.libvirt-qemu/libvirt/emulator", "/tenants.partition/qemu-3-decloud-4f1c.libvirt-qemu", true)]
    [InlineData("9:name=systemd:/\n7:cpu,cpuacct:/machine/qemu-3-x.libvirt-qemu/emulator\n5:blkio:/machine/qemu-3-x.libvirt-qemu\n0::/", "/machine/qemu-3-x.libvirt-qemu", false)]
    [InlineData("0::/machine/qemu-3-x.libvirt-qemu\n5:devices,blkio:/machine/qemu-3-x.libvirt-qemu", "/machine/qemu-3-x.libvirt-qemu", false)]
    [InlineData("7:blkio:/\n0::/machine/qemu-3-x.libvirt-qemu", "/machine/qemu-3-x.libvirt-qemu", true)]
    public void The_group_is_the_topmost_that_is_the_machines_alone(string text, string path, bool isUnified) =>
        Assert.Equal((path, isUnified), ControlGroupFiles.MachineOf(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0::/")]
    [InlineData("0::")]
    [InlineData("nonsense\n::\n:::")]
    [InlineData("0::/machine.slice")]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome.scope")]
    [InlineData(@"0::/machine.slice/machine-lxc\x2d3\x2dx.scope")]
    [InlineData(@"0::/../../machine.slice/machine-qemu\x2d3\x2dx.scope")]
    [InlineData("4:memory:/machine/qemu-3-x.libvirt-qemu\n7:blkio:/")]
    public void A_group_that_others_share_is_never_taken_for_a_machines(string? text) => Assert.Null(ControlGroupFiles.MachineOf(text));

    [Theory]
    [InlineData("", "")]
    [InlineData("8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n", "8:0 4096 8192")]
    [InlineData("8:0 rbytes=1 wbytes=2\n259:1 wbytes=4 rios=9 rbytes=3", "8:0 1 2,259:1 3 4")]
    [InlineData("253:1 8:0 rbytes=1 wbytes=2 rios=0 wios=0 dbytes=0 dios=0\n", "8:0 1 2")]
    [InlineData("253:1\n8:0 rbytes=1 wbytes=2\n", "8:0 1 2")]
    [InlineData("8:0 rbytes=1\n8:1 rbytes= wbytes=2\n8:2 rbytes=x wbytes=2\n8:3 rbytes=-1 wbytes=2\n8:4 rbytes=1x wbytes=2\n", "")]
    [InlineData("rbytes=1 wbytes=2\n8 rbytes=1 wbytes=2\n:0 rbytes=1 wbytes=2\n8: rbytes=1 wbytes=2\n(unknown) rbytes=1 wbytes=2\n", "")]
    [InlineData("8:0 rbytes=99999999999999999999999 wbytes=2\n", "")]
    public void What_cgroup_v2_tells_is_read_and_broken_lines_are_left_out(string text, string devices) =>
        Assert.Equal(devices, Told(ControlGroupFiles.Unified(Encoding.UTF8.GetBytes(text))));

    [Theory]
    [InlineData("", "")]
    [InlineData("Total 0\n", "")]
    [InlineData("8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 12288\n8:0 Async 0\n8:0 Discard 0\n8:0 Total 12288\nTotal 12288\n", "8:0 4096 8192")]
    [InlineData("8:0 Write 2\n8:0 Read 1\n259:1 Read 3\n259:1 Write 4", "8:0 1 2,259:1 3 4")]
    [InlineData("8:0 Read 1\n8:1 Read x\n8:1 Write 2\n8:2 Read\n8:2 Write\nx Read 1\nx Write 2\n8:3\n\n", "")]
    public void What_cgroup_v1_tells_is_read_and_broken_lines_are_left_out(string text, string devices) =>
        Assert.Equal(devices, Told(ControlGroupFiles.Legacy(Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void A_stack_of_devices_is_counted_at_its_top_alone()
    {
        // A volume (253:0) on a mirror (9:0) of two disks, and a disk apart that something else has a volume on.
        var holders = new Dictionary<string, string[]> { ["8:0"] = ["9:0"], ["8:16"] = ["9:0"], ["9:0"] = ["253:0"], ["259:0"] = ["253:7"] };

        Assert.Equal((103UL, 205UL), ControlGroupFiles.Sum([new("8:0", 1, 200), new("8:16", 99, 200), new("9:0", 100, 200), new("253:0", 100, 200), new("259:0", 3, 5)], HoldersOf));
        Assert.Equal((1UL, 2UL), ControlGroupFiles.Sum([new("8:0", 1, 2)], HoldersOf));
        Assert.Null(ControlGroupFiles.Sum([], HoldersOf));

        IReadOnlyList<string> HoldersOf(string device) => holders.GetValueOrDefault(device, []);
    }

    private static string Told(IReadOnlyList<DeviceBytes> devices) => string.Join(',', devices.Select(d => $"{d.Device} {d.ReadBytes} {d.WriteBytes}"));
}
