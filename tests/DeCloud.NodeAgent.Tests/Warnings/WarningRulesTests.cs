using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Core.Warnings;
using DeCloud.NodeAgent.Tests.Api;

namespace DeCloud.NodeAgent.Tests.Warnings;

public sealed class WarningRulesTests
{
    private const long GiB = 1L << 30;
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly string Vm = $"vm/{Samples.Id}";

    public static TheoryData<string, NodeFacts, WarningSeverity, string> Troubles => new()
    {
        { "vm-step-failing", Of(vm => vm with { Failure = new("create-disk", "disk-full", "The disk is full.", 3, At, At) }), WarningSeverity.Warning, Vm },
        { "vm-step-failing", Of(vm => vm with { Failure = new("start", "no-acceleration", "There is no KVM.", 1, At, null) }), WarningSeverity.Critical, Vm },
        { "vm-crash-loop", Of(vm => vm with { RecentCrashes = [Ago(9), Ago(5), Ago(1)] }), WarningSeverity.Critical, Vm },
        { "vm-paused-on-disk", Of(vm => vm with { Status = new("paused", "io-error", At) }), WarningSeverity.Critical, Vm },
        { "vm-slow-start", Of(vm => vm with { LastStart = new(Ago(14), 3) }), WarningSeverity.Info, Vm },
        { "libvirt-lost", Of(new HypervisorResource("lost", At, "refused", null, null, null, null)), WarningSeverity.Critical, "node" },
        { "emulation-in-use", Of(new HypervisorResource("connected", At, null, "10", "8", "emulation", "no vmx")), WarningSeverity.Warning, "node" },
        { "no-acceleration", Of(new HypervisorResource("connected", At, null, "10", "8", "none", "no vmx")), WarningSeverity.Critical, "node" },
        { "images-over-budget", new NodeFacts { Images = new([], 3 * GiB, 2 * GiB, GiB) }, WarningSeverity.Warning, "node" },
        { "disk-nearly-full", Disk(100 * GiB, 5 * GiB), WarningSeverity.Warning, "disk/var" },
        { "disk-nearly-full", Disk(100 * GiB, GiB), WarningSeverity.Critical, "disk/var" },
        { "journal-trouble", new NodeFacts { JournalTrouble = "disk I/O error" }, WarningSeverity.Critical, "node" },
        { "packet-filter-trouble", new NodeFacts { Isolation = "failed", PacketFilterReason = "nft is missing" }, WarningSeverity.Critical, "node" },
        { "packet-filter-trouble", new NodeFacts { Isolation = "unavailable", PacketFilterReason = "nft is missing" }, WarningSeverity.Warning, "node" },
        { "packet-filter-trouble", new NodeFacts { Isolation = "on", PacketFilterReason = "iptables refused" }, WarningSeverity.Warning, "node" },
        { "packet-filter-changed", new NodeFacts { Isolation = "on", PacketFilterChanges = 2 }, WarningSeverity.Warning, "node" },
        { "orchestrator-unreachable", new NodeFacts { Orchestrator = Orchestrator("unreachable") }, WarningSeverity.Warning, "node" },
        { "orchestrator-refuses", new NodeFacts { Orchestrator = Orchestrator("reporting") with { LoginReason = "the node is blocked" } }, WarningSeverity.Warning, "node" },
        { "orchestrator-disowned-vms", new NodeFacts { Orchestrator = Orchestrator("logged-in") with { QuarantinedVms = [Samples.Id] } }, WarningSeverity.Warning, "node" },
        { "remote-orchestrator-gone", new NodeFacts { Remote = new(At) }, WarningSeverity.Warning, "node" },
        { "remote-orchestrator-gone", new NodeFacts { Remote = RemoteLink.To("orchestrator", At).Ended("nothing was heard of it", At) }, WarningSeverity.Warning, "node" },
        { "remote-orchestrator-gone", new NodeFacts { Remote = RemoteLink.To("orchestrator", At).Failed("the port is taken", At) }, WarningSeverity.Warning, "node" },
        { "wireguard-unavailable", new NodeFacts { WireGuard = Overlay("unavailable") with { Reason = "wg is missing" } }, WarningSeverity.Warning, "node" },
        { "wireguard-peer-stale", new NodeFacts { WireGuard = Overlay("up", Peer("stale")) }, WarningSeverity.Warning, "peer/" + Key },
        { "actor-failing", new NodeFacts { FailingActors = [new("/user/node/wireguard", 3, "IOException: bang")] }, WarningSeverity.Warning, "actor/user/node/wireguard" },
        { "api-without-tls", new NodeFacts { ExposedAddress = "0.0.0.0:5100" }, WarningSeverity.Warning, "node" },
    };

