using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CliWrap;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Windows;

/// <summary>The agent for Windows as a process of its own.</summary>
internal sealed class WindowsAgent : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(40);
    private readonly ConcurrentQueue<string> _log = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly CommandTask<CommandResult> _run;

    private WindowsAgent(WineHost host, IEnumerable<string> settings)
    {
        var port = FreePort();
        Api = new(new($"http://127.0.0.1:{port}"));
        _run = host.Agent([$"--Http:Url=http://127.0.0.1:{port}", .. settings.Select(s => "--" + s)])
            .WithStandardOutputPipe(PipeTarget.ToDelegate(_log.Enqueue))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(_log.Enqueue))
            .ExecuteAsync(_kill.Token);
    }

    /// <summary>Its API.</summary>
    public AgentApi Api { get; }

    /// <summary>Everything it printed.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>How long it took from the start of the process to the first answer.</summary>
    public TimeSpan StartedIn { get; private set; }

    /// <summary>Starts it and waits for its first answer.</summary>
    public static async Task<WindowsAgent> StartAsync(WineHost host, params string[] settings)
    {
        var clock = Stopwatch.StartNew();
        var agent = new WindowsAgent(host, settings);
        try
        {
            await Patience.UntilAsync(
                "the agent serves requests",
                StartDeadline,
                async () => agent._run.Task.IsCompleted
                    ? throw new InvalidOperationException($"The agent ended with {(await agent._run).ExitCode}:\n{agent.Log}")
                    : await agent.Api.TryStatusAsync("/healthz") == HttpStatusCode.OK,
                () => agent.Log);
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }

        agent.StartedIn = clock.Elapsed;
        return agent;
    }

    /// <summary>Runs it until it ends by itself, as it shall when it can't start.</summary>
    public static async Task<(int Exit, string Log)> RefusalAsync(WineHost host, params string[] settings)
    {
        await using var agent = new WindowsAgent(host, settings);
        return ((await agent._run.Task.WaitAsync(StartDeadline)).ExitCode, agent.Log);
    }

    /// <summary>Presses Ctrl-C, which SIGINT is under Wine, and waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        await LibvirtHost.SignalAsync("INT", _run.ProcessId);
        return (await _run.Task.WaitAsync(StopDeadline)).ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _kill.CancelAsync();
        try
        {
            await _run.Task.WaitAsync(StopDeadline);
        }
        catch (OperationCanceledException)
        {
            // Killed.
        }

        _run.Dispose();
        _kill.Dispose();
        Api.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
