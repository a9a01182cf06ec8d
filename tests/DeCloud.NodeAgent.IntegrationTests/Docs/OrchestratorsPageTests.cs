using System.Globalization;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Remote;
using DeCloud.NodeAgent.IntegrationTests.WireGuard;

namespace DeCloud.NodeAgent.IntegrationTests.Docs;

/// <summary>The examples of docs/orchestrators.md are carried out as they stand there; only addresses, folders and the image are those of the tests.</summary>
public sealed partial class OrchestratorsPageTests(DocumentedLab lab) : AgentTests(lab), IClassFixture<DocumentedLab>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public void Every_example_of_the_page_is_tried() => Assert.Equal(["bash", "bash", ""], lab.Page.Blocks.Select(b => b.Language));

    [Fact]
    public async Task The_five_requests_over_HTTP_do_what_the_page_says()
    {
        var script = lab.Page.With("Idempotency-Key")
            .Replace("http://127.0.0.1:5100", $"http://127.0.0.1:{lab.Agent.Port.ToString(CultureInfo.InvariantCulture)}", StringComparison.Ordinal);
        script = DebianImage().Replace(script, "file://" + Path.Combine(lab.StatePath, "images", "small.qcow2"));
        var folder = Directory.CreateTempSubdirectory("decloud-docs-");
        try
        {
            var run = await Cli.Wrap("bash")
                .WithArguments(["-uo", "pipefail", "-c", script])
                .WithWorkingDirectory(folder.FullName)
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(new CancellationTokenSource(Soon).Token);
            Assert.True(run.ExitCode == 0 && run.StandardError.Length == 0, $"{run.ExitCode}: {run.StandardError}\n{run.StandardOutput}");
            Assert.Contains("\"status\": \"succeeded\"", run.StandardOutput, StringComparison.Ordinal);
            Assert.Contains("\nevent: ", run.StandardOutput, StringComparison.Ordinal);
            Assert.Contains("\"kind\": \"delete\"", run.StandardOutput, StringComparison.Ordinal);
            Assert.Contains("order-4711-end", run.StandardOutput, StringComparison.Ordinal);
            await Patience.UntilAsync("the VM is gone", Soon, async () => (await lab.Api.VmsAsync()).Count == 0);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_sample_orchestrator_attaches_and_its_commands_do_what_the_page_says()
    {
        string[] arguments = [.. DocumentedExamples.ArgumentsOf(lab.Page.With("scripts/certs.sh"), "samples/Orchestrator -- ").Select(a =>
            a.Replace("127.0.0.1:4190", $"127.0.0.1:{lab.EdgePort.ToString(CultureInfo.InvariantCulture)}", StringComparison.Ordinal))];
        await using var orchestrator = new OrchestratorProcess([.. arguments, "--json"], lab.StatePath);
        await orchestrator.HearsAsync("attached", "node", "node-1");
        await Patience.UntilAsync("the node says that it is ready", Soon, async () =>
        {
            await orchestrator.SayAsync("nodes");
            await Task.Delay(200);
            return orchestrator.Said("node") is [.., var node] && node.TryGetProperty("ready", out var ready) && ready.GetBoolean();
        });
        await Patience.UntilAsync(
            "the overlay is up", Soon, async () => (await lab.Api.GetAsync("/api/wireguard", Contracts.Rest.RestJson.Default.WireGuardResource)) is { State: "up", Vms.State: "up" } shown ? shown : null, () => lab.Agent.Log);

        foreach (var line in lab.Page.With("peers node-1").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await orchestrator.SayAsync(DebianImage().Replace(line, lab.ImageUrl));
        }

        Assert.Contains("\"status\":\"succeeded\"", await orchestrator.HearsAsync("ended", "kind", "create"), StringComparison.Ordinal);
        Assert.StartsWith("10.80.7.", Assert.Single(await lab.Api.VmsAsync()).OverlayAddress, StringComparison.Ordinal);
        var peer = Assert.Single((await lab.Api.GetAsync("/api/wireguard", Contracts.Rest.RestJson.Default.WireGuardResource)).Peers);
        Assert.Equal(("192.0.2.8:51820", "10.80.0.8/32,10.80.8.0/24"), (peer.Endpoint, string.Join(',', peer.AllowedIps)));
        Assert.Empty(orchestrator.Said("wrong"));
        Assert.Empty(orchestrator.Said("refused"));
    }

    [GeneratedRegex("https://cloud\\.debian\\.org/[^ \"]*")]
    private static partial Regex DebianImage();
}
