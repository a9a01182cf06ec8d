using System.Net;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class EventStreamTests : IAsyncLifetime
{
    private readonly ApiHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Events_come_as_they_happen_with_their_place_in_the_journal()
    {
        using var stream = await OpenAsync();
        Assert.Equal("text/event-stream", stream.Message.Content.Headers.ContentType?.MediaType);
        Assert.Equal("retry: 2000", await stream.LineAsync());
        Assert.Equal("", await stream.LineAsync());

        for (var id = 42; id < 45; id++)
        {
            await _host.Feed.Events.WriteAsync(Samples.Event(id));
            Assert.Equal($"id: {id}", await stream.LineAsync());
            Assert.Equal("event: step-completed", await stream.LineAsync());
            var data = await stream.LineAsync();
            Assert.StartsWith("data: {", data, StringComparison.Ordinal);
            Assert.Equal($"/api/vms/{Samples.Id}", System.Text.Json.JsonElement.Parse(data![6..]).GetProperty("subject").GetString());
            Assert.Equal("", await stream.LineAsync());
        }
    }

    [Theory]
    [InlineData(null, "", ScriptedFeed.Last)]
    [InlineData("41", "", 41L)]
    [InlineData(null, "?after=7", 7L)]
    [InlineData("41", "?after=7", 41L)]
    public async Task A_reader_that_comes_back_resumes_after_the_last_event_it_saw(string? last, string query, long expected)
    {
        using var stream = await OpenAsync(query, last);
        await stream.LineAsync();
        await _host.Feed.Events.WriteAsync(Samples.Event(42));
        await stream.LineAsync();
        Assert.Equal("id: 42", await stream.LineAsync());

        Assert.Equal(expected, _host.Feed.AskedAfter);
    }

    [Theory]
    [InlineData("x", "")]
    [InlineData("-1", "")]
    [InlineData(null, "?after=x")]
    public async Task A_place_that_is_none_is_400(string? last, string query)
    {
        var answer = await _host.Get("/api/events" + query, last is null ? [] : [("Last-Event-ID", last)]);
        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Problem));
    }

    [Fact]
    public async Task A_reader_that_is_too_slow_is_told_and_disconnected()
    {
        _host.Feed.IsSlow = true;
        await _host.Feed.Events.WriteAsync(Samples.Event(1));
        await _host.Feed.Events.WriteAsync(Samples.Event(2));

        using var stream = await OpenAsync();
        var all = await stream.RestAsync();

        Assert.Contains("id: 1\n", all, StringComparison.Ordinal);
        Assert.DoesNotContain("id: 2\n", all, StringComparison.Ordinal);
        Assert.Contains("event: gap\ndata: {\"code\":\"slow-reader\"", all, StringComparison.Ordinal);
        Assert.EndsWith("\n\n", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_goes_is_let_go_of()
    {
        using (var stream = await OpenAsync())
        {
            await stream.LineAsync();
        }

        await _host.Feed.Ended.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task The_agent_does_not_wait_for_readers_when_it_stops()
    {
        using var stream = await OpenAsync();
        await stream.LineAsync();

        await _host.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));
        await _host.Feed.Ended.Task.WaitAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task The_number_of_readers_is_bounded()
    {
        var streams = new List<OpenStream>();
        try
        {
            for (var i = 0; i < 64; i++)
            {
                streams.Add(await OpenAsync());
            }

            var answer = await _host.Get("/api/events");
            Assert.Equal((429, "too-many-streams"), (answer.Status, answer.Problem));
            Assert.NotNull(answer.Header("Retry-After"));
        }
        finally
        {
            streams.ForEach(s => s.Dispose());
        }
    }

    private async Task<OpenStream> OpenAsync(string query = "", string? last = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/events" + query);
        if (last is not null)
        {
            request.Headers.Add("Last-Event-ID", last);
        }

        var response = await _host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new(response, new(await response.Content.ReadAsStreamAsync()));
    }

    private sealed record OpenStream(HttpResponseMessage Message, StreamReader Reader) : IDisposable
    {
        public Task<string?> LineAsync() => Reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10));

        public Task<string> RestAsync() => Reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10));

        public void Dispose()
        {
            Reader.Dispose();
            Message.Dispose();
        }
    }
}
