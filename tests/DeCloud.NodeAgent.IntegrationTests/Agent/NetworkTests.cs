using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>Forwarded ports and isolation, on libvirt's own NAT network with libvirt's own firewall.</summary>
public sealed class NetworkTests(NetworkLab lab) : AgentTests(lab), IClassFixture<NetworkLab>
{
    private readonly NetworkLab _lab = lab;

    [Fact]
    public async Task A_client_reaches_the_guest_through_the_host_and_after_the_delete_nothing_is_left()
    {
        var vm = await _lab.ReadyVmAsync();
        var port = await _lab.PortAsync(vm.Id, 80);
        await _lab.AnswersAsync(port.HostPort, true);
        Assert.Single((await _lab.Host.ExecuteInsideAsync("iptables", "-S")).Split('\n'), l => l.Contains("decloud-agent-decloud ", StringComparison.Ordinal));

        await _lab.RemoveAsync(vm.Id);

        await _lab.AnswersAsync(port.HostPort, false);
        await Patience.UntilAsync("the rules are gone", TimeSpan.FromSeconds(10), async () =>
            !(await _lab.NftAsync("list", "ruleset")).Contains("dcvm" + vm.Id.ToString("N")[..11], StringComparison.Ordinal)
            && !(await _lab.Host.ExecuteInsideAsync("iptables", "-S")).Contains("decloud-agent", StringComparison.Ordinal));
        Assert.DoesNotContain(port.HostPort.ToString(System.Globalization.CultureInfo.InvariantCulture) + " :", await _lab.NftAsync("list", "table", "inet", NetworkLab.Table), StringComparison.Ordinal);
        Assert.Empty((await _lab.Api.GetAsync("/api/ports", RestJson.Default.PortListResource)).Items);
    }

    [Fact]
    public async Task A_guest_reaches_the_world_and_neither_the_host_nor_the_provider_nor_another_guest()
    {
        var first = await _lab.ReadyVmAsync();
        var second = await _lab.ReadyVmAsync();
        var port = (await _lab.PortAsync(first.Id, 80)).HostPort;
        await _lab.AnswersAsync(port, true);
        var gateway = first.Addresses[0][..first.Addresses[0].LastIndexOf('.')] + ".1";
        var server = NetworkLab.ServerPort;

        Assert.True(await _lab.ReachesAsync(port, $"{NetworkLab.World}:{server}"));
        Assert.False(await _lab.ReachesAsync(port, $"{NetworkLab.Provider}:{server}"), "the provider's network");
        Assert.False(await _lab.ReachesAsync(port, $"{gateway}:{server}"), "the host by its bridge");
        Assert.False(await _lab.ReachesAsync(port, $"{NetworkLab.Outside}:{server}"), "the host by its outer address");
        Assert.False(await _lab.ReachesAsync(port, $"{_lab.Host.Address}:{_lab.Agent.Port}"), "the agent's API");
        Assert.False(await _lab.ReachesAsync(port, $"{second.Addresses[0]}:80"), "another guest");
        Assert.False(await _lab.ReachesAsync(port, "169.254.169.254:80"), "the metadata service");
        Assert.False(await _lab.ReachesAsync(port, $"{NetworkLab.World}:{server}", gateway[..gateway.LastIndexOf('.')] + ".253"), "the world, from an address that is not its own");
        Assert.True(await _lab.ReachesAsync(port, $"{NetworkLab.World}:{server}"));
    }

    [Fact]
    public async Task Without_the_rules_the_same_probes_do_reach_so_that_it_is_the_rules_that_stop_them()
    {
        var vm = await _lab.ReadyVmAsync();
        var port = (await _lab.PortAsync(vm.Id, 80)).HostPort;
        await _lab.AnswersAsync(port, true);
        await _lab.Agent.Kill9Async();
        try
        {
            // What is left while the agent is dead: its rules.
            await _lab.AnswersAsync(port, true);
            Assert.False(await _lab.ReachesAsync(port, $"{NetworkLab.Provider}:{NetworkLab.ServerPort}"));

            await _lab.NftAsync("delete", "table", "bridge", NetworkLab.Table);
            foreach (var chain in new[] { "input", "outward" })
            {
                await _lab.NftAsync("flush", "chain", "inet", NetworkLab.Table, chain);
            }

            Assert.True(await _lab.ReachesAsync(port, $"{NetworkLab.Provider}:{NetworkLab.ServerPort}"));
            Assert.True(await _lab.ReachesAsync(port, $"{NetworkLab.Outside}:{NetworkLab.ServerPort}"));
        }
        finally
        {
            await _lab.Agent.StartReadyAsync();
        }

        // Each look is a new connection to the forwarded port, and throws when that is refused: the port works all the while.
        await Patience.UntilAsync("the rules are back", TimeSpan.FromSeconds(30), async () => !await _lab.ReachesAsync(port, $"{NetworkLab.Provider}:{NetworkLab.ServerPort}"));
        await _lab.AnswersAsync(port, true);
    }

