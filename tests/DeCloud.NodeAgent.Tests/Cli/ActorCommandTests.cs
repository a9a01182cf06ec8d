using Akka.Actor;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Tests.Api;
using Microsoft.Extensions.DependencyInjection;

namespace DeCloud.NodeAgent.Tests.Cli;

/// <summary>The commands that look at actors, against the real server.</summary>
public sealed class ActorCommandTests : IAsyncLifetime
{
    private readonly ApiHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task The_tree_is_indented_and_an_actor_is_shown_with_its_history()
    {
        var ran = await Run("actor", "tree");
        Assert.Equal(0, ran.Exit);
        Assert.Contains(ran.Out.Split('\n'), line => line.StartsWith("  vms", StringComparison.Ordinal) && line.Contains("ready", StringComparison.Ordinal));
        Assert.Single((await Run("actor", "tree", "/user/vms", "--depth", "0")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1));

        ran = await Run("actor", "show", "/user/vms");
        Assert.Equal(0, ran.Exit);
        Assert.Contains("started", ran.Out, StringComparison.Ordinal);
        Assert.Contains("ACTOR", (await Run("actor", "top", "--limit", "3")).Out, StringComparison.Ordinal);
        Assert.Contains("\"path\":\"/user/vms\"", (await Run("actor", "show", "/user/vms", "--json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exit_codes_tell_what_is_missing_wrong_and_refused()
    {
        Assert.Equal(4, (await Run("actor", "show", "/user/nobody")).Exit);
        Assert.Equal(1, (await Run("actor", "show", "vms")).Exit);
        Assert.Equal(2, (await Run("actor", "show")).Exit);
        Assert.Equal(4, (await Run("journal", "show", "nothing")).Exit);
        var ran = await Run("actor", "restart", "/user/node/wireguard");
        Assert.Equal(1, ran.Exit);
        Assert.Contains("operators-only", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tail_ends_after_as_many_lines_as_were_asked_for()
    {
        using var end = new CancellationTokenSource();
        var vms = _host.Services.GetRequiredService<ActorSystem>().ActorSelection("/user/vms");
        var telling = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                vms.Tell(new RestartReply(new(FailureCodes.ActorBusy, "x", false)));
                await Task.Delay(20);
            }
        });

        var ran = await Run("actor", "tail", "/user/vms", "--count", "2");

        await end.CancelAsync();
        await telling;
        Assert.Equal((0, 2), (ran.Exit, ran.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.Contains("message RestartReply: Refusal=actor-busy", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dead_letters_are_listed_and_a_journal_is_read_over_its_pages()
    {
        _host.Services.GetRequiredService<ActorSystem>().ActorSelection("/user/nobody").Tell(new RestartReply(null));
        var deadline = Environment.TickCount64 + 10_000;
        Ran ran;
        do
        {
            Assert.True(Environment.TickCount64 < deadline);
            ran = await Run("dead-letters");
        }
        while (!ran.Out.Contains("RestartReply to /user/nobody", StringComparison.Ordinal));

        _host.Journal.Subjects["vms"] = [.. Enumerable.Range(1, 2500).Select(n => new Contracts.Rest.JournalEventResource(n, DateTimeOffset.UnixEpoch, "roster-admitted.1", "x"))];
        Assert.Equal(2500, (await Run("journal", "show", "vms")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(["2499 ", "2500 "], (await Run("journal", "show", "vms", "--after", "2498", "--limit", "5")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l[..5]));
    }

    private Task<Ran> Run(params string[] arguments) => Cockpit.RunAsync(_host.Address, arguments);
}
