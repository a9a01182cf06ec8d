using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CliWrap;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>
/// The built agent as a process of its own inside a private libvirt host. <c>lab.sh exec</c> becomes the program it is given, so the process that is started here is the agent's.
/// </summary>
public sealed class AgentProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(40);

    /// <summary>What an agent asks its callers for that does not listen on loopback.</summary>
    internal const string Token = "a-token-of-the-tests-0123456789abcdef";

    private readonly LibvirtHost _host;
    private readonly IReadOnlyList<string> _settings;
    private readonly ConcurrentQueue<string> _log = new();
    private Task<CommandResult>? _run;

    /// <summary>Knows how to start it; nothing runs yet.</summary>
    /// <param name="host">The host it shall run on.</param>
    /// <param name="statePath">Its state folder.</param>
    /// <param name="settings">Further settings, each <c>Section:Key=value</c>.</param>
    public AgentProcess(LibvirtHost host, string statePath, params string[] settings)
    {
        _host = host;
        StatePath = statePath;
        _settings = settings;
        Port = FreePort();
        Api = new(new($"http://{host.Address}:{Port}"), Token);
    }

    /// <summary>What is started, with what comes before the agent's own arguments: the agent that was built with these tests.</summary>
    public IReadOnlyList<string> Program { get; init; } = [Path.Combine(AppContext.BaseDirectory, "decloud-agent")];

    /// <summary>Its state folder.</summary>
    public string StatePath { get; }

    /// <summary>The port of its API; the same after a restart.</summary>
    public int Port { get; }

    /// <summary>Its API.</summary>
    public AgentApi Api { get; }

    /// <summary>Its process id, while it runs.</summary>
    public int Pid { get; private set; }

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => _run is { IsCompleted: false };

    /// <summary>Everything it printed, over all its lives.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>How many files it has open.</summary>
    public int OpenFiles => Directory.GetFileSystemEntries($"/proc/{Pid.ToString(CultureInfo.InvariantCulture)}/fd").Length;

    /// <summary>Starts it and does not wait for more than that.</summary>
    public void Start()
    {
        var command = Cli.Wrap(Path.Combine(LibvirtHost.RepositoryRoot(), "scripts", "lab.sh"))
            .WithArguments(
            [
                "exec", _host.Folder, .. Program,
                $"--StatePath={StatePath}",
                $"--Libvirt:Uri={_host.Uri}",
                "--Libvirt:AllowEmulation=true",
                .. Defaults().Where(d => !_settings.Any(s => s.StartsWith(d.Key + "=", StringComparison.Ordinal))).Select(d => $"--{d.Key}={d.Value}"),
                .. _settings.Select(s => "--" + s),
            ])
            .WithEnvironmentVariables(e => e.Set("DOTNET_gcServer", "0").Set("DOTNET_ROOT", Path.GetDirectoryName(DotnetHost())))
            .WithStandardOutputPipe(PipeTarget.ToDelegate(_log.Enqueue))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(_log.Enqueue))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync();
        Pid = command.ProcessId;
        _run = command.Task;
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    public async Task StartReadyAsync()
    {
        Start();
        await ReadyAsync();
    }

    /// <summary>Waits until it takes commands.</summary>
    public Task ReadyAsync() => Patience.UntilAsync(
        "the agent is ready",
        StartDeadline,
        async () => _run!.IsCompleted
            ? throw new InvalidOperationException($"The agent ended with {(await _run).ExitCode}:\n{Log}")
            : await Api.TryStatusAsync("/readyz") == HttpStatusCode.OK,
        () => Log);

    /// <summary>Waits until it serves requests, ready or not.</summary>
    public Task ServingAsync() => Patience.UntilAsync(
        "the agent serves requests",
        StartDeadline,
        async () => _run!.IsCompleted
            ? throw new InvalidOperationException($"The agent ended with {(await _run).ExitCode}:\n{Log}")
            : await Api.TryStatusAsync("/healthz") == HttpStatusCode.OK,
        () => Log);

    /// <summary>Kills it, as a lack of memory or an impatient operator does.</summary>
    public async Task Kill9Async()
    {
        await LibvirtHost.SignalAsync("KILL", Pid);
        await _run!.WaitAsync(StopDeadline);
        _run = null;
    }

    /// <summary>Kills it and starts it again.</summary>
    public async Task RestartAsync()
    {
        await Kill9Async();
        await StartReadyAsync();
    }

    /// <summary>Asks it to end and waits for that.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        await LibvirtHost.SignalAsync("TERM", Pid);
        return await EndAsync();
    }

    /// <summary>Waits until it has ended.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync()
    {
        var result = await _run!.WaitAsync(StopDeadline);
        _run = null;
        return result.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            await Kill9Async();
        }

        Api.Dispose();
    }

    private IEnumerable<(string Key, string Value)> Defaults()
    {
        yield return ("Http:Url", $"http://{_host.Address}:{Port}");
        if (_host.Address != "127.0.0.1")
        {
            yield return ("Http:ApiToken", Token);
        }

        yield return ("Vms:StopGrace", "00:00:08");

        // Hosts of the tests share the machine's network: whoever tests isolation has a network of its own.
        yield return ("Network:Isolation", "Off");
        yield return ("Network:Table", $"decloud_{Port}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The runtime that runs these tests, which the agent's launcher must find as well.</summary>
    private static string DotnetHost() =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } named ? named
        : Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet");
}
