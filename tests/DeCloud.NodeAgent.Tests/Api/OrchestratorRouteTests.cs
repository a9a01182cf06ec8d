using System.Text;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Orchestration;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class OrchestratorRouteTests
{
    private const string Token = "0123456789abcdef0123456789abcdef";

    private static readonly OrchestratorReply.Status Standing = new(new()
    {
        State = "logged-in", LoginWished = true, Failures = 0, CommandsReceived = 3, CommandsOpen = 1, Outbox = 2, ResultsTold = 1, QuarantinedVms = [],
    });

    [Fact]
    public async Task How_things_stand_is_shown_and_the_wish_to_be_offered_passed_on()
    {
        var host = await ApiHost.StartAsync();
        host.Orchestrator.Answers(Standing);
        var answer = await host.Get("/api/orchestrator");
        Assert.Equal((200, "logged-in", 2), (answer.Status, answer.Json.GetProperty("state").GetString(), answer.Json.GetProperty("outbox").GetInt32()));
        Assert.Equal(200, (await host.Post("/api/orchestrator/logout")).Status);
        Assert.Equal(new OrchestratorCommands.Login(false), host.Orchestrator.Last<OrchestratorCommands.Login>());
        Assert.Equal(200, (await host.Post("/api/orchestrator/login")).Status);
        Assert.Equal(new OrchestratorCommands.Login(true), host.Orchestrator.Last<OrchestratorCommands.Login>());
        host.Orchestrator.Answers(new OrchestratorReply.Refused(new(FailureCodes.NoOrchestrator, "none", true)));
        Assert.Equal((404, FailureCodes.NoOrchestrator), await StatusOf(host.Post("/api/orchestrator/login")));
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_push_passes_the_gate_as_it_came_and_nothing_else_does()
    {
        var host = await ApiHost.StartAsync(("Http:ApiToken", Token));
        host.Orchestrator.Answers(new OrchestratorReply.Refused(new(FailureCodes.CommandNotProven, "no proof", false)));
        const string body = """{ "CommandId": "c",  "Type": "StopVm" }""";
        var headers = new[] { ("Host", "node.example"), (PushProof.TimestampHeader, "12"), (PushProof.SignatureHeader, "v1=00") };
        Assert.Equal((403, FailureCodes.CommandNotProven), await StatusOf(host.Post("/api/commands/receive", body, headers)));
        var pushed = host.Orchestrator.Last<OrchestratorCommands.Pushed>();
        Assert.Equal((body, "12", "v1=00"), (Encoding.UTF8.GetString(pushed.Body.Span), pushed.Timestamp, pushed.Signature));

        host.Orchestrator.Answers(new OrchestratorReply.Taken("c"));
        Assert.Equal("c", (await host.Post("/api/commands/receive", body)).Json.GetProperty("commandId").GetString());
        Assert.Equal((403, "cross-origin"), await StatusOf(host.Post("/api/commands/receive", body, ("Origin", "https://evil.example"))));
        Assert.Equal((401, "unauthorized"), await StatusOf(host.Get("/api/orchestrator")));
        Assert.Equal((401, "unauthorized"), await StatusOf(host.Post("/api/commands/receive/../../orchestrator/logout")));
        Assert.Equal((421, "host-not-allowed"), await StatusOf(host.Get("/api/orchestrator", ("Host", "node.example"))));
        await host.DisposeAsync();
    }

    private static async Task<(int Status, string Code)> StatusOf(Task<Answer> answer)
    {
        var came = await answer;
        return (came.Status, came.Problem);
    }
}
