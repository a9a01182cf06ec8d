using System.Diagnostics;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>The agent's beginning and end.</summary>
public sealed class ProcessTests(AgentLab lab) : AgentTests(lab), IClassFixture<AgentLab>
{
    [Fact]
    public async Task Asked_to_end_it_answers_what_it_accepted_and_leaves_vms_alone()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64))))!;
        var qemu = Assert.Single(Lab.Invariants.QemusOf(vm.Id));
        using var watch = await Lab.Api.WatchAsync(0, CancellationToken.None);
        var waiting = Lab.Api.SendAsync(HttpMethod.Get, $"/api/operations/{(await Lab.Api.ChangeAsync(vm.Id, "stop")).Operation.Id}?wait=60s");
        var accepted = Enumerable.Range(0, 8).Select(_ => Lab.Api.TryCreateAsync(Lab.Small(64) with { UserData = "#cloud-config\n" })).ToList();

        var clock = Stopwatch.StartNew();
        var exit = await Lab.Agent.StopAsync();
        Assert.Equal(0, exit);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"It took {clock.Elapsed}.");
        Assert.Contains((int)(await waiting).Status, (int[])[200, 503]);
        var made = new List<Guid>();
        foreach (var create in accepted)
        {
            // One that came after the door was shut was never heard; all others have an answer.
            if (await Record.ExceptionAsync(() => create) is { } refused)
            {
                Assert.IsType<HttpRequestException>(refused);
            }
            else if ((await create).Status == System.Net.HttpStatusCode.Accepted)
            {
                made.Add((await create).As(RestJson.Default.AcceptedResource).Vm!.Id);
            }
            else
            {
                Assert.Equal(503, (int)(await create).Status);
            }
        }

        Assert.Equal([qemu], Lab.Invariants.QemusOf(vm.Id));
        await Lab.Agent.StartReadyAsync();
        var known = (await Lab.Api.VmsAsync()).Select(v => v.Id).ToList();
        Assert.All(made, id => Assert.Contains(id, known));
        await Lab.Api.UntilVmAsync(vm.Id, "the stop goes on", TimeSpan.FromSeconds(30), v => v.Status.State == "stopped");
        foreach (var id in known.Where(id => id != vm.Id))
        {
            await Lab.Api.UntilVmAsync(id, "the VM runs", TimeSpan.FromSeconds(60), v => v.Status.State == "running" && v.Step is null);
        }

        await Lab.Invariants.AssertAsync();
    }

    [Fact]
    public async Task A_second_agent_on_the_same_state_folder_does_not_start()
    {
        await using var second = new AgentProcess(Lab.Host, Lab.StatePath);
        second.Start();
        Assert.Equal(69, await second.EndAsync());
        Assert.Contains($"the state folder {Lab.StatePath} can't be taken", second.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Log, StringComparison.Ordinal);
        await Lab.Agent.ReadyAsync();
    }
}
