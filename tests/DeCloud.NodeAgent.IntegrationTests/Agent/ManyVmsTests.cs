namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>Many VMs at once.</summary>
public sealed class ManyVmsTests(AgentLab lab) : AgentTests(lab), IClassFixture<AgentLab>
{
    private static readonly TimeSpan ForAll = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Twenty_creates_at_once_make_twenty_vms_and_a_kill_among_them_loses_none()
    {
        var keys = Enumerable.Range(0, 20).Select(_ => Guid.NewGuid().ToString()).ToList();
        var created = await Task.WhenAll(keys.Select(key => Lab.Api.CreateAsync(Lab.Small(64), key)));
        Assert.Equal(20, created.Select(c => c.Vm!.Id).Distinct().Count());
        await Patience.UntilAsync("some VMs run", ForAll, async () => (await Lab.Api.VmsAsync()).Count(v => v.Status.State == "running") >= 3);
        await Lab.Agent.RestartAsync();

        foreach (var one in created)
        {
            await Lab.Api.DoneAsync(one, ForAll);
        }

        Assert.Equal(created.Select(c => c.Vm!.Id).Order(), (await Lab.Api.VmsAsync()).Select(v => v.Id).Order());
        var again = await Task.WhenAll(keys.Select(key => Lab.Api.CreateAsync(Lab.Small(64), key)));
        Assert.Equal(created.Select(c => c.Operation.Id), again.Select(a => a.Operation.Id));
        foreach (var one in created)
        {
            Assert.Single(Lab.Invariants.QemusOf(one.Vm!.Id));
        }

        await Lab.Invariants.AssertAsync();
        await Task.WhenAll(created.Select(c => Lab.RemoveAsync(c.Vm!.Id)));
        await Lab.Invariants.AssertAsync([.. created.Select(c => c.Vm!.Id)]);
    }
}
