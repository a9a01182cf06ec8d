using System.Collections.Concurrent;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.IntegrationTests.Remote;

/// <summary>The cable between orchestrator and node breaks again and again, in every way a cable can, while commands are streamed over mutual TLS.</summary>
public sealed class PartitionTests(PartitionLab lab, ITestOutputHelper output) : AgentTests(lab), IClassFixture<PartitionLab>
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Healing = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task After_every_break_each_command_took_effect_once_every_result_was_told_and_no_vm_was_harmed()
    {
        var bystander = (await lab.Api.DoneAsync(await lab.Api.CreateAsync(lab.Small(64))))!.Id;
        lab.Invariants.MindBystander(bystander);
        await using var orchestrator = new OrchestratorProcess(lab);
        await orchestrator.HearsAsync("attached", "node", "node-1");
        Guid[] vms = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];
        var given = new ConcurrentDictionary<string, Guid>();
        foreach (var (vm, i) in vms.Select((vm, i) => (vm, i)))
        {
            given[$"create-{i}"] = vm;
            await orchestrator.SayAsync(
                $"create on=node-1 id={vm} command=create-{i} name=cut vcpus=1 memory={64 << 20} disk={256 << 20} image={lab.ImageUrl} hash={lab.ImageHash}");
            await orchestrator.HearsAsync("ended", "command", $"create-{i}");
        }

        using var enough = new CancellationTokenSource();
        var streaming = StreamAsync(orchestrator, vms, given, enough.Token);
        foreach (var (what, breaks, lasts) in new (string, Func<Task>, int)[]
        {
            ("answers are swallowed", lab.SwallowAnswersAsync, 5),

            // Longer than the lease of 15 s: the node ends the session, and the orchestrator gives it up.
            ("everything is swallowed for longer than the lease", lab.SwallowAllAsync, 18),
            ("commands are swallowed", lab.SwallowCommandsAsync, 5),

            // What a reset loses is not made good by a new session: it must be sent again in the old one.
            ("every connection is reset", lab.CutAsync, 3),
            ("every connection is reset again", lab.CutAsync, 1),
        })
        {
            await breaks();
            await Task.Delay(TimeSpan.FromSeconds(lasts));
            await lab.HealAsync();
            var last = given.Count;
            var healed = System.Diagnostics.Stopwatch.StartNew();
            await Patience.UntilAsync(
                $"after {what}, what is given now is accepted", Healing, () => Task.FromResult(Commands(orchestrator, "accepted").Any(c => int.TryParse(c.Split('-')[1], out var n) && n > last)), () => orchestrator.Log);
            output.WriteLine($"{what}: a later command was accepted {healed.Elapsed.TotalSeconds:0.0} s after the cable was mended");
        }

        await enough.CancelAsync();
        await streaming;
        await Patience.UntilAsync(
            "every command is answered and its result told",
            Healing,
            () => Task.FromResult(given.Keys.All(Commands(orchestrator, "accepted").Contains) && given.Keys.All(Commands(orchestrator, "ended").Contains)),
            () => $"not accepted: {string.Join(' ', given.Keys.Except(Commands(orchestrator, "accepted")))}; not ended: {string.Join(' ', given.Keys.Except(Commands(orchestrator, "ended")))}\n{orchestrator.Log}");
        output.WriteLine($"{given.Count} commands, {orchestrator.Said("attached").Count} attachments, {orchestrator.Said("ended").Count} ends told");

        Assert.True(orchestrator.Said("attached").Count > 1, "No session was lost; the breaks did nothing.");
        Assert.Empty(orchestrator.Said("refused"));
        Assert.Equal(given.Count, orchestrator.Said("accepted").Count);
        foreach (var vm in vms)
        {
            var taken = (await lab.Api.HistoryAsync(vm)).Where(e => e.Type == "operation-accepted").Select(e => e.Data.GetProperty("request").GetProperty("id").GetString()!).ToList();
            Assert.Equal(given.Where(g => g.Value == vm).Select(g => "remote:" + g.Key).Order(StringComparer.Ordinal), taken.Order(StringComparer.Ordinal));
        }

        await lab.Invariants.AssertAsync();
    }

    private static HashSet<string> Commands(OrchestratorProcess orchestrator, string what) => [.. orchestrator.Said(what).Where(e => e.TryGetProperty("command", out _)).Select(e => e.GetProperty("command").GetString()!)];

    /// <summary>Stops and starts one VM after the other until it is enough.</summary>
    private static async Task StreamAsync(OrchestratorProcess orchestrator, Guid[] vms, ConcurrentDictionary<string, Guid> given, CancellationToken enough)
    {
        using var pace = new PeriodicTimer(Between);
        while (await pace.WaitForNextTickAsync(enough).AsTask().ContinueWith(t => t.IsCompletedSuccessfully && t.Result, TaskScheduler.Default))
        {
            var number = given.Count + 1;
            var vm = vms[number % vms.Length];
            var command = $"c-{number}";
            await orchestrator.SayAsync(number / vms.Length % 2 == 0 ? $"stop {vm} force=true command={command}" : $"start {vm} command={command}");
            given[command] = vm;
        }
    }
}
