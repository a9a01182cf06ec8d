using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using CliWrap;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.WireGuard;

/// <summary>A machine of the overlay: a network namespace with a cable to the others, and the real agent in it. It has no libvirt, which the overlay does not need.</summary>
public sealed class OverlayNode : IAsyncDisposable
{
    private const int ApiPort = 5100;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly string _switch;
    private readonly HttpClient _http;
    private Task<CommandResult>? _run;

    /// <summary>Knows how to make it.</summary>
    /// <param name="tag">Makes names unique on this machine.</param>
    /// <param name="number">1 to 99: the last part of its addresses.</param>
    /// <param name="switchNamespace">Where the other end of its cable goes.</param>
    public OverlayNode(string tag, int number, string switchNamespace)
    {
        Number = number;
        _switch = switchNamespace;
        Namespace = $"dcw{tag}n{number}";

        // The sockets of wireguard-go lie in one folder for all namespaces, by the interface's name.
        Interface = $"wg{tag}n{number}";
        StatePath = $"/var/tmp/dcw-{tag}-{number}";
        _http = new(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) => await NamespaceSocket.ConnectAsync(Namespace, context.DnsEndPoint.Port, cancellation),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1),
        })
        { BaseAddress = new($"http://127.0.0.1:{ApiPort}"), Timeout = TimeSpan.FromSeconds(20) };
    }

    public int Number { get; }

    public string Namespace { get; }

    public string Interface { get; }

    public string StatePath { get; }

    /// <summary>Its address in the overlay.</summary>
    public string Address => $"10.80.0.{Number}";

    /// <summary>Its address on the cable.</summary>
    public string Underlay { get; private set; } = "";

    /// <summary>The agent's process id.</summary>
    public int Pid { get; private set; }

    /// <summary>Everything the agent printed.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>Makes the namespace and its cable.</summary>
    public async Task PlugInAsync()
    {
        await Tool.RunAsync("ip", "netns", "add", Namespace);
        await Tool.RunAsync("ip", "link", "add", "eth0", "netns", Namespace, "type", "veth", "peer", "name", $"p{Number}", "netns", _switch);
        await Tool.RunAsync("ip", "-n", _switch, "link", "set", $"p{Number}", "master", "br0", "up");
        await Tool.RunAsync("ip", "-n", Namespace, "link", "set", "lo", "up");
        await Tool.RunAsync("ip", "-n", Namespace, "link", "set", "eth0", "up");
        await MoveAsync($"192.0.2.{Number}");
    }

    /// <summary>Gives it another address on the cable.</summary>
    public async Task MoveAsync(string underlay)
    {
        await Tool.RunAsync("ip", "-n", Namespace, "address", "flush", "dev", "eth0");
        await Tool.RunAsync("ip", "-n", Namespace, "address", "add", underlay + "/24", "dev", "eth0");
        Underlay = underlay;
    }

    /// <summary>Starts the agent and waits until it serves.</summary>
    public async Task StartAsync()
    {
        var command = Cli.Wrap("ip")
            .WithArguments(
            [
                "netns", "exec", Namespace, Path.Combine(AppContext.BaseDirectory, "decloud-agent"),
                $"--StatePath={StatePath}", $"--Http:Url=http://127.0.0.1:{ApiPort}", "--Libvirt:Uri=qemu+unix:///system?socket=/nowhere/libvirt-sock",
                $"--WireGuard:InterfaceName={Interface}", $"--WireGuard:Address={Address}/16",
            ])
            .WithEnvironmentVariables(e => e.Set("DOTNET_gcServer", "0").Set("DOTNET_ROOT", Path.GetDirectoryName(DotnetHost())))
            .WithStandardOutputPipe(PipeTarget.ToDelegate(_log.Enqueue))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(_log.Enqueue))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync();
        Pid = command.ProcessId;
        _run = command.Task;
        await Patience.UntilAsync($"the agent of node {Number} serves", TimeSpan.FromSeconds(60), async () =>
        {
            try
            {
                using var answer = await _http.GetAsync(new Uri("/healthz", UriKind.Relative));
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return _run.IsCompleted ? throw new InvalidOperationException($"The agent ended:\n{Log}") : false;
            }
        }, () => Log);
    }

    /// <summary>Kills the agent, as a lack of memory does.</summary>
    public async Task KillAsync()
    {
        await LibvirtHost.SignalAsync("KILL", Pid);
        await _run!.WaitAsync(TimeSpan.FromSeconds(20));
        _run = null;
    }

    /// <summary>What the agent says of the overlay.</summary>
    public async Task<WireGuardResource> ShowAsync() => (await _http.GetFromJsonAsync("/api/wireguard", RestJson.Default.WireGuardResource))!;

    /// <summary>Waits until the overlay is up.</summary>
    public Task<WireGuardResource> UpAsync() => Patience.UntilAsync(
        $"the overlay of node {Number} is up", TimeSpan.FromSeconds(30), async () => await ShowAsync() is { State: "up" } shown ? shown : null, () => Log);

    /// <summary>Makes another node a peer of this one.</summary>
    public async Task PeerWithAsync(OverlayNode other, int keepalive = 1, string? presharedKey = null) =>
        await PeerWithAsync((await other.ShowAsync()).PublicKey!, new() { Endpoint = $"{other.Underlay}:51820", AllowedIps = [other.Address], KeepaliveSeconds = keepalive, PresharedKey = presharedKey });

    /// <summary>Makes whoever has a key a peer of this one.</summary>
    public async Task PeerWithAsync(string key, PutWireGuardPeerRequest body)
    {
        using var answer = await _http.PutAsJsonAsync($"/api/wireguard/peers/{InPath(key)}", body, RestJson.Default.PutWireGuardPeerRequest);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Removes a peer.</summary>
    public async Task ForgetAsync(string publicKey)
    {
        using var answer = await _http.DeleteAsync(new Uri($"/api/wireguard/peers/{InPath(publicKey)}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    /// <summary>Rotates the key.</summary>
    public async Task<WireGuardKeyResource> RotateAsync()
    {
        using var answer = await _http.PostAsync(new Uri("/api/wireguard/rotate", UriKind.Relative), null);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync(RestJson.Default.WireGuardKeyResource))!;
    }

    /// <summary>Runs a tool in the namespace.</summary>
    public Task<string> RunAsync(params string[] command) => Tool.RunAsync("ip", ["netns", "exec", Namespace, .. command]);

    /// <summary>Sends one ping through the overlay.</summary>
    public Task<bool> ReachesAsync(OverlayNode other) => ReachesAsync(other.Address);

    /// <summary>Sends one ping to an address.</summary>
    public async Task<bool> ReachesAsync(string address) => (await Tool.TryAsync("ip", "netns", "exec", Namespace, "ping", "-c", "1", "-W", "1", address)).ExitCode == 0;

    /// <summary>Waits until a ping comes back.</summary>
    public Task ReachAsync(OverlayNode other, TimeSpan atMost) =>
        Patience.UntilAsync($"node {Number} reaches node {other.Number}", atMost, () => ReachesAsync(other), () => $"{Log}\n{other.Log}");

    /// <summary>How many of many pings came back; they are 10 ms apart.</summary>
    public async Task<(int Sent, int Received)> PingAsync(OverlayNode other, int count)
    {
        var text = (await Tool.TryAsync("ip", "netns", "exec", Namespace, "ping", "-q", "-i", "0.01", "-c", $"{count}", "-W", "3", other.Address)).StandardOutput;
        var line = text.Split('\n').Single(l => l.Contains("packets transmitted", StringComparison.Ordinal)).Split(' ');
        return (int.Parse(line[0], CultureInfo.InvariantCulture), int.Parse(line[3], CultureInfo.InvariantCulture));
    }

    /// <summary>When each peer's last handshake was, by public key, straight from wg.</summary>
    public async Task<Dictionary<string, long>> HandshakesAsync() =>
        (await RunAsync("wg", "show", Interface, "latest-handshakes")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split('\t')).ToDictionary(l => l[0], l => long.Parse(l[1], CultureInfo.InvariantCulture));

    /// <summary>The process of wireguard-go that serves the interface.</summary>
    public int Userspace() => Directory.GetDirectories("/proc")
        .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Single(pid => pid > 0 && CommandOf(pid).EndsWith($"wireguard-go\0{Interface}\0", StringComparison.Ordinal));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_run is { IsCompleted: false })
        {
            await KillAsync();
        }

        // The process of wireguard-go ends with its interface.
        await Tool.TryAsync("ip", "-n", Namespace, "link", "del", Interface);
        await Tool.TryAsync("ip", "netns", "del", Namespace);
        if (Directory.Exists(StatePath))
        {
            Directory.Delete(StatePath, recursive: true);
        }

        _http.Dispose();
    }

    private static string InPath(string key) => key.TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static string CommandOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/cmdline");
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return "";
        }
    }

    private static string DotnetHost() =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } named ? named
        : Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet");
}
