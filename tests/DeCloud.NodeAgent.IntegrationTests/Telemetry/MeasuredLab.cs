using DeCloud.NodeAgent.IntegrationTests.Agent;

namespace DeCloud.NodeAgent.IntegrationTests.Telemetry;

/// <summary>An agent with everything that has metrics: an orchestrator that can't be reached among it.</summary>
public sealed class MeasuredLab : AgentLab
{
    /// <inheritdoc/>
    protected override string[] Settings =>
    [
        "Orchestrator:BaseUrl=http://127.0.0.1:1",
        "Orchestrator:ApiKey=0123456789abcdef0123456789abcdef",
        "Orchestrator:Wallet=0x0123456789abcdef0123456789abcdef01234567",
        "Orchestrator:MachineId=a-machine-of-the-tests",
    ];
}