    [Fact]
    public async Task Where_libvirt_keeps_its_rules_in_nftables_a_port_leads_to_the_guest_too_also_after_libvirt_made_them_anew()
    {
        var vm = await _lab.ReadyVmAsync();
        var port = await _lab.PortAsync(vm.Id, 80);
        await _lab.AnswersAsync(port.HostPort, true);
        try
        {
            // Without the agent they close the port: it is those rules that its own is needed for.
            await _lab.Agent.Kill9Async();
            await _lab.LibvirtTakesNftablesAsync();
            await _lab.AnswersAsync(port.HostPort, false);
            await _lab.Agent.StartReadyAsync();
            await _lab.AnswersAsync(port.HostPort, true);
            Assert.Single((await GuestInputAsync()).Split('\n'), l => l.Contains("decloud-agent-decloud ", StringComparison.Ordinal));

            await _lab.LibvirtStartsItsNetworkInNftablesAsync();
            await Patience.UntilAsync("the rule is before those that came", TimeSpan.FromSeconds(10), async () =>
                await GuestInputAsync() is var rules && rules.IndexOf("decloud-agent-decloud ", StringComparison.Ordinal) is > 0 and var ours && ours < rules.IndexOf(" reject", StringComparison.Ordinal));
            await _lab.AnswersAsync(port.HostPort, true);

            await _lab.RemoveAsync(vm.Id);
            await Patience.UntilAsync("the rule is gone", TimeSpan.FromSeconds(10), async () => !(await GuestInputAsync()).Contains("decloud-agent", StringComparison.Ordinal));
        }
        finally
        {
            await _lab.NftAsync("delete table ip libvirt_network");
            await _lab.Host.StopLibvirtdAsync();
            await _lab.Host.StartLibvirtdAsync();
            if (!_lab.Agent.IsRunning)
            {
                await _lab.Agent.StartReadyAsync();
            }
        }

        Task<string> GuestInputAsync() => _lab.NftAsync("list chain ip libvirt_network guest_input");
    }

    [Fact]
    public async Task A_kill_and_a_restart_of_the_agent_fail_no_new_connection()
    {
        var vm = await _lab.ReadyVmAsync();
        var port = (await _lab.PortAsync(vm.Id, 80)).HostPort;
        await _lab.AnswersAsync(port, true);
        using var stop = new CancellationTokenSource();

        // At once, before the agent has looked at its VMs again.
        await _lab.Agent.Kill9Async();
        var knocks = _lab.KnockAsync(port, stop.Token);
        await _lab.Agent.StartReadyAsync();
        await _lab.AddressAsync(vm.Id);

        // A second life, which begins while the rules of the first are settled; and the first look of the timer.
        await _lab.Agent.RestartAsync();
        await Task.Delay(TimeSpan.FromSeconds(12));
        await stop.CancelAsync();

        var (opened, failed) = await knocks;
        Assert.True(failed.Count == 0, string.Join("\n\n", failed));
        Assert.True(opened > 20, $"{opened} connections");
    }

    [Fact]
    public async Task Datagrams_reach_the_guest_through_a_UDP_port_and_its_answer_comes_back()
    {
        var vm = await _lab.ReadyVmAsync();
        var guest = vm.Addresses[0];
        var answer = await _lab.Api.SendAsync(HttpMethod.Post, $"/api/vms/{vm.Id}/ports", """{"guestPort":9999,"protocol":"udp"}""", null);
        Assert.True(answer.Status == System.Net.HttpStatusCode.OK, answer.ToString());
        var port = answer.As(RestJson.Default.PortResource);

        // Nothing listens there in the guest, so that its kernel answers with an error: counted where both pass the host.
        await _lab.NftAsync("add", "table", "inet", "watch");
        await _lab.NftAsync("add", "chain", "inet", "watch", "pass", "{ type filter hook postrouting priority 200; policy accept; }");
        await _lab.NftAsync("add", "rule", "inet", "watch", "pass", "ip", "daddr", guest, "udp", "dport", "9999", "counter", "comment", "\"in\"");
        await _lab.NftAsync("add", "rule", "inet", "watch", "pass", "ip", "daddr", NetworkLab.World, "icmp", "type", "destination-unreachable", "counter", "comment", "\"out\"");
        try
        {
            await Patience.UntilAsync("a datagram and its answer have passed", TimeSpan.FromSeconds(20), async () =>
            {
                await _lab.DatagramAsync(port.HostPort);
                var seen = await _lab.NftAsync("list", "table", "inet", "watch");
                return seen.Split('\n').Count(l => l.Contains("comment", StringComparison.Ordinal) && !l.Contains("packets 0 ", StringComparison.Ordinal)) == 2;
            });
        }
        finally
        {
            await _lab.NftAsync("delete", "table", "inet", "watch");
        }
    }

