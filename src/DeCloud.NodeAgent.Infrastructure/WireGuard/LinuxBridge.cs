using System.Collections.Immutable;
using System.Runtime.Versioning;
using System.Text.Json;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Linux;
using static DeCloud.NodeAgent.Infrastructure.WireGuard.NetworkTools;

namespace DeCloud.NodeAgent.Infrastructure.WireGuard;

/// <summary>What leads VMs into the overlay on Linux: a bridge by <c>ip</c>, rules by <c>nft</c>, and the kernel's switch for each of the two interfaces between which packets pass.</summary>
/// <param name="table">The name of the agent's own tables in nftables for it.</param>
[SupportedOSPlatform("linux")]
internal sealed class LinuxBridge(string table) : IOverlayBridge
{
    private const string SwitchOn = "1";
    private static readonly string[] Families = ["inet", "bridge"];

    private string? _set;
    private string? _listed;

    public async Task<BridgeSighting> LookAsync(VmBridge target, CancellationToken cancellation)
    {
        var guests = target.Guests.Select(g => g.VmId.OverlayInterfaceName).ToHashSet(StringComparer.Ordinal);
        var listed = await DoneAsync("ip", ["-json", "-details", "address", "show"], "list the network interfaces", cancellation);
        var links = Parse(listed.Output, (name, alias) => name == target.Bridge || alias == target.Mark || guests.Contains(name));
        var forwarding = ImmutableDictionary.CreateBuilder<string, bool>(StringComparer.Ordinal);
        foreach (var name in new[] { target.Bridge, target.Tunnel })
        {
            if (await ForwardsAsync(name, cancellation) is { } passes)
            {
                forwarding[name] = passes;
            }
        }

        var hasRules = _set == BridgeRules.Of(table, target) && _listed == await ListAsync(cancellation);
        return new(links, forwarding.ToImmutable(), hasRules);
    }

    public Task ApplyAsync(BridgeStep step, VmBridge target, CancellationToken cancellation) => step switch
    {
        BridgeStep.SetRules => SetRulesAsync(target, cancellation),
        BridgeStep.Make => DoneAsync(
            "ip",
            ["link", "add", "dev", target.Bridge, "address", target.MacAddress, "type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0"],
            $"make the bridge {target.Bridge}",
            cancellation),

        // Without IPv6 addresses: guests have none there, and the host shall not be found under one.
        BridgeStep.Mark => DoneAsync("ip", ["link", "set", "dev", target.Bridge, "alias", target.Mark, "addrgenmode", "none"], $"mark the bridge {target.Bridge}", cancellation),
        BridgeStep.AddAddress => DoneAsync("ip", ["address", "replace", target.Address.ToString(), "dev", target.Bridge], $"give {target.Bridge} the address {target.Address}", cancellation),
        BridgeStep.RemoveAddress s => DoneAsync("ip", ["address", "del", s.Address.ToString(), "dev", target.Bridge], $"take the address {s.Address} from {target.Bridge}", cancellation),
        BridgeStep.SetUp => DoneAsync("ip", ["link", "set", "dev", target.Bridge, "up"], $"switch {target.Bridge} on", cancellation),
        BridgeStep.Forward s => SwitchForwardingOnAsync(s.InterfaceName, cancellation),
        BridgeStep.Attach s => DoneAsync("ip", ["link", "set", "dev", s.InterfaceName, "master", target.Bridge], $"put {s.InterfaceName} on {target.Bridge}", cancellation),
        BridgeStep.RemoveLink s => RemoveLinkAsync(s.InterfaceName, cancellation),
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, "There is no such step."),
    };

    public async Task RemoveAsync(string mark, CancellationToken cancellation)
    {
        var listed = await RunAsync("ip", ["-json", "-details", "address", "show"], cancellation);
        if (!listed.IsDone || Parse(listed.Output, (_, alias) => alias == mark) is not { IsEmpty: false } links)
        {
            return;
        }

        foreach (var link in links)
        {
            await RemoveLinkAsync(link.Name, cancellation);
        }

        await DoneAsync("nft", ["-f", "-"], "remove the rules of the VMs' way into the overlay", cancellation, BridgeRules.None(table));
    }

    private static ImmutableArray<SeenLink> Parse(string json, Func<string, string?, bool> matters)
    {
        try
        {
            return LinkList.Parse(json, matters);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Unavailable($"What ip printed could not be understood: {e.Message} Install a current iproute2.", e);
        }
    }

    private static Task<ToolResult> RemoveLinkAsync(string name, CancellationToken cancellation) => DoneAsync("ip", ["link", "del", "dev", name], $"remove {name}", cancellation);

    private async Task SetRulesAsync(VmBridge target, CancellationToken cancellation)
    {
        var text = BridgeRules.Of(table, target);
        await DoneAsync("nft", ["-f", "-"], "put the rules of the VMs' way into the overlay in force", cancellation, text);
        _listed = await ListAsync(cancellation);
        _set = text;
    }

    /// <summary>Everything in the tables, without counters; a table that is not there is an empty text.</summary>
    private async Task<string> ListAsync(CancellationToken cancellation)
    {
        var all = "";
        foreach (var family in Families)
        {
            var listed = await RunAsync("nft", ["-s", "list", "table", family, table], cancellation);
            all += (listed.IsDone ? listed.Output : "") + '\0';
        }

        return all;
    }

    // The kernel asks the interface that a packet came by whether it may be passed on, so the host as a whole need not be a router.
    private static string SwitchOf(string interfaceName) => $"/proc/sys/net/ipv4/conf/{interfaceName}/forwarding";

    /// <returns>Whether packets from an interface are passed on; null when there is no such interface.</returns>
    private static async Task<bool?> ForwardsAsync(string interfaceName, CancellationToken cancellation)
    {
        try
        {
            return (await File.ReadAllTextAsync(SwitchOf(interfaceName), cancellation)).Trim() == SwitchOn;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static async Task SwitchForwardingOnAsync(string interfaceName, CancellationToken cancellation)
    {
        try
        {
            await File.WriteAllTextAsync(SwitchOf(interfaceName), SwitchOn, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unavailable($"The agent may not have {interfaceName} pass packets on: {e.Message} Run it as root with /proc/sys writable, or set net.ipv4.ip_forward=1 before it starts.", e);
        }
    }
}
