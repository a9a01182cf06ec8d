using System.Net;
using System.Text.Json;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>An agent whose operator has a token.</summary>
public sealed class OperatorLab : AgentLab
{
    /// <inheritdoc/>
    protected override string[] Settings => [$"Http:ApiToken={AgentProcess.Token}"];
}

/// <summary>A real agent is looked at while it works, and tells what is wrong with it.</summary>
public sealed class InspectionTests(OperatorLab lab) : AgentTests(lab), IClassFixture<OperatorLab>
{
    [Fact]
    public async Task The_actors_of_a_vm_are_seen_watched_and_started_again_while_its_guest_runs_on()
    {
        var vm = await Lab.ReadyVmAsync();
        var path = $"/user/node/vms/{vm.Id}";
        var tree = await Lab.Api.GetAsync("/api/actors?under=/user/node", RestJson.Default.ActorListResource);
        Assert.Contains(tree.Actors, a => a.Path == path && a is { Type: "VmActor", Messages: > 0, Restarts: 0 });
        Assert.Contains(tree.Actors, a => a.Path == path + "/domain");
        var top = await Lab.Api.GetAsync("/api/actors/top?limit=500", RestJson.Default.ActorTopResource);
        Assert.Contains(top.Actors, a => a.Path == path);

        var qemu = Lab.Host.QemuPid($"dc-{vm.Id}");
        var history = (await Lab.Api.HistoryAsync(vm.Id)).Count;
        foreach (var restarted in new[] { path, "/user/node/wireguard", "/user/node/resources", "/user/node/warnings", "/user/node/hypervisor" })
        {
            var answer = await Lab.Api.SendAsync(HttpMethod.Post, "/api/actors/restart", JsonSerializer.Serialize(new RestartActorRequest { Path = restarted }, RestJson.Default.RestartActorRequest));
            Assert.True(answer.Status == HttpStatusCode.Accepted, $"{restarted}: {answer}");
            await Patience.UntilAsync($"{restarted} is back", TimeSpan.FromSeconds(30), async () =>
                (await Lab.Api.SendAsync(HttpMethod.Get, $"/api/actors/show?path={restarted}")) is { Status: HttpStatusCode.OK } shown && shown.As(RestJson.Default.ActorDetailResource) is { Restarts: 1, State: "ready" or "busy" });
        }

        Assert.Equal(HttpStatusCode.Conflict, (await Lab.Api.SendAsync(HttpMethod.Post, "/api/actors/restart", """{"path":"/user/node/vms"}""")).Status);
        await Lab.Agent.ReadyAsync();
        Assert.Equal(qemu, Lab.Host.QemuPid($"dc-{vm.Id}"));
        Assert.Equal("running", (await Lab.Api.VmAsync(vm.Id)).Status.State);
        Assert.Equal(history, (await Lab.Api.HistoryAsync(vm.Id)).Count);
        Assert.Contains("started actor /user/node/wireguard again", Lab.Agent.Log, StringComparison.Ordinal);

        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        var seen = new List<TailResource>();
        using var tail = await Lab.Api.OpenAsync($"/api/actors/tail?path={path}", end.Token);
        var reading = ReadAsync(tail, seen, end.Token);
        await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(vm.Id, "stop?force=true"));
        await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(vm.Id, "start"));
        await Patience.UntilAsync("both changes were told", TimeSpan.FromSeconds(20), () =>
        {
            lock (seen)
            {
                return Task.FromResult(seen.Count(s => s.Type == "VmCommands.Change") == 2 && seen.Any(s => s.Type.EndsWith("Taken", StringComparison.Ordinal)));
            }
        });
        await end.CancelAsync();
        await reading;

        Assert.Equal(HttpStatusCode.OK, (await Lab.Api.SendAsync(HttpMethod.Get, "/api/dead-letters")).Status);
        var journal = await Lab.Api.GetAsync($"/api/journal/vm-{vm.Id}?limit=1000", RestJson.Default.JournalPageResource);
        Assert.Equal("vm-created.1", journal.Events[0].Manifest);
        Assert.Equal((await Lab.Api.HistoryAsync(vm.Id)).Count, journal.Total);
        Assert.DoesNotContain(journal.Events, e => e.Text.Contains("small.qcow2", StringComparison.Ordinal));
        await Lab.RemoveAsync(vm.Id);
        await Lab.Invariants.AssertAsync(vm.Id);
    }

    [Fact]
    public async Task A_warning_appears_in_the_stream_is_acknowledged_outlives_a_kill_as_a_restarted_actor_does_and_ends_with_its_cause()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var watch = await Lab.Api.WatchAsync(null, end.Token);
        await Lab.Host.StopLibvirtdAsync();
        try
        {
            await UntilAsync("libvirt-lost", w => w is { Active: true, Severity: "critical" });
            await foreach (var told in watch.ReadAsync(end.Token))
            {
                if (told is { Entry.Type: "warning", Subject: "/api/warnings/libvirt-lost" })
                {
                    break;
                }
            }

            var answer = await Lab.Api.SendAsync(HttpMethod.Post, "/api/warnings/libvirt-lost/acknowledge", """{"note":"being upgraded"}""");
            Assert.Equal(("token", "being upgraded"), answer.As(RestJson.Default.WarningResource).Acknowledged is { } a ? (a.By, a.Note) : default);
            var before = answer.As(RestJson.Default.WarningResource);

            const string Restarted = "/user/node/remote";
            Assert.Equal(HttpStatusCode.Accepted, (await Lab.Api.SendAsync(HttpMethod.Post, "/api/actors/restart", $$"""{"path":"{{Restarted}}"}""")).Status);

            await Lab.Agent.Kill9Async();
            Lab.Agent.Start();
            await Lab.Agent.ServingAsync();
            await UntilAsync("libvirt-lost", w => w is { Active: true, Acknowledged.Note: "being upgraded" } && w.FirstSeen == before.FirstSeen && w.Count == 1);
            var shown = await Lab.Api.GetAsync($"/api/actors/show?path={Restarted}", RestJson.Default.ActorDetailResource);
            Assert.Contains(shown.Supervision, e => e is { Kind: "stopped", Cause: "a restart was asked for over token" });
            Assert.Contains("\"warnings\"", (await Lab.Api.SendAsync(HttpMethod.Get, "/health")).Body, StringComparison.Ordinal);
        }
        finally
        {
            await Lab.Host.StartLibvirtdAsync();
        }

        await Lab.Agent.ReadyAsync();
        await UntilAsync("libvirt-lost", w => !w.Active);
    }

    private Task UntilAsync(string id, Func<WarningResource, bool> condition) => Patience.UntilAsync(
        $"the warning {id}",
        TimeSpan.FromSeconds(90),
        async () =>
        {
            var answer = await Lab.Api.SendAsync(HttpMethod.Get, "/api/warnings?state=all");
            return answer.Status == HttpStatusCode.OK && answer.As(RestJson.Default.WarningListResource).Warnings.FirstOrDefault(w => w.Id == id) is { } warning && condition(warning);
        },
        () => Lab.Agent.Log);

    private static async Task ReadAsync(HttpResponseMessage stream, List<TailResource> seen, CancellationToken cancellation)
    {
        try
        {
            using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync(cancellation));
            while (await reader.ReadLineAsync(cancellation) is { } line)
            {
                if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    lock (seen)
                    {
                        seen.Add(JsonSerializer.Deserialize(line["data: ".Length..], RestJson.Default.TailResource)!);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
