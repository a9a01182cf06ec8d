using DeCloud.NodeAgent.Core.Vms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class ShutdownTests
{
    [Fact]
    public async Task A_command_that_is_on_its_way_when_the_agent_stops_is_still_answered()
    {
        await using var started = new StartedHost(await ApiHost.StartAsync());
        var host = started.Host;
        using var answer = new ManualResetEventSlim();
        host.Vms.Answers(m =>
        {
            answer.Wait(TimeSpan.FromSeconds(10));
            return m is IVmCommand c ? new VmReply.Accepted(Samples.Operation(vm: c.VmId), Samples.Vm()) : null;
        });

        var asking = host.Post($"/api/vms/{Samples.Id}/start");
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (host.Vms.Received.IsEmpty)
        {
            await Task.Delay(5, deadline.Token);
        }

        var stopping = new TaskCompletionSource();
        using var registration = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
        var stop = host.StopAsync();
        await stopping.Task.WaitAsync(deadline.Token);
        Assert.False(asking.IsCompleted);
        answer.Set();

        Assert.Equal(202, (await asking).Status);
        await stop.WaitAsync(deadline.Token);
    }
}
