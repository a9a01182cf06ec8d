using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class ResourceRouteTests : IAsyncLifetime
{
    private readonly ApiHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("/api/node/resources")]
    [InlineData("/api/node/resources/cpu")]
    [InlineData("/api/node/resources/memory")]
    [InlineData("/api/node/resources/storage")]
    [InlineData("/api/node/resources/gpus")]
    [InlineData("/api/node/resources/network")]
    [InlineData("/api/node/snapshot")]
    public async Task Before_the_machine_was_looked_at_the_answer_is_to_try_again(string path)
    {
        var answer = await _host.Get(path);
        Assert.Equal((503, FailureCodes.Restarting), (answer.Status, answer.Problem));
        Assert.Equal("1", answer.Header("Retry-After"));
    }

    [Fact]
    public async Task What_is_published_is_answered_without_a_message_and_only_while_it_is_the_latest()
    {
        _host.ResourceBoard.Publish(ResourceExamples.Inventory);
        _host.ResourceBoard.Publish(ResourceExamples.Snapshot);

        var whole = (await _host.Get("/api/node/resources")).Json;
        Assert.Equal(64, whole.GetProperty("cpu").GetProperty("threads").GetInt32());
        foreach (var part in new[] { "cpu", "memory", "storage", "network", "gpus" })
        {
            Assert.Equal(whole.GetProperty(part).GetRawText(), (await _host.Get($"/api/node/resources/{part}")).Text);
        }

        Assert.Equal(34.5, (await _host.Get("/api/node/snapshot")).Json.GetProperty("cpu").GetProperty("busyPercent").GetDouble());
        _host.ResourceBoard.Publish(ResourceExamples.Snapshot with { IntervalSeconds = 2 });
        _host.ResourceBoard.Publish(ResourceExamples.Inventory with { Cpu = ResourceExamples.Inventory.Cpu with { Threads = 32 } });
        Assert.Equal(2, (await _host.Get("/api/node/snapshot")).Json.GetProperty("intervalSeconds").GetDouble());
        Assert.Equal(32, (await _host.Get("/api/node/resources/cpu")).Json.GetProperty("threads").GetInt32());
        Assert.Empty(_host.Resources.Received);
    }

    [Fact]
    public async Task A_refresh_is_asked_for_either_way_and_answers_with_what_was_read()
    {
        _host.Resources.Answers(_ =>
        {
            _host.ResourceBoard.Publish(ResourceExamples.Inventory);
            return new ResourceReply.Refreshed(ResourceExamples.Inventory);
        });

        Assert.Equal(200, (await _host.Post("/api/node/resources/refresh")).Status);
        var answer = await _host.Get("/api/node/resources?refresh=true");

        Assert.Equal("node-a1", answer.Json.GetProperty("host").GetProperty("hostname").GetString());
        Assert.Equal(2, _host.Resources.Received.Count);
        Assert.Equal(200, (await _host.Get("/api/node/resources?refresh=false")).Status);
        Assert.Equal(2, _host.Resources.Received.Count);
    }

    [Fact]
    public async Task A_refresh_that_fails_says_why_and_a_word_that_is_no_flag_is_refused()
    {
        _host.Resources.Answers(new ResourceReply.Refused(new(FailureCodes.HostError, "The bus is on fire.", false)));

        var failed = await _host.Post("/api/node/resources/refresh");
        Assert.Equal((500, FailureCodes.HostError), (failed.Status, failed.Problem));
        var wrong = await _host.Get("/api/node/resources?refresh=perhaps");
        Assert.Equal(400, wrong.Status);
        Assert.Equal(["refresh"], wrong.ErrorFields);
        Assert.Single(_host.Resources.Received);
    }

    [Fact]
    public async Task Health_is_told_even_when_nothing_answers()
    {
        await using var empty = new Disposing(new ApiHost { IsEmpty = true });
        await empty.Host.InitializeAsync();
        var answer = await empty.Host.Get("/health");

        Assert.Equal(200, answer.Status);
        Assert.Equal("failed", answer.Json.GetProperty("status").GetString());
        Assert.Contains(answer.Json.GetProperty("checks").EnumerateArray(), c => c.GetProperty("name").GetString() == "node" && c.GetProperty("status").GetString() == "failed");
    }

    private sealed record Disposing(ApiHost Host) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Host.DisposeAsync();
    }
}