    [Fact]
    public async Task Tables_that_somebody_flushed_and_a_libvirtd_that_began_anew_are_mended()
    {
        var vm = await _lab.ReadyVmAsync();
        var port = (await _lab.PortAsync(vm.Id, 80)).HostPort;
        await _lab.AnswersAsync(port, true);

        await _lab.NftAsync("delete", "table", "inet", NetworkLab.Table);
        Assert.Null(await _lab.FromWorldAsync(port));
        await _lab.AnswersAsync(port, true, TimeSpan.FromSeconds(30));

        await _lab.NftAsync("flush", "table", "bridge", NetworkLab.Table);
        await Patience.UntilAsync("the bridge's rules are back", TimeSpan.FromSeconds(30), async () =>
            (await _lab.NftAsync("list", "table", "bridge", NetworkLab.Table)).Contains("drop", StringComparison.Ordinal));

        await Patience.UntilAsync("the operator is warned of it", TimeSpan.FromSeconds(30), async () => await FilterChangesAsync() >= 2);

        // libvirt's own chains are libvirt's: that it makes them anew is mended and nobody's meddling.
        var changes = await FilterChangesAsync();
        await _lab.Host.KillLibvirtdAsync();
        await _lab.Host.StartLibvirtdAsync();
        await _lab.Agent.ReadyAsync();
        await Patience.UntilAsync("the rule is back in libvirt's chain", TimeSpan.FromSeconds(30), () => Task.FromResult(_lab.Agent.Log.Contains("libvirt made its firewall's chain anew", StringComparison.Ordinal)));
        await _lab.AnswersAsync(port, true, TimeSpan.FromSeconds(30));
        await LaterLookAsync();
        Assert.InRange(await FilterChangesAsync(), 0, changes);
    }

    [Fact]
    public async Task A_VM_and_its_port_come_and_go_as_elements_of_tables_that_are_not_made_anew()
    {
        await _lab.Agent.ReadyAsync();
        var before = await HandlesAsync();
        await LaterLookAsync();
        var changes = await FilterChangesAsync();

        var vm = await _lab.ReadyVmAsync();
        var port = await _lab.PortAsync(vm.Id, 80);
        await _lab.AnswersAsync(port.HostPort, true);
        var name = "dcvm" + vm.Id.ToString("N")[..11];
        var bridge = await _lab.NftAsync("list", "table", "bridge", NetworkLab.Table);
        Assert.Contains($"\"{name}\" . {vm.MacAddress}", bridge, StringComparison.Ordinal);
        Assert.Contains($"\"{name}\" . {vm.MacAddress} . {vm.Addresses[0]}", bridge, StringComparison.Ordinal);
        Assert.Contains($"\"{name}\" . 0x{vm.MacAddress.Replace(":", "", StringComparison.Ordinal)}", bridge, StringComparison.Ordinal);
        Assert.Contains($"{port.HostPort} : {vm.Addresses[0]} . 80", await _lab.NftAsync("list", "map", "inet", NetworkLab.Table, "tcp_forwards"), StringComparison.Ordinal);

        await _lab.RemoveAsync(vm.Id);
        await Patience.UntilAsync("the VM's elements are gone", TimeSpan.FromSeconds(10), async () =>
            !(await _lab.NftAsync("list", "ruleset")).Contains(name, StringComparison.Ordinal));
        Assert.Equal(before, await HandlesAsync());

        // What the agent itself changes is nobody else's doing.
        await LaterLookAsync();
        Assert.InRange(await FilterChangesAsync(), 0, changes);
    }

    /// <summary>Waits until the warnings are of now, where a guest is emulated and so always one of them tells when that is.</summary>
    private async Task LaterLookAsync()
    {
        var now = DateTimeOffset.UtcNow;
        await Patience.UntilAsync("a later look", TimeSpan.FromSeconds(20), async () => !(await WarningsAsync()).Any(w => w.Kind == "emulation-in-use" && w.LastSeen < now));
    }

