using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace DeCloud.NodeAgent.Benchmarks.Lab;

/// <summary>The sample orchestrator as a process of its own, which takes commands a line each.</summary>
internal sealed class OrchestratorProgram : IDisposable
{
    private readonly Process _process;

    private OrchestratorProgram(Process process) => _process = process;

    /// <summary>Starts it with the certificate <c>orchestrator</c>.</summary>
    /// <param name="certificates">The folder of the certificates.</param>
    /// <param name="heartbeatSeconds">How often nodes shall beat.</param>
    /// <param name="nodes">What tells it its nodes: <c>--node</c> or <c>--nodes</c> and its value.</param>
    public static OrchestratorProgram Start(string certificates, int heartbeatSeconds, params string[] nodes)
    {
        var info = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "decloud-orchestrator")) { RedirectStandardInput = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            "--json", "--quiet", "--cert", Path.Combine(certificates, "orchestrator.pem"), "--key", Path.Combine(certificates, "orchestrator.key"), "--ca", Path.Combine(certificates, "ca.pem"),
            "--epoch", "1", "--heartbeat", heartbeatSeconds.ToString(CultureInfo.InvariantCulture), .. nodes,
        ];
        Array.ForEach(arguments, info.ArgumentList.Add);
        return new(Process.Start(info)!);
    }

    /// <summary>Gives it a command.</summary>
    public Task SayAsync(string line) => _process.StandardInput.WriteLineAsync(line);

    /// <summary>Its totals.</summary>
    /// <exception cref="InvalidOperationException">It ended.</exception>
    public async Task<JsonElement> TotalsAsync()
    {
        await SayAsync("totals");
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("{\"what\":\"totals\"", StringComparison.Ordinal))
            {
                return JsonDocument.Parse(line).RootElement;
            }
        }

        throw new InvalidOperationException("The orchestrator ended.");
    }

    /// <summary>Waits until so many nodes are attached.</summary>
    /// <param name="nodes">How many.</param>
    /// <param name="deadline">How long it may take.</param>
    /// <returns>The first totals in which they are.</returns>
    public async Task<JsonElement> AttachedAsync(int nodes, TimeSpan deadline)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var totals = await TotalsAsync();
            if (totals.GetProperty("attached").GetInt64() >= nodes)
            {
                return totals;
            }

            if (Stopwatch.GetElapsedTime(since) > deadline)
            {
                throw new TimeoutException($"Not every node attached: {totals}");
            }

            await Task.Delay(200);
        }
    }

    /// <summary>Ends it in good order.</summary>
    public async Task QuitAsync()
    {
        await SayAsync("quit");
        await _process.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