    private static string Key => "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";

    [Theory]
    [MemberData(nameof(Troubles))]
    public void Each_trouble_is_found_alone_with_its_severity_and_subject(string kind, NodeFacts facts, WarningSeverity severity, string subject)
    {
        var finding = Assert.Single(WarningRules.Look(facts));

        Assert.Equal((kind, severity, subject), (finding.Kind.Code, finding.Severity, finding.Subject));
        Assert.NotEmpty(finding.Title);
        Assert.NotEmpty(finding.Detail);
        Assert.Matches("^[a-z0-9.-]{1,64}$", finding.Id);
    }

    [Fact]
    public void Every_kind_has_a_trouble_that_raises_it_and_a_line_in_the_docs()
    {
        Assert.Empty(WarningKinds.All.Select(k => k.Code).Except(Troubles.Select(t => (string)t[0])));
        var docs = File.ReadAllText(Path.Join(Architecture.Tree.Root, "docs", "warnings.md"));
        Assert.All(WarningKinds.All, kind => Assert.Contains($"| `{kind.Code}` |", docs, StringComparison.Ordinal));
    }

    [Fact]
    public void A_node_that_is_well_or_not_known_yet_has_no_warning()
    {
        Assert.Empty(WarningRules.Look(new NodeFacts()));
        Assert.Empty(WarningRules.Look(Of(vm => vm with { LastStart = new(Ago(16), 3) })));
        Assert.Empty(WarningRules.Look(Of(vm => vm with { Failure = new("resolve-image", "image-unreachable", "x", 2, At, At), RecentCrashes = [Ago(30), Ago(11), Ago(9), Ago(1)], LastStart = new(Ago(1), 1.9) }) with
        {
            Node = Of(new HypervisorResource("connected", At, null, "10", "8", "kvm", null)).Node,
            Snapshot = Disk(1000 * GiB, 500 * GiB).Snapshot,
            Images = new([], GiB, 2 * GiB, GiB),
            Isolation = "on",
            WireGuard = Overlay("up", Peer("connected"), Peer("idle")),
            Orchestrator = Orchestrator("logged-in"),
            Remote = RemoteLink.To("orchestrator", At),
        }));
    }

    [Fact]
    public void A_detail_is_bounded_whatever_a_host_says() =>
        Assert.InRange(Assert.Single(WarningRules.Look(new NodeFacts { JournalTrouble = new string('x', 100_000) })).Detail.Length, 100, 501);

    private static DateTimeOffset Ago(int minutes) => At.AddMinutes(-minutes);

    private static NodeFacts Of(Func<VmResource, VmResource> change) => new() { At = At, Vms = [change(Samples.Vm())] };

    private static NodeFacts Of(HypervisorResource hypervisor) => new()
    {
        Node = new() { Version = "1", StartedAt = At, UptimeSeconds = 1, Hypervisor = hypervisor, Vms = new Dictionary<string, int>(), ForeignDomains = 0, Reconciled = true },
    };

    private static NodeFacts Disk(long total, long available) => new()
    {
        Snapshot = new() { At = At, Disks = [], Interfaces = [], Vms = new([], null), FileSystems = [new("/var", total, available, 1000, 900)] },
    };

    private static OrchestratorResource Orchestrator(string state) => new()
    {
        State = state,
        LoginWished = true,
        Failures = state == "unreachable" ? 4 : 0,
        Reason = state == "unreachable" ? "connection refused" : null,
        CommandsReceived = 0,
        CommandsOpen = 0,
        Outbox = 0,
        ResultsTold = 0,
        QuarantinedVms = [],
    };

    private static WireGuardResource Overlay(string state, params WireGuardPeerResource[] peers) => new() { State = state, Since = At, InterfaceName = "wg0", ListenPort = 51820, Peers = peers };

    private static WireGuardPeerResource Peer(string state) => new() { PublicKey = Key, AllowedIps = [], KeepaliveSeconds = 25, HasPresharedKey = false, State = state, ReceivedBytes = 0, SentBytes = 0 };
}
