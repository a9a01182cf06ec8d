using Akka.Actor;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Core.Node;
using Microsoft.Extensions.DependencyInjection;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class ActorRouteTests : IAsyncLifetime
{
    private const string Token = "0123456789abcdef0123456789abcdef";
    private readonly ApiHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Actors_are_listed_shown_and_measured()
    {
        var list = await _host.Get("/api/actors?under=/user&depth=1");
        Assert.Equal(200, list.Status);
        Assert.Contains(list.Json.GetProperty("actors").EnumerateArray(), a => a.GetProperty("path").GetString() == "/user/vms" && a.GetProperty("state").GetString() == "ready");
        Assert.True((await _host.Get("/api/actors?limit=1")).Json.GetProperty("truncated").GetBoolean());

        var shown = await _host.Get("/api/actors/show?path=/user/vms/");
        Assert.Equal((200, "/user/vms", "started"), (shown.Status, shown.Json.GetProperty("path").GetString(), shown.Json.GetProperty("supervision")[0].GetProperty("kind").GetString()));

        var top = await _host.Get("/api/actors/top?limit=2");
        Assert.Equal((200, 2), (top.Status, top.Json.GetProperty("actors").GetArrayLength()));
    }

    [Theory]
    [InlineData("/api/actors?under=vms", 400)]
    [InlineData("/api/actors?under=/user/nobody", 404)]
    [InlineData("/api/actors?depth=-1", 400)]
    [InlineData("/api/actors?limit=0", 400)]
    [InlineData("/api/actors/show", 400)]
    [InlineData("/api/actors/show?path=/temp/x", 400)]
    [InlineData("/api/actors/show?path=/user/nobody", 404)]
    [InlineData("/api/actors/tail?path=/user/nobody", 404)]
    [InlineData("/api/actors/tail", 400)]
    [InlineData("/api/actors/top?limit=501", 400)]
    [InlineData("/api/journal/a%20b", 400)]
    [InlineData("/api/journal/nothing", 404)]
    [InlineData("/api/journal/vms?after=x", 400)]
    public async Task What_is_wrong_is_refused(string path, int status)
    {
        var answer = await _host.Get(path);
        Assert.Equal(status, answer.Status);
        _ = answer.Problem;
    }

    [Fact]
    public async Task A_tail_streams_what_its_actor_takes()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var stream = new StreamReader(await _host.Client.GetStreamAsync("/api/actors/tail?path=/user/vms", end.Token));
        var vms = _host.Services.GetRequiredService<ActorSystem>().ActorSelection("/user/vms");
        var telling = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                vms.Tell(new RestartActor("/user/x", "test"));
                await Task.Delay(50);
            }
        });
        string? line;
        do
        {
            line = await stream.ReadLineAsync(end.Token);
        }
        while (line is not "event: message");

        var data = await stream.ReadLineAsync(end.Token);
        await end.CancelAsync();
        await telling;
        Assert.Contains("\"type\":\"RestartActor\",\"text\":\"By=test\"", data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dead_letters_and_journals_are_read_in_bounded_pages()
    {
        _host.Services.GetRequiredService<ActorSystem>().ActorSelection("/user/nobody").Tell(new RestartActor("/x", "test"));
        var deadline = Environment.TickCount64 + 10_000;
        while ((await _host.Get("/api/dead-letters")).Json.GetProperty("total").GetInt64() == 0)
        {
            Assert.True(Environment.TickCount64 < deadline);
        }

        _host.Journal.Subjects["vms"] = [.. Enumerable.Range(1, 5).Select(n => new Contracts.Rest.JournalEventResource(n, DateTimeOffset.UnixEpoch, "roster-admitted.1", "x"))];
        var page = await _host.Get("/api/journal/vms?limit=2&after=1");
        Assert.Equal((200, 2, 5, 3), (page.Status, page.Json.GetProperty("events").GetArrayLength(), page.Json.GetProperty("total").GetInt32(), page.Json.GetProperty("next").GetInt32()));
    }

    [Fact]
    public async Task Only_operators_start_actors_again()
    {
        _host.Node.Answers(new RestartReply(null));
        var answer = await _host.Post("/api/actors/restart", """{"path":"/user/node/wireguard"}""");
        Assert.Equal((403, "operators-only"), (answer.Status, answer.Problem));
        Assert.Empty(_host.Node.Received);
        Assert.Equal(400, (await _host.Post("/api/actors/restart", """{"path":"wireguard"}""")).Status);

        await using var locked = new StartedHost(await ApiHost.StartAsync(("Http:ApiToken", Token)));
        locked.Host.Node.Answers(new RestartReply(null));
        var bearer = ("Authorization", "Bearer " + Token);
        answer = await locked.Host.Post("/api/actors/restart", """{"path":"/user/node/wireguard"}""", bearer);
        Assert.Equal((202, "/user/node/wireguard"), (answer.Status, answer.Json.GetProperty("path").GetString()));
        Assert.Equal(new RestartActor("/user/node/wireguard", "token"), locked.Host.Node.Last<RestartActor>());

        locked.Host.Node.Answers(new RestartReply(new(FailureCodes.ActorBusy, "x", false)));
        Assert.Equal(409, (await locked.Host.Post("/api/actors/restart", """{"path":"/user/node/images"}""", bearer)).Status);
    }
}
