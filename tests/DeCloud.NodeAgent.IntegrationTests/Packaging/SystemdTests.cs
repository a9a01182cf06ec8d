using DeCloud.NodeAgent.IntegrationTests.Agent;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace DeCloud.NodeAgent.IntegrationTests.Packaging;

/// <summary>The package under the real systemd of a Debian guest: the unit's hardening lets the agent work, it is ready when it says so, and one that hangs is started again.</summary>
public sealed class SystemdTests(AgentLab lab, Package package) : AgentTests(lab), IClassFixture<AgentLab>, IClassFixture<Package>
{
    /// <summary>Everything is emulated.</summary>
    private static readonly TimeSpan Boot = TimeSpan.FromMinutes(5), Slow = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task The_service_starts_works_and_is_started_again_when_it_hangs()
    {
        var (id, key) = await Lab.CloudVmAsync("host", memoryGiB: 2, diskGiB: 5);
        var vm = await Lab.Api.UntilVmAsync(id, "the guest has an address", Boot, v => v.Addresses.Count > 0);
        using var file = new PrivateKeyFile(key);
        using var ssh = await ConnectAsync(vm.Addresses[0], file);
        Assert.Contains("done", Run(ssh, "cloud-init status --wait"), StringComparison.Ordinal);

        using (var sftp = new SftpClient(vm.Addresses[0], "debian", file))
        {
            sftp.Connect();
            await using var deb = File.OpenRead(package.File);
            sftp.UploadFile(deb, "/home/debian/p.deb");
            // Of the dependencies it is what the runtime itself needs and the image lacks.
            await using var library = File.OpenRead("/usr/lib/x86_64-linux-gnu/libstdc++.so.6");
            sftp.UploadFile(library, "/home/debian/libstdc++.so.6");
        }

        Run(ssh, "test -e /usr/lib/x86_64-linux-gnu/libstdc++.so.6 || sudo cp libstdc++.so.6 /usr/lib/x86_64-linux-gnu/; sudo ldconfig");
        Run(ssh, "sudo mkdir -p /etc/systemd/system/decloud-agent.service.d; printf '[Service]\\nWatchdogSec=20\\nTimeoutAbortSec=5\\n' | sudo tee /etc/systemd/system/decloud-agent.service.d/patience.conf");
        var installed = Run(ssh, "sudo DEBIAN_FRONTEND=noninteractive dpkg --force-depends -i p.deb 2>&1");
        var journal = Run(ssh, "sudo journalctl -u decloud-agent -n 40 --no-pager -o cat");
        Assert.True(Run(ssh, "systemctl is-active decloud-agent") == "active", installed + journal);
        Assert.Contains("libvirt lost", Run(ssh, "systemctl show decloud-agent -p StatusText --value"), StringComparison.Ordinal);

        var pid = Run(ssh, "systemctl show decloud-agent -p MainPID --value");
        var status = Run(ssh, $"cat /proc/{pid}/status");
        Assert.Contains("NoNewPrivs:\t1", status, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2", status, StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000001004", status, StringComparison.Ordinal);
        Assert.Equal("decloud", Run(ssh, $"stat -c %U /proc/{pid}"));
        Assert.Contains("connected", Run(ssh, "sudo decloud node show; echo not-connected"), StringComparison.Ordinal);
        Assert.Equal("6", Run(ssh, "decloud vm list --url http://127.0.0.1:5100 >/dev/null 2>&1; echo $?"));
        Assert.Equal("0", Run(ssh, "sudo decloud vm list --url http://127.0.0.1:5100 --token-file /etc/decloud/api-token >/dev/null; echo $?"));
        Assert.Equal("0", Run(ssh, "sudo decloud config validate >/dev/null; echo $?"));

        Run(ssh, $"sudo kill -STOP {pid}");
        await Patience.UntilAsync("the watchdog starts the agent again", Slow, () => Task.FromResult(
            Run(ssh, "systemctl show decloud-agent -p MainPID --value") is var other && other != pid && other != "0" && Run(ssh, "systemctl is-active decloud-agent") == "active"));
        Assert.Contains("watchdog", Run(ssh, "sudo journalctl -u decloud-agent --no-pager -o cat | grep -i watchdog"), StringComparison.OrdinalIgnoreCase);

        Assert.Equal("0", Run(ssh, "sudo systemctl stop decloud-agent; systemctl show decloud-agent -p ExecMainStatus --value"));
        Run(ssh, "sudo dpkg -P decloud-node-agent");
        Assert.Equal("gone", Run(ssh, "test -e /usr/lib/decloud || echo gone"));
        await Lab.RemoveAsync(vm.Id);
        await Lab.Invariants.AssertAsync(vm.Id);
    }

    private static Task<SshClient> ConnectAsync(string address, PrivateKeyFile key) => Patience.UntilAsync("the guest lets the key in", Boot, async () =>
    {
        var ssh = new SshClient(address, "debian", key);
        ssh.ConnectionInfo.Timeout = TimeSpan.FromSeconds(20);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await ssh.ConnectAsync(deadline.Token);
            return ssh;
        }
        catch (Exception e) when (e is SshException or System.Net.Sockets.SocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // It boots.
            ssh.Dispose();
            return null;
        }
    })!;

    private static string Run(SshClient ssh, string command)
    {
        using var run = ssh.CreateCommand(command);
        run.CommandTimeout = Slow;
        return run.Execute().Trim();
    }
}
