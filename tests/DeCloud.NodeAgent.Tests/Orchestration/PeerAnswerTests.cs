using System.Text.Json;
using DeCloud.NodeAgent.Core.Orchestration;

namespace DeCloud.NodeAgent.Tests.Orchestration;

public sealed class PeerAnswerTests
{
    [Theory]
    [InlineData("""{"success":true,"data":[{"commandId":"c","type":1,"payload":"{}"}]}""")]
    [InlineData("""[{"commandId":"c","type":"StopVm","payload":"{}"}]""")]
    [InlineData("""{"DATA":{"COMMANDS":[{"CommandID":"c","TYPE":"stopvm","Payload":{}}]}}""")]
    [InlineData("""{"data":[{"commandId":"c","type":"1","payload":{}}]}""")]
    public void A_command_is_read_in_any_casing_with_or_without_an_envelope_by_name_or_number(string text)
    {
        var command = Assert.Single(PeerAnswers.ReadCommands(JsonElement.Parse(text)));
        Assert.Equal(("c", OrchestratorCommandType.StopVm, "{}", true), (command.Id, command.Type, command.Payload, command.RequiresAck));
    }

    [Theory]
    [InlineData("""{"commandId":"c","payload":"{}"}""")]
    [InlineData("""{"commandId":"c","type":null,"payload":"{}"}""")]
    [InlineData("""{"commandId":"c","type":77,"payload":"{}"}""")]
    [InlineData("""{"commandId":"c","type":"DestroyEverything","payload":"{}"}""")]
    public void A_type_that_is_missing_or_unknown_is_none_and_never_the_first(string text) => Assert.Null(PeerAnswers.ReadCommand(JsonElement.Parse(text))!.Type);

    [Fact]
    public void Commands_are_taken_in_the_order_in_which_they_were_given()
    {
        var commands = PeerAnswers.ReadCommands(JsonElement.Parse("""[{"commandId":"b","queuedAt":"2026-01-01T00:00:02Z"},{"commandId":"c"},{"commandId":"a","queuedAt":"2026-01-01T00:00:01"}]"""));
        Assert.Equal(["a", "b", "c"], commands.Select(c => c.Id));
    }

    [Theory]
    [InlineData("""{"success":true}""")]
    [InlineData("""{"data":{}}""")]
    [InlineData("""{"data":{"invalidVmIds":null,"pendingCommands":null,"schedulingReady":null}}""")]
    [InlineData("""{"data":{"invalidVmIds":"all","pendingCommands":{},"settingsDrift":true}}""")]
    [InlineData("[]")]
    public void What_a_report_is_not_answered_means_nothing(string text)
    {
        var answer = PeerAnswers.ReadHeartbeat(JsonElement.Parse(text));
        Assert.Null(answer.InvalidVms);
        Assert.Empty(answer.Commands);
        Assert.Null(answer.Drift);
        Assert.Null(answer.IsSchedulingReady);
        Assert.Null(answer.SchedulingVersion);
    }

    [Fact]
    public void A_full_answer_is_read_whole()
    {
        var answer = PeerAnswers.ReadHeartbeat(JsonElement.Parse($$$"""
            {"success":true,"data":{"acknowledged":true,"pendingCommands":[{"commandId":"c","type":2,"payload":"{}"}],"schedulingConfig":{"version":9},
            "invalidVmIds":["{{{PeerSamples.Vm}}}","nonsense",7],"settingsDrift":{"message":"m","expectedHash":"h"},"schedulingReady":false}}
            """));
        Assert.Equal(OrchestratorCommandType.StartVm, Assert.Single(answer.Commands).Type);
        Assert.Equal(PeerSamples.Vm, Assert.Single(answer.InvalidVms!.Value));
        Assert.Equal((9, false, "h"), (answer.SchedulingVersion, answer.IsSchedulingReady, answer.Drift!.ExpectedHash));
    }

    [Fact]
    public void Others_words_are_shown_without_control_characters()
    {
        var error = PeerAnswers.ErrorOf(JsonElement.Parse("""{"success":false,"error":{"code":"X","message":"a\u001b[31m\nb"}}"""));
        Assert.Equal(("X", "a [31m b"), error);
    }

    [Fact]
    public void Three_reports_in_a_row_must_disown_a_vm()
    {
        var (id, other) = (Guid.NewGuid(), Guid.NewGuid());
        var said = PeerSamples.Answer() with { InvalidVms = [id, id] };
        var (first, none) = Disowned.None.Hear(said);
        Assert.Empty(none);
        var (second, still) = first.Hear(said with { InvalidVms = [id, other] });
        Assert.Empty(still);
        Assert.Equal(id, Assert.Single(second.Hear(said with { InvalidVms = [id, other] }).Confirmed));
        Assert.Empty(second.Hear(said with { InvalidVms = [other] }).Confirmed.Where(c => c == id));
        // A report in between that says nothing, or does not name it, begins the row anew.
        foreach (var gap in new[] { PeerSamples.Answer(), said with { InvalidVms = [] } })
        {
            var (after, _) = second.Hear(gap);
            Assert.Empty(after.Hear(said).Confirmed);
        }
    }
}
