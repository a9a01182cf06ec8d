using System.Globalization;
using System.Net;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.WireGuard;

/// <summary>
/// A machine of the overlay that runs VMs: a libvirt host in a network namespace of its own, with a cable to the other nodes and one to the provider's own network, where a web server is.
/// Not public, since it is no fixture by itself.
/// </summary>
internal sealed class OverlayVmNode : AgentLab
{
    /// <summary>The port of the web servers of the host and of the provider's machine.</summary>
    public const int ServerPort = 8080;

    private readonly string _tag;
    private readonly string _switch;
    private readonly List<Task> _servers = [];
    private readonly CancellationTokenSource _end = new();

    /// <summary>Knows how to make it.</summary>
    /// <param name="tag">Makes names unique on this machine.</param>
    /// <param name="number">1 to 9: a part of its addresses.</param>
    /// <param name="switchNamespace">Where the other end of its cable goes.</param>
    public OverlayVmNode(string tag, int number, string switchNamespace)
        : base(LibvirtHost.WithOwnNetwork())
    {
        _tag = tag;
        Number = number;
        _switch = switchNamespace;
        Interface = $"wg{tag}v{number}";
        Underlay = $"192.0.2.{number}";
    }

    public int Number { get; }

    /// <summary>The name of WireGuard's interface; the sockets of wireguard-go lie in one folder for all hosts.</summary>
    public string Interface { get; }

    /// <summary>The bridge that VMs in the overlay are on.</summary>
    public const string Bridge = "dcoverlay";

    /// <summary>The node's address in the overlay.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"10.80.0.{Number}");

    /// <summary>The part of the overlay that its VMs are in.</summary>
    public string Subnet => string.Create(CultureInfo.InvariantCulture, $"10.80.{Number}.0/24");

    /// <summary>Its VMs' gateway.</summary>
    public string Gateway => string.Create(CultureInfo.InvariantCulture, $"10.80.{Number}.1");

    /// <summary>Its address on the cable to the other nodes.</summary>
    public string Underlay { get; private set; }

    /// <summary>A machine in the provider's own network.</summary>
    public string Provider => string.Create(CultureInfo.InvariantCulture, $"192.168.{70 + Number}.9");

    /// <inheritdoc/>
    protected override string[] Settings => ["Network:Isolation=On", "Network:Table=decloud", $"WireGuard:InterfaceName={Interface}", $"WireGuard:Address={Address}/16", $"WireGuard:VmSubnet={Subnet}"];

    private string Namespace => "decloud-" + File.ReadAllText(Path.Combine(Host.Folder, "bridge"))[2..];

    private string ProviderNamespace => $"dcw{_tag}p{Number}";

