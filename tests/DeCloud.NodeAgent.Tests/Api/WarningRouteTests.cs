using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Warnings;
using DeCloud.NodeAgent.Tests.Cli;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class WarningRouteTests : IAsyncLifetime
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly ApiHost _host = new();

    public async Task InitializeAsync()
    {
        await _host.InitializeAsync();
        _host.WarningBoard.Publish([Warning("libvirt-lost", true), Warning("emulation-in-use", false)]);
    }

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Active_warnings_are_listed_and_all_when_asked_for_and_counted_in_the_health()
    {
        Assert.Equal(["libvirt-lost"], Ids(await _host.Get("/api/warnings")));
        Assert.Equal(["libvirt-lost", "emulation-in-use"], Ids(await _host.Get("/api/warnings?state=all")));
        Assert.Equal(400, (await _host.Get("/api/warnings?state=ended")).Status);
        var counts = (await _host.Get("/health")).Json.GetProperty("warnings");
        Assert.Equal((1, 0, 1), (counts.GetProperty("critical").GetInt32(), counts.GetProperty("warning").GetInt32(), counts.GetProperty("unacknowledged").GetInt32()));
    }

    [Fact]
    public async Task Acknowledging_goes_to_the_keeper_with_the_note_and_refusals_come_back()
    {
        _host.Node.Answers(new WarningReply.Kept(Warning("libvirt-lost", true)));
        Assert.Equal(200, (await _host.Post("/api/warnings/libvirt-lost/acknowledge", """{"note":"known"}""")).Status);
        Assert.Equal(new WarningCommands.Acknowledge("libvirt-lost", "api", "known"), _host.Node.Last<WarningCommands.Acknowledge>());
        Assert.Equal(200, (await _host.Post("/api/warnings/libvirt-lost/acknowledge")).Status);
        Assert.Null(_host.Node.Last<WarningCommands.Acknowledge>().Note);
        Assert.Equal(200, (await _host.Delete("/api/warnings/libvirt-lost/acknowledge")).Status);
        Assert.Equal(new WarningCommands.Unacknowledge("libvirt-lost", "api"), _host.Node.Last<WarningCommands.Unacknowledge>());

        var answer = await _host.Post("/api/warnings/libvirt-lost/acknowledge", $$"""{"note":"{{new string('x', 501)}}"}""");
        Assert.Equal((400, "note"), (answer.Status, answer.ErrorFields.Single()));
        _host.Node.Answers(new WarningReply.Refused(new(FailureCodes.WarningNotFound, "x", true)));
        Assert.Equal(404, (await _host.Post("/api/warnings/nothing/acknowledge")).Status);
    }

    [Fact]
    public async Task The_command_line_lists_acknowledges_and_takes_back()
    {
        var ran = await Cockpit.RunAsync(_host.Address, "warning", "list");
        Assert.Equal(0, ran.Exit);
        Assert.Contains("libvirt-lost", ran.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("emulation-in-use", ran.Out, StringComparison.Ordinal);
        Assert.Contains("do this", ran.Error, StringComparison.Ordinal);
        Assert.Contains("ended", (await Cockpit.RunAsync(_host.Address, "warning", "list", "--all")).Out, StringComparison.Ordinal);

        _host.Node.Answers(new WarningReply.Kept(Warning("libvirt-lost", true)));
        Assert.Equal(0, (await Cockpit.RunAsync(_host.Address, "warning", "ack", "libvirt-lost", "--note", "known")).Exit);
        Assert.Equal("known", _host.Node.Last<WarningCommands.Acknowledge>().Note);
        Assert.Equal(0, (await Cockpit.RunAsync(_host.Address, "warning", "unack", "libvirt-lost")).Exit);
        _host.Node.Answers(new WarningReply.Refused(new(FailureCodes.WarningNotFound, "x", true)));
        Assert.Equal(4, (await Cockpit.RunAsync(_host.Address, "warning", "ack", "nothing")).Exit);
    }

    private static IEnumerable<string?> Ids(Answer answer) => answer.Json.GetProperty("warnings").EnumerateArray().Select(w => w.GetProperty("id").GetString());

    private static WarningResource Warning(string id, bool isActive) => new()
    {
        Id = id,
        Kind = id,
        Severity = "critical",
        Subject = "node",
        Title = "It is wrong",
        Detail = "very",
        Remedy = "do this",
        FirstSeen = At,
        LastSeen = At,
        Count = 1,
        Active = isActive,
    };
}
