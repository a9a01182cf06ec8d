using CliWrap;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Telemetry;

/// <summary>An agent with everything that has metrics: an orchestrator that can't be reached, and a port that none has attached to, among it.</summary>
public sealed class MeasuredLab : AgentLab
{
    /// <inheritdoc/>
    protected override string[] Settings =>
    [
        "Orchestrator:BaseUrl=http://127.0.0.1:1",
        "Orchestrator:ApiKey=0123456789abcdef0123456789abcdef",
        "Orchestrator:Wallet=0x0123456789abcdef0123456789abcdef01234567",
        "Orchestrator:MachineId=a-machine-of-the-tests",
        "Remote:Enabled=true", "Remote:Host=127.0.0.1", "Remote:Orchestrators=orchestrator",
        $"Remote:CertificateFile={Certificates}/node-1.pem", $"Remote:KeyFile={Certificates}/node-1.key", $"Remote:AuthorityFile={Certificates}/ca.pem",
    ];

    private string Certificates => Path.Combine(StatePath, "certs");

    /// <inheritdoc/>
    protected override Task PrepareStateAsync() =>
        Cli.Wrap(Path.Combine(LibvirtHost.RepositoryRoot(), "scripts", "certs.sh")).WithArguments([Certificates, "node-1"]).ExecuteAsync();
}