    /// <inheritdoc/>
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await CableAsync("lan0", $"n{Number}", _switch, $"{Underlay}/24");
        await Tool.RunAsync("ip", "-n", _switch, "link", "set", $"n{Number}", "master", "br0", "up");
        await Tool.RunAsync("ip", "netns", "add", ProviderNamespace);
        await CableAsync("up0", "eth0", ProviderNamespace, $"192.168.{70 + Number}.1/24");
        await Tool.RunAsync("ip", "-n", ProviderNamespace, "address", "add", $"{Provider}/24", "dev", "eth0");
        await Tool.RunAsync("ip", "-n", ProviderNamespace, "link", "set", "eth0", "up");
        await Tool.RunAsync("ip", "-n", ProviderNamespace, "route", "add", "default", "via", $"192.168.{70 + Number}.1");
        foreach (var ns in new[] { Namespace, ProviderNamespace })
        {
            _servers.Add(CliWrap.Cli.Wrap("ip")
                .WithArguments(["netns", "exec", ns, "busybox", "httpd", "-f", "-p", ServerPort.ToString(CultureInfo.InvariantCulture), "-h", Host.Files])
                .WithValidation(CliWrap.CommandResultValidation.None)
                .ExecuteAsync(_end.Token)
                .Task);
        }
    }

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_servers.Select(s => s.ContinueWith(_ => { }, TaskScheduler.Default)));

        // The process of wireguard-go ends with its interface.
        await Tool.TryAsync("ip", "-n", Namespace, "link", "del", Interface);
        await base.DisposeAsync();
        await Tool.TryAsync("ip", "netns", "del", ProviderNamespace);
        _end.Dispose();
    }

    /// <summary>Gives it another address on the cable.</summary>
    public async Task MoveAsync(string underlay)
    {
        await InsideAsync("ip", "address", "flush", "dev", "lan0");
        await InsideAsync("ip", "address", "add", underlay + "/24", "dev", "lan0");
        Underlay = underlay;
    }

    /// <summary>Runs a tool on the host.</summary>
    public Task<string> InsideAsync(params string[] command) => Host.ExecuteInsideAsync(command);

    /// <summary>What the agent says of the overlay.</summary>
    public async Task<WireGuardResource> ShowAsync() => (await Api.SendAsync(HttpMethod.Get, "/api/wireguard")).As(RestJson.Default.WireGuardResource);

    /// <summary>Waits until the overlay is up, and the VMs' way into it.</summary>
    public Task<WireGuardResource> UpAsync() => Patience.UntilAsync(
        $"the overlay of node {Number} is up", TimeSpan.FromSeconds(30), async () => await ShowAsync() is { State: "up", Vms.State: "up" } shown ? shown : null, () => Agent.Log);

    /// <summary>Makes another node a peer of this one, with its VMs.</summary>
    public async Task PeerWithAsync(OverlayVmNode other)
    {
        var body = $$"""{"endpoint":"{{other.Underlay}}:51820","allowedIps":["{{other.Address}}/32","{{other.Subnet}}"],"keepaliveSeconds":1}""";
        var answer = await Api.SendAsync(HttpMethod.Put, $"/api/wireguard/peers/{InPath((await other.ShowAsync()).PublicKey!)}", body);
        Assert.True(answer.Status == HttpStatusCode.OK, answer.ToString());
    }

    /// <summary>Removes a peer.</summary>
    public async Task ForgetAsync(string publicKey) => Assert.Equal(HttpStatusCode.NoContent, (await Api.SendAsync(HttpMethod.Delete, $"/api/wireguard/peers/{InPath(publicKey)}")).Status);

    /// <summary>Rotates the key.</summary>
    public async Task RotateAsync() => Assert.Equal(HttpStatusCode.OK, (await Api.SendAsync(HttpMethod.Post, "/api/wireguard/rotate")).Status);

    /// <summary>Brings up a small VM that is attached to the overlay.</summary>
    public async Task<VmResource> AttachedVmAsync()
    {
        var vm = await ReadyVmAsync(Small() with { Overlay = true });

        // The guest's web server starts a moment after the guest is ready.
        await Patience.UntilAsync("the guest's web server answers", TimeSpan.FromSeconds(30), () => HostReachesAsync($"{vm.Addresses[0]}:80"), () => Agent.Log);
        return vm;
    }

    /// <summary>Whether a guest gets an answer to a ping.</summary>
    public async Task<bool> PingsAsync(VmResource vm, string address) => await AskAsync(vm, $"ping?{address}") == "answered";

    /// <summary>Waits until a guest gets an answer to a ping.</summary>
    public Task PingAsync(VmResource vm, string address, TimeSpan atMost) =>
        Patience.UntilAsync($"the VM on node {Number} gets an answer from {address}", atMost, () => PingsAsync(vm, address), () => Agent.Log);

    /// <summary>Whether a guest can open a connection.</summary>
    /// <param name="vm">The guest.</param>
    /// <param name="target">Address and port, and then a source and a gateway that the guest shall take.</param>
    public async Task<bool> ReachesAsync(VmResource vm, string target) => await AskAsync(vm, $"reach?{target}") switch
    {
        "open" => true,
        "closed" => false,
        var other => throw new InvalidOperationException($"The guest answered '{other}'."),
    };

    /// <summary>Whether a program on the host itself can open a connection.</summary>
    public async Task<bool> HostReachesAsync(string target) =>
        (await Tool.TryAsync("ip", "netns", "exec", Namespace, "curl", "-s", "-o", "/dev/null", "-m", "5", "--connect-timeout", "3", $"http://{target}/")).ExitCode == 0;

    /// <summary>Whether the machine in the provider's network can open a connection, with the host as its router.</summary>
    public async Task<bool> ProviderReachesAsync(string target) =>
        (await Tool.TryAsync("ip", "netns", "exec", ProviderNamespace, "curl", "-s", "-o", "/dev/null", "-m", "5", "--connect-timeout", "3", $"http://{target}/")).ExitCode == 0;

    private async Task<string> AskAsync(VmResource vm, string path) => (await InsideAsync("curl", "-s", "-m", "15", $"http://{vm.Addresses[0]}/cgi-bin/{path}")).Trim();

    private async Task CableAsync(string name, string otherName, string other, string address)
    {
        await Tool.RunAsync("ip", "link", "add", name, "netns", Namespace, "type", "veth", "peer", "name", otherName, "netns", other);
        await Tool.RunAsync("ip", "-n", Namespace, "address", "add", address, "dev", name);
        await Tool.RunAsync("ip", "-n", Namespace, "link", "set", name, "up");
    }

    private static string InPath(string key) => key.TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