    private async Task<IReadOnlyList<WarningResource>> WarningsAsync() => (await _lab.Api.GetAsync("/api/warnings", RestJson.Default.WarningListResource)).Warnings;

    /// <summary>How often somebody else changed the rules lately, by what the operator is told.</summary>
    private async Task<int> FilterChangesAsync() => (await WarningsAsync()).FirstOrDefault(w => w.Kind == "packet-filter-changed") is { } warning
        ? int.Parse(warning.Detail.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)
        : 0;

    [Fact]
    public async Task What_somebody_takes_out_or_puts_in_is_mended_at_once_and_what_is_not_ours_stays()
    {
        var vm = await _lab.ReadyVmAsync();
        var name = "dcvm" + vm.Id.ToString("N")[..11];

        // The view has the address a moment before the rules do.
        await Patience.UntilAsync("the guest's address is in the rules", TimeSpan.FromSeconds(5), async () => (await RulesAsync()).Contains(vm.Addresses[0], StringComparison.Ordinal));
        string[] changes =
        [
            $"delete element bridge {NetworkLab.Table} macs {{ \"{name}\" . {vm.MacAddress} }}",
            $"add element bridge {NetworkLab.Table} macs {{ \"{name}\" . 52:54:00:00:00:99 }}",
            $"insert rule bridge {NetworkLab.Table} prerouting accept",
            $"delete element inet {NetworkLab.Table} private {{ 192.168.0.0/16 }}",
            $"flush chain inet {NetworkLab.Table} input",
            $"delete table bridge {NetworkLab.Table}",
        ];
        await _lab.NftAsync("add", "table", "inet", "another");
        try
        {
            foreach (var change in changes)
            {
                var (before, sound) = (await HandlesAsync(), await RulesAsync());
                await _lab.NftAsync(change);
                await Patience.UntilAsync($"'{change}' is mended", TimeSpan.FromSeconds(5), async () => await HandlesAsync() is { Length: > 0 } now && now != before && await RulesAsync() == sound, () => _lab.Agent.Log);
            }

            var handles = await HandlesAsync();
            await _lab.NftAsync("add", "chain", "inet", "another", "idle");
            await _lab.ReadyVmAsync();
            Assert.Equal(handles, await HandlesAsync());
            Assert.Contains("idle", await _lab.NftAsync("list", "table", "inet", "another"), StringComparison.Ordinal);
        }
        finally
        {
            await _lab.NftAsync("delete", "table", "inet", "another");
        }
    }

    [Fact]
    public async Task A_port_survives_kill_9_and_a_removed_one_stays_away()
    {
        var vm = await _lab.ReadyVmAsync();
        var kept = await _lab.PortAsync(vm.Id, 80, "kept");
        var removed = await _lab.PortAsync(vm.Id, 81, "removed");
        await _lab.AnswersAsync(kept.HostPort, true);
        Assert.Equal(System.Net.HttpStatusCode.OK, (await _lab.Api.SendAsync(HttpMethod.Delete, $"/api/vms/{vm.Id}/ports/81/tcp")).Status);

        await _lab.Agent.RestartAsync();

        Assert.Equal([kept], (await _lab.Api.GetAsync($"/api/vms/{vm.Id}/ports", RestJson.Default.PortListResource)).Items);
        await _lab.AnswersAsync(kept.HostPort, true);
        Assert.Equal(kept, await _lab.PortAsync(vm.Id, 80, "kept"));
        Assert.Equal(removed, await _lab.PortAsync(vm.Id, 81, "removed"));
    }

    /// <summary>The numbers of the agent's tables: others as soon as they are made anew.</summary>
    private async Task<string> HandlesAsync()
    {
        var handles = (await _lab.NftAsync("-a", "list", "ruleset")).Split('\n').Where(l => l.Contains($" {NetworkLab.Table} {{ # handle ", StringComparison.Ordinal)).ToList();
        return handles.Count == 2 ? string.Join(' ', handles.Order(StringComparer.Ordinal)) : "";
    }

    /// <summary>What is in the agent's tables, each line for itself, since elements are listed in any order.</summary>
    private async Task<string> RulesAsync()
    {
        var tables = ("\n" + await _lab.NftAsync("list", "ruleset")).Split("\ntable ").Where(t => t.Split(' ') is [_, NetworkLab.Table, ..]);
        return string.Join('\n', string.Concat(tables).Split([',', '\n', '{', '}'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }
}
