using System.Globalization;
using CliWrap;
using CliWrap.Buffered;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>
/// A host in a network namespace of its own, with two neighbours in theirs: the world (203.0.113.9), where clients are, and the provider's own network (192.168.77.9). Both have a web server.
/// Isolation is on.
/// </summary>
public sealed class NetworkLab : AgentLab
{
    /// <summary>The host's address in the world.</summary>
    public const string Outside = "203.0.113.1";

    /// <summary>A machine of the world.</summary>
    public const string World = "203.0.113.9";

    /// <summary>A machine of the provider.</summary>
    public const string Provider = "192.168.77.9";

    /// <summary>The port of the neighbours' servers, and of one on the host itself.</summary>
    public const int ServerPort = 8080;

    private readonly List<Task> _servers = [];
    private readonly CancellationTokenSource _end = new();
    private readonly string _tag = Guid.NewGuid().ToString("n")[..6];

    /// <summary>A lab with a network of its own.</summary>
    public NetworkLab()
        : base(LibvirtHost.WithOwnNetwork())
    {
    }

    /// <summary>The name of the agent's tables.</summary>
    public const string Table = "decloud";

    /// <inheritdoc/>
    protected override string[] Settings => ["Network:Isolation=On", $"Network:Table={Table}"];

    /// <inheritdoc/>
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await NeighbourAsync("w", World, Outside);
        await NeighbourAsync("p", Provider, "192.168.77.1");
        await Host.ExecuteInsideAsync("sysctl", "-qw", "net.ipv4.ip_forward=1");
        Serve([Path.Combine(LibvirtHost.RepositoryRoot(), "scripts", "lab.sh"), "exec", Host.Folder]);
    }

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_servers.Select(s => s.ContinueWith(_ => { }, TaskScheduler.Default)));
        await base.DisposeAsync();
        foreach (var name in new[] { "w", "p" })
        {
            await Cli.Wrap("ip").WithArguments(["netns", "del", Name(name)]).WithValidation(CommandResultValidation.None).ExecuteAsync();
        }

        _end.Dispose();
    }

    /// <summary>How the last client ended.</summary>
    private int LastExitCode { get; set; }

    /// <summary>What a client in the world gets from a port of the host.</summary>
    /// <returns>The body; null when nothing answers.</returns>
    public async Task<string?> FromWorldAsync(int port, string path = "")
    {
        var result = await Cli.Wrap("ip")
            .WithArguments(["netns", "exec", Name("w"), "curl", "-s", "-m", "20", "--connect-timeout", "2", $"http://{Outside}:{port.ToString(CultureInfo.InvariantCulture)}/{path}"])
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync();
        LastExitCode = result.ExitCode;
        return result.ExitCode == 0 ? result.StandardOutput : null;
    }

    /// <summary>Opens one new connection to a port after the other until it is told to stop.</summary>
    /// <returns>How many were opened, and what was found where one was not.</returns>
    public async Task<(int Opened, IReadOnlyList<string> Failed)> KnockAsync(int port, CancellationToken stop)
    {
        var opened = 0;
        var failed = new List<string>();
        while (!stop.IsCancellationRequested && failed.Count < 5)
        {
            if (await FromWorldAsync(port) is not null)
            {
                opened++;
                continue;
            }

            var code = LastExitCode;
            failed.Add($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} curl ended with {code}\n{await Host.ExecuteInsideAsync("iptables", "-S")}\n{await NftAsync("list", "ruleset")}");
        }

        return (opened, failed);
    }

    /// <summary>Has a client in the world send a datagram to a port of the host.</summary>
    public Task DatagramAsync(int port) => Cli.Wrap("ip")
        .WithArguments(["netns", "exec", Name("w"), "bash", "-c", string.Create(CultureInfo.InvariantCulture, $"echo hello >/dev/udp/{Outside}/{port}")])
        .ExecuteBufferedAsync();

    /// <summary>Whether the guest can open a connection.</summary>
    public async Task<bool> ReachesAsync(int hostPort, string target, string? source = null)
    {
        var answer = await FromWorldAsync(hostPort, $"cgi-bin/reach?{target}" + (source is null ? "" : $",{source}"));
        return answer?.Trim() switch
        {
            "open" => true,
            "closed" => false,
            _ => throw new InvalidOperationException($"The guest answered '{answer}', curl ended with {LastExitCode}. {Agent.Log}"),
        };
    }

    /// <summary>Runs nft on the host.</summary>
    public Task<string> NftAsync(params string[] arguments) => Host.ExecuteInsideAsync(["nft", .. arguments]);

    /// <summary>
    /// Has the host look as a libvirt of 10.4 or later leaves it: its iptables chains without rules, and its network in a table of its own in nftables. The libvirt of these tests is older; the
    /// commands are those of its successor (tests/networkxml2firewalldata/base.nftables and nat-default-linux.nftables there).
    /// </summary>
    public async Task LibvirtTakesNftablesAsync()
    {
        foreach (var chain in new[] { "LIBVIRT_FWI", "LIBVIRT_FWO", "LIBVIRT_FWX" })
        {
            await Host.ExecuteInsideAsync("iptables", "-F", chain);
        }

        await NftAsync(
            """
            add table ip libvirt_network;
            add chain ip libvirt_network forward { type filter hook forward priority 0; policy accept; };
            add chain ip libvirt_network guest_output;
            insert rule ip libvirt_network forward counter jump guest_output;
            add chain ip libvirt_network guest_input;
            insert rule ip libvirt_network forward counter jump guest_input;
            add chain ip libvirt_network guest_cross;
            insert rule ip libvirt_network forward counter jump guest_cross
            """.ReplaceLineEndings(" "));
        await LibvirtStartsItsNetworkInNftablesAsync();
    }

    /// <summary>Puts the rules of libvirt's network in front of whatever is there, as libvirt 10.4 and later do when it starts.</summary>
    public async Task LibvirtStartsItsNetworkInNftablesAsync()
    {
        var bridge = (await File.ReadAllTextAsync(Path.Combine(Host.Folder, "bridge"))).Trim();
        await NftAsync(
            $"insert rule ip libvirt_network guest_output iif {bridge} counter reject; " +
            $"insert rule ip libvirt_network guest_input oif {bridge} counter reject; " +
            $"insert rule ip libvirt_network guest_cross iif {bridge} oif {bridge} counter accept; " +
            $"insert rule ip libvirt_network guest_output iif {bridge} counter accept; " +
            $"insert rule ip libvirt_network guest_input oif {bridge} ct state related,established counter accept");
    }

    /// <summary>Asks for a port of a VM.</summary>
    public async Task<PortResource> PortAsync(Guid id, int guestPort, string? key = null)
    {
        var answer = await Api.SendAsync(HttpMethod.Post, $"/api/vms/{id}/ports", $$"""{"guestPort":{{guestPort}}}""", key);
        Assert.True(answer.Status == System.Net.HttpStatusCode.OK, answer.ToString());
        return answer.As(RestJson.Default.PortResource);
    }

    /// <summary>Waits until the guest answers through a port, or until it does not.</summary>
    public Task AnswersAsync(int hostPort, bool isOpen, TimeSpan? atMost = null) => Patience.UntilAsync(
        $"port {hostPort} {(isOpen ? "leads to the guest" : "is closed")}",
        atMost ?? TimeSpan.FromSeconds(20),
        async () => (await FromWorldAsync(hostPort))?.Contains("hostname:", StringComparison.Ordinal) == true == isOpen,
        () => Agent.Log);

    private string Name(string neighbour) => $"dcn{neighbour}{_tag}";

    private string HostNamespace => "decloud-" + File.ReadAllText(Path.Combine(Host.Folder, "bridge"))[2..];

    private async Task NeighbourAsync(string name, string address, string hostAddress)
    {
        var ns = Name(name);
        foreach (var command in new[]
        {
            $"netns add {ns}",
            $"-n {ns} link set lo up",
            $"link add up{name} netns {HostNamespace} type veth peer name eth0 netns {ns}",
            $"-n {HostNamespace} addr add {hostAddress}/24 dev up{name}",
            $"-n {HostNamespace} link set up{name} up",
            $"-n {ns} addr add {address}/24 dev eth0",
            $"-n {ns} link set eth0 up",
            $"-n {ns} route add default via {hostAddress}",
        })
        {
            await Cli.Wrap("ip").WithArguments(command.Split(' ')).ExecuteBufferedAsync();
        }

        Serve(["ip", "netns", "exec", ns]);
    }

    private void Serve(string[] inside) => _servers.Add(Cli.Wrap(inside[0])
        .WithArguments([.. inside[1..], "busybox", "httpd", "-f", "-p", ServerPort.ToString(CultureInfo.InvariantCulture), "-h", Host.Files])
        .WithValidation(CommandResultValidation.None)
        .ExecuteAsync(_end.Token)
        .Task);
}
