using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DeCloud.NodeAgent.IntegrationTests.Agent;

namespace DeCloud.NodeAgent.IntegrationTests.Remote;

/// <summary>The sample orchestrator as a process of its own.</summary>
public sealed class OrchestratorProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(15);
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Process _process;

    /// <summary>Starts it.</summary>
    /// <param name="lab">The agent and the certificates.</param>
    /// <param name="name">Whose certificate it shows.</param>
    /// <param name="node">The name of the node it expects.</param>
    public OrchestratorProcess(RemoteLab lab, string name = "orchestrator", string node = "node-1")
        : this(ArgumentsOf(lab, name, node), Environment.CurrentDirectory, lab?.OrchestratorNamespace)
    {
    }

    /// <summary>Starts it with arguments of one's own.</summary>
    /// <param name="arguments">The arguments; <c>--json</c> must be among them.</param>
    /// <param name="folder">The folder that files are named from.</param>
    /// <param name="networkNamespace">The network namespace that it runs in; null for this process's.</param>
    public OrchestratorProcess(IReadOnlyCollection<string> arguments, string folder, string? networkNamespace = null)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var start = new ProcessStartInfo(networkNamespace is null ? Program : "ip")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (networkNamespace is not null)
        {
            // Which becomes the program, so that the process is the orchestrator's.
            Array.ForEach(["netns", "exec", networkNamespace, Program], start.ArgumentList.Add);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Keep(e.Data);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "decloud-orchestrator");

    /// <summary>Everything it said.</summary>
    public string Log => string.Join('\n', _lines);

    /// <summary>Gives it a command.</summary>
    public async Task SayAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>What it said of one kind.</summary>
    public IReadOnlyList<JsonElement> Said(string what) =>
        [.. _lines.Where(l => l.StartsWith($"{{\"what\":\"{what}\"", StringComparison.Ordinal)).Select(l => JsonDocument.Parse(l).RootElement)];

    /// <summary>Waits until it says something.</summary>
    public Task<string> HearsAsync(string what, string fact, string value, int seconds = 60) => Patience.UntilAsync(
        $"the orchestrator says {what} with {fact}={value}",
        TimeSpan.FromSeconds(seconds),
        () => Task.FromResult(Said(what).Where(e => e.TryGetProperty(fact, out var v) && v.ToString() == value).Select(e => e.ToString()).FirstOrDefault()),
        () => Log);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await SayAsync("quit");
            using var deadline = new CancellationTokenSource(StopDeadline);
            await _process.WaitForExitAsync(deadline.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_process.HasExited)
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private static string[] ArgumentsOf(RemoteLab lab, string name, string node)
    {
        ArgumentNullException.ThrowIfNull(lab);
        return
        [
            "--json", "--cert", lab.FileOf(name + ".pem"), "--key", lab.FileOf(name + ".key"), "--ca", lab.FileOf("ca.pem"), "--epoch", lab.NextEpoch().ToString(CultureInfo.InvariantCulture),
            "--heartbeat", "1", "--node", $"{node}={lab.EdgeHost}:{lab.EdgePort}", "--host", lab.OrchestratorHost,
        ];
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }
}
