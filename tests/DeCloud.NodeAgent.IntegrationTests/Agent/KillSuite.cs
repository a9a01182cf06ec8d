using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>
/// <c>kill -9</c> at every step that the journal knows, at the moment the step is stored and a little later, when its effect is there and the journal does not know it. Whatever
/// was acknowledged must come true without another request, once.
/// </summary>
public abstract class KillSuite(AgentLab lab) : AgentTests(lab)
{
    private Guid _bystander;

    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(30);

    /// <summary>The steps of a create and how many milliseconds after their begin to kill.</summary>
    private static readonly (string Step, int Delay)[] Creating =
    [
        ("ResolveImage", 0), ("CreateDisk", 0), ("CreateDisk", 25), ("CreateSeed", 0), ("CreateSeed", 5), ("Define", 0), ("Define", 20), ("Start", 0), ("Start", 100), ("Start", 400),
    ];

    /// <inheritdoc/>
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _bystander = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64))))!.Id;
        Lab.Invariants.MindBystander(_bystander);
    }

    [Fact]
    public async Task Killed_at_any_step_of_a_create_the_vm_runs_in_the_end_once()
    {
        foreach (var (step, delay) in Creating)
        {
            var key = Guid.NewGuid().ToString();
            var request = Lab.Small(64) with { Id = Guid.NewGuid(), UserData = "#cloud-config\n" };
            var killed = KillAtAsync(request.Id.Value, step, delay);
            var created = await AcknowledgedAsync(() => Lab.Api.CreateAsync(request, key), killed);

            var vm = await Lab.Api.UntilVmAsync(request.Id.Value, $"the VM runs after a kill at {step} + {delay} ms", Recovery, v => v.Status.State == "running");
            var end = await Lab.Api.EndOfAsync(created, Recovery);
            Assert.Equal("succeeded", end.Status);
            var again = await Lab.Api.CreateAsync(request, key);
            Assert.Equal((created.Operation.Id, vm.Id), (again.Operation.Id, again.Vm!.Id));
            await Lab.Invariants.AssertAsync();
            await Lab.RemoveAsync(vm.Id);
            await Lab.Invariants.AssertAsync(vm.Id);
        }
    }

    [Theory]
    [InlineData("stop?force=true", "Destroy", 0)]
    [InlineData("stop?force=true", "Destroy", 15)]
    [InlineData("stop", "Shutdown", 0)]
    [InlineData("stop", "Shutdown", 5)]
    public async Task Killed_at_any_step_of_a_stop_the_vm_stops_and_stays_stopped(string what, string step, int delay)
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64))))!;
        var key = Guid.NewGuid().ToString();
        var killed = KillAtAsync(vm.Id, step, delay);
        var stop = await AcknowledgedAsync(() => Lab.Api.ChangeAsync(vm.Id, what, key), killed);

        var stopped = await Lab.Api.UntilVmAsync(vm.Id, "the VM is stopped", Recovery, v => v.Status.State == "stopped" && v.Step is null);
        Assert.Equal(("stopped", "api"), (stopped.Intent.State, stopped.Intent.By));
        Assert.Equal("succeeded", (await Lab.Api.OperationAsync(stop.Operation.Id)).Status);
        Assert.Equal(stop.Operation.Id, (await Lab.Api.ChangeAsync(vm.Id, what, key)).Operation.Id);
        await Lab.Invariants.AssertAsync();
        Assert.Empty(Lab.Invariants.QemusOf(vm.Id));
        await Lab.RemoveAsync(vm.Id);
        await Lab.Invariants.AssertAsync(vm.Id);
    }

    [Theory]
    [InlineData("Destroy", 0)]
    [InlineData("Destroy", 15)]
    [InlineData("Undefine", 0)]
    [InlineData("Undefine", 5)]
    [InlineData("RemoveFiles", 0)]
    [InlineData("RemoveFiles", 5)]
    public async Task Killed_at_any_step_of_a_delete_nothing_is_left_of_the_vm(string step, int delay)
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64))))!;
        var key = Guid.NewGuid().ToString();
        var killed = KillAtAsync(vm.Id, step, delay);
        var delete = await AcknowledgedAsync(() => Lab.Api.DeleteAsync(vm.Id, key), killed);

        Assert.Equal("succeeded", (await Lab.Api.EndOfAsync(delete, Recovery)).Status);
        Assert.Equal(delete.Operation.Id, (await Lab.Api.DeleteAsync(vm.Id, key)).Operation.Id);
        await Lab.Invariants.AssertAsync(vm.Id);
        Assert.Empty(Lab.Invariants.QemusOf(vm.Id));
    }

    [Fact]
    public async Task Killed_around_the_acknowledgement_a_retry_under_the_same_key_makes_one_vm()
    {
        foreach (var delay in (int[])[0, 2, 4, 8, 16, 32])
        {
            var key = Guid.NewGuid().ToString();
            var request = Lab.Small(64) with { Id = Guid.NewGuid(), UserData = "#cloud-config\n" };
            var first = Lab.Api.TryCreateAsync(request, key);
            await Task.Delay(delay);
            await Lab.Agent.Kill9Async();
            var answer = await Record.ExceptionAsync(() => first) is null ? await first : null;
            await Lab.Agent.StartReadyAsync();

            var again = await Lab.Api.CreateAsync(request, key);
            if (answer is not null)
            {
                Assert.Equal(answer.As(RestJson.Default.AcceptedResource).Operation.Id, again.Operation.Id);
            }

            await Lab.Api.DoneAsync(again, Recovery);
            Assert.Equal([request.Id.Value], (await Lab.Api.VmsAsync()).Select(v => v.Id).Where(id => id != _bystander));
            await Lab.Invariants.AssertAsync();
            await Lab.RemoveAsync(request.Id.Value);
        }
    }

    /// <summary>
    /// Sends a request that the agent is killed during, and starts the agent again. A kill may come before the answer is on its way, although the request was stored: then the client
    /// does what clients do, and asks again under the same key.
    /// </summary>
    private async Task<AcceptedResource> AcknowledgedAsync(Func<Task<AcceptedResource>> send, Task killed)
    {
        AcceptedResource? answer = null;
        try
        {
            answer = await send();
        }
        catch (HttpRequestException)
        {
        }

        await killed;
        await Lab.Agent.StartReadyAsync();
        return answer ?? await send();
    }

    /// <summary>Kills the agent so many milliseconds after a VM's step was stored.</summary>
    private async Task KillAtAsync(Guid vm, string step, int delay)
    {
        using var deadline = new CancellationTokenSource(Recovery);
        using var watch = await Lab.Api.WatchAsync(0, deadline.Token);
        await foreach (var happened in watch.ReadAsync(deadline.Token))
        {
            if (happened.Subject == $"/api/vms/{vm}" && happened.Entry.Type == "step-started" && happened.Entry.Data.GetProperty("step").GetString() == step)
            {
                await Task.Delay(delay, deadline.Token);
                await Lab.Agent.Kill9Async();
                return;
            }
        }

        throw new InvalidOperationException($"The stream ended before {step}.");
    }
}
