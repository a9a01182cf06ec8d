using System.Text.Json;
using DeCloud.NodeAgent.Contracts.Remote;

namespace DeCloud.NodeAgent.Tests.Remote;

/// <summary>One value of every message, with every member set, as version 1 sent them.</summary>
internal static class RemoteSamples
{
    private static readonly Guid Session = Guid.Parse("11111111-2222-3333-4444-555555555555");
    private static readonly Guid Vm = Guid.Parse("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private const string Operation = "vm-aaaaaaaabbbbccccddddeeeeeeeeeeee-1";

    public static IReadOnlyDictionary<string, IRemoteMessage> ByManifest { get; } = new Dictionary<string, IRemoteMessage>
    {
        ["attach.1"] = new Attach(Session, "orchestrator", "node-1", 7, 1, 1, 41, 128, 5, At),
        ["attached.1"] = new Attached(Session, "node-1", 1, 7, 41, 126976, 20, "0.1.0", At, true),
        ["refused.1"] = new Refused(Session, "epoch-superseded", "The node follows another.", true, 1, 1, 8),
        ["ack.1"] = new Ack(Session, 42, At),
        ["detach.1"] = new Detach(Session),
        ["create-vm.1"] = new CreateVm(
            Session, "c-1", At, Vm, "web-1", 2, 512L << 20, 1L << 30, "https://images.example/base.qcow2", "sha256:" + string.Concat(Enumerable.Repeat("ab", 32)), "ssh-ed25519 AAAA", "#cloud-config\n",
            new Dictionary<string, string> { ["env"] = "test" }),
        ["start-vm.1"] = new StartVm(Session, "c-2", At, Vm),
        ["stop-vm.1"] = new StopVm(Session, "c-3", At, Vm, true),
        ["delete-vm.1"] = new DeleteVm(Session, "c-4", At, Vm),
        ["reconcile-peers.1"] = new ReconcilePeers(Session, "c-5", At, [new("k1=", "192.0.2.1:51820", ["10.80.1.0/24"], 25)], ["k2="]),
        ["report.1"] = new Report(Session, "c-6", At),
        ["drain.1"] = new Drain(Session, "c-7", At, true),
        ["command-accepted.1"] = new CommandAccepted(Session, "c-1", Operation, Vm, "running"),
        ["command-refused.1"] = new CommandRefused(Session, "c-1", "draining", "The node takes no new VMs.", true),
        ["vm-event.1"] = new VmEvent(
            Session, 3, 42, $"/api/vms/{Vm}", At, "operation-ended", "guest", "It ended.", JsonDocument.Parse("""{"number":1}""").RootElement, true,
            new(Operation, "c-1", "create", "failed", "disk-full", "The disk is full.")),
        ["heartbeat.1"] = new Heartbeat(
            Session, 9, At, 3, new Dictionary<string, int> { ["running"] = 2 }, new(8, 1L << 34, 1L << 40, 4, 1L << 30, 1L << 31), true, "nothing", true),
        ["node-report.1"] = new NodeReport(
            Session, "c-6", 1, 2, At, new(8), [new(Vm, "web-1", "running", "orchestrator:orchestrator", "running", "booted", 2, 512L << 20, 1L << 30, ["192.0.2.7"], "none", 12)]),
    };
}
