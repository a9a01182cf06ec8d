using Renci.SshNet;
using Renci.SshNet.Common;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>A whole distribution with cloud-init and sshd, as tenants run it.</summary>
public sealed class CloudImageTests(AgentLab lab) : AgentTests(lab), IClassFixture<AgentLab>
{
    /// <summary>A first boot takes a minute on one emulated processor of its own, and several on a shared one.</summary>
    private static readonly TimeSpan Boot = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task The_injected_key_opens_a_debian_guest_whose_identity_lasts_over_a_second_boot()
    {
        var (id, key) = await Lab.CloudVmAsync("debian", memoryGiB: 1, diskGiB: 4);
        var first = await LookAsync(id, key);
        Assert.Equal($"i-{id}", first.InstanceId);
        Assert.Equal("debian", first.HostName);

        var stopped = (await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(id, "restart"), Boot))!;
        Assert.Equal("running", stopped.Status.State);
        var second = await LookAsync(id, key, notBoot: first.BootId);
        Assert.Equal((first.InstanceId, first.HostKeys, first.MachineId), (second.InstanceId, second.HostKeys, second.MachineId));
        await Lab.Invariants.AssertAsync();
        await Lab.RemoveAsync(id);
        await Lab.Invariants.AssertAsync(id);
    }

    /// <summary>Logs in as the image's default user and looks around, once cloud-init is done.</summary>
    private async Task<Guest> LookAsync(Guid id, string key, string? notBoot = null)
    {
        var vm = await Lab.Api.UntilVmAsync(id, "the guest has an address", Boot, v => v.Addresses.Count > 0);
        using var file = new PrivateKeyFile(key);
        return await Patience.UntilAsync("the guest lets the key in", Boot, async () =>
        {
            using var ssh = new SshClient(vm.Addresses[0], "debian", file);
            ssh.ConnectionInfo.Timeout = TimeSpan.FromSeconds(20);
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            try
            {
                await ssh.ConnectAsync(deadline.Token);
                if (Run(ssh, "cat /proc/sys/kernel/random/boot_id") is var boot && boot == notBoot)
                {
                    return null;
                }

                Assert.Contains("done", Run(ssh, "cloud-init status --wait"), StringComparison.Ordinal);
                return new Guest(
                    boot,
                    Run(ssh, "sudo cat /var/lib/cloud/data/instance-id"),
                    Run(ssh, "hostname"),
                    Run(ssh, "cat /etc/machine-id"),
                    Run(ssh, "cat /etc/ssh/ssh_host_*.pub"));
            }
            catch (Exception e) when (e is SshException or System.Net.Sockets.SocketException or OperationCanceledException or IOException or ObjectDisposedException)
            {
                // It boots, or goes down to boot again.
                return null;
            }
        });
    }

    private static string Run(SshClient ssh, string command)
    {
        using var run = ssh.CreateCommand(command);
        run.CommandTimeout = Boot;
        return run.Execute().Trim();
    }

    private sealed record Guest(string BootId, string InstanceId, string HostName, string MachineId, string HostKeys);
}
