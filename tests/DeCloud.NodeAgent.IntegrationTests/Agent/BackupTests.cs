using System.Text.RegularExpressions;
using DeCloud.NodeAgent.IntegrationTests.Lab;
using DeCloud.NodeAgent.IntegrationTests.Packaging;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>The commands of docs/upgrade.md as they stand there, on the state of a real agent. Only the places are others, and who starts and stops the agent.</summary>
public sealed class BackupTests(AgentLab lab) : AgentTests(lab), IClassFixture<AgentLab>
{
    [Fact]
    public async Task What_was_backed_up_while_the_agent_ran_is_restored_over_what_it_became_since()
    {
        var (settings, backup) = (Path.Combine(Lab.Host.Files, "etc"), Path.Combine(Lab.Host.Files, "backup"));
        Directory.CreateDirectory(settings);
        await File.WriteAllTextAsync(Path.Combine(settings, "api-token"), "a token");
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64))))!;

        // Twice, since a backup is made over an older one.
        await FollowAsync("Back up", settings, backup);
        await FollowAsync("Back up", settings, backup);
        var later = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64) with { Name = "later" })))!;
        await Lab.RemoveAsync(later.Id);
        await Lab.RemoveAsync(vm.Id);
        File.Delete(Path.Combine(settings, "api-token"));

        await FollowAsync("Restore", settings, backup);

        Assert.Equal("a token", await File.ReadAllTextAsync(Path.Combine(settings, "api-token")));
        var back = await Lab.Api.UntilVmAsync(vm.Id, "the VM runs again", TimeSpan.FromSeconds(60), v => v.Status.State == "running");
        Assert.Equal((vm.Name, vm.MacAddress, vm.CreatedAt), (back.Name, back.MacAddress, back.CreatedAt));
        Assert.Single(await Lab.Api.VmsAsync());
        await Lab.RemoveAsync(vm.Id);

        // What was acknowledged since the backup is forgotten, and nothing else is.
        Lab.Api.Acknowledged.Clear();
        await Lab.Invariants.AssertAsync(vm.Id);
    }

    private async Task FollowAsync(string chapter, string settings, string backup)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(LibvirtHost.RepositoryRoot(), "docs", "upgrade.md"));
        var block = Regex.Match(page, $"(?s)\n## {chapter}\n.*?```bash\n(.*?)```").Groups[1].Value;
        Assert.NotEmpty(block);
        foreach (var line in block.TrimEnd().Split('\n'))
        {
            switch (line)
            {
                case "sudo systemctl stop decloud-agent":
                    Assert.Equal(0, await Lab.Agent.StopAsync());
                    break;
                case "sudo systemctl start decloud-agent":
                    await Lab.Agent.StartReadyAsync();
                    break;
                case "decloud vm list":
                    Assert.NotEmpty(await Lab.Api.VmsAsync());
                    break;
                default:
                    Assert.StartsWith("sudo ", line, StringComparison.Ordinal);
                    await Package.RunAsync("sh", "-c", line["sudo ".Length..]
                        .Replace("/backup", backup, StringComparison.Ordinal)
                        .Replace("/var/lib/decloud", Lab.StatePath, StringComparison.Ordinal)
                        .Replace("/etc/decloud", settings, StringComparison.Ordinal)
                        .Replace("decloud:decloud", "root:root", StringComparison.Ordinal));
                    break;
            }
        }
    }
}
