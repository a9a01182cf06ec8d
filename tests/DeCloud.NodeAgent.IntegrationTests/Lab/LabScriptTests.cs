using CliWrap;
using CliWrap.Buffered;

namespace DeCloud.NodeAgent.IntegrationTests.Lab;

/// <summary>scripts/lab.sh where it is not started by these tests.</summary>
public sealed class LabScriptTests
{
    /// <summary>Mounts /sys for the network namespace that this runs in, as it is on every machine outside of the tests, with the control groups below it.</summary>
    private const string OwnSysfs = """
        mkdir "$1/cgroup" && mount --rbind /sys/fs/cgroup "$1/cgroup" && mount -t sysfs sysfs /sys && mount --rbind "$1/cgroup" /sys/fs/cgroup
        umount -l "$1/cgroup" && rmdir "$1/cgroup"
        exec "$2" up "$1/host"
        """;

    [Fact]
    public async Task A_host_comes_up_also_where_sysfs_is_that_of_its_network_namespace_already()
    {
        var script = Path.Combine(LibvirtHost.RepositoryRoot(), "scripts", "lab.sh");
        var folder = Directory.CreateDirectory(Path.Combine("/var/tmp", "dcsys-" + Guid.NewGuid().ToString("n")[..8])).FullName;
        var host = Path.Combine(folder, "host");
        try
        {
            var up = await RunAsync("unshare", "--mount", "--propagation", "private", "sh", "-euc", OwnSysfs, "sh", folder, script);
            Assert.True(up.ExitCode == 0, up.StandardError);
            Assert.True(File.Exists(Path.Combine(host, "run/libvirt/libvirt-sock")), "There is no socket of libvirtd.");
        }
        finally
        {
            var down = await RunAsync(script, "down", host);
            Assert.True(down.ExitCode == 0, down.StandardError);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<BufferedCommandResult> RunAsync(string program, params string[] arguments)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await CliWrap.Cli.Wrap(program).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(deadline.Token);
    }
}
