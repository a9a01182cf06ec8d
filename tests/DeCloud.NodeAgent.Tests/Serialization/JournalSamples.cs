using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Core.Warnings;
using DeCloud.NodeAgent.Tests.Vms;

namespace DeCloud.NodeAgent.Tests.Serialization;

/// <summary>One value of every type the journal holds, with every member set, as version 1 wrote them.</summary>
internal static class JournalSamples
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
    private static readonly VmId Id = new(Guid.Parse("5e0a2c3a-7f0b-4c57-9a39-9d4c1e0b7a11"));
    private static readonly Request Asked = new("key-1", "ab12", "api");
    private static readonly Failure Cause = new(FailureCodes.ImageUnreachable, "The server is away.", false);

    private static readonly VmSpec Spec = Samples.Spec with
    {
        SshPublicKey = "ssh-ed25519 AAAA me@home",
        HasUserData = true,
        Labels = ImmutableSortedDictionary<string, string>.Empty.Add("tier", "gold"),
    };

    private static readonly OverlayPeer Peer = new(PublicKey.Parse("xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="), "192.0.2.20:51820", ["10.80.0.8/32", "10.80.8.0/24"], 25, 3);
    private static readonly PortForward Web = new(Id, 80, PortProtocol.Tcp, 40000, "web", Asked, At);

    private static readonly OrderedCommand Ordered = new(
        "command-1", "orchestrator:https://o.example", OrchestratorCommandType.StopVm, Id, "{}", "ab12", true, At.AddSeconds(-1), At);

    private static readonly CommandResult Outcome = new(false, "TERMINAL: no", "{\"VmPort\":22}", At);
    private static readonly OrderedVm OfOrchestrator = new("Web 1", "Tenant", "General", "owner-1", 2, 7);

    public static IReadOnlyDictionary<string, object> ByManifest { get; } = new Dictionary<string, object>
    {
        ["vm-created.1"] = new VmEvents.Created(Id, Spec, At),
        ["vm-operation-accepted.1"] = new VmEvents.OperationAccepted(3, VmChange.ForceStop, Asked, At),
        ["vm-intent-changed.1"] = new VmEvents.IntentChanged(VmIntent.Stopped, true, "api", "key-1", At),
        ["vm-step-started.1"] = new VmEvents.StepStarted(7, VmStep.CreateDisk, 2, At),
        ["vm-step-completed.1"] = new VmEvents.StepCompleted(6, VmStep.ResolveImage, Samples.Digest, At),
        ["vm-step-failed.1"] = new VmEvents.StepFailed(6, VmStep.ResolveImage, Cause, 2, At.AddSeconds(2), At),
        ["vm-step-abandoned.1"] = new VmEvents.StepAbandoned(6, VmStep.Start, At),
        ["vm-observed.1"] = new VmEvents.Observed(PowerState.Stopped, PowerReason.GuestShutdown, At),
        ["vm-crashed.1"] = new VmEvents.Crashed(PowerReason.Crashed, 2, At.AddSeconds(2), At),
        ["vm-rebooted.1"] = new VmEvents.Rebooted(At),
        ["vm-operation-ended.1"] = new VmEvents.OperationEnded(3, OperationStatus.Failed, Cause, At),
        ["vm-tombstoned.1"] = new VmEvents.Tombstoned(At),
        ["vm-state.1"] = new VmState(Id)
        {
            Spec = Spec,
            CreatedAt = At,
            Wanted = new(VmIntent.Running, true, "api", "key-1", At),
            Reality = new(PowerState.Running, PowerReason.Booted, At),
            Recorded = new(PowerState.Running, PowerReason.Booted, At),
            LastKnown = new(PowerState.Running, PowerReason.Booted, At),
            Image = Samples.Digest,
            HasDisk = true,
            HasSeed = true,
            Step = new(9, VmStep.Shutdown, 1, At),
            LastStep = 9,
            Failure = new(VmStep.Start, Cause, 3, At, At.AddSeconds(4)),
            PendingRestart = VmChange.Restart,
            GuestAskedAt = At,
            GuestAskedLastAt = At.AddSeconds(10),
            Crashes = 4,
            CrashStreak = 2,
            Operations = [new(1, VmChange.Create, Asked, At, OperationStatus.Failed, Cause, At.AddSeconds(1))],
            IsTombstoned = true,
            Version = 42,
        },
        ["roster-admitted.1"] = new RosterEvents.Admitted(Id, Spec, Asked, At),
        ["roster-removed.1"] = new RosterEvents.Removed(Id, At),
        ["roster.1"] = new VmRoster
        {
            Vms = ImmutableDictionary<VmId, RosterEntry>.Empty.Add(Id, new(Spec, Asked)),
            Keys = ImmutableDictionary<string, VmId>.Empty.Add("key-1", Id),
            Tombstones = [new(new(Guid.Parse("00000000-0000-4000-8000-000000000001")), "key-0")],
            Gone = [new(Guid.Parse("00000000-0000-4000-8000-000000000001"))],
        },
        ["image-pull-accepted.1"] = new ImageEvents.PullAccepted(1, "https://images.example/a", Samples.Digest, Asked, At),
        ["image-pull-ended.1"] = new ImageEvents.PullEnded(1, OperationStatus.Succeeded, Samples.Digest, Cause, At),
        ["image-used.1"] = new ImageEvents.Used(Samples.Digest, At),
        ["image-removed.1"] = new ImageEvents.Removed(Samples.Digest, "evicted", At),
        ["overlay-key-rotated.1"] = new OverlayEvents.KeyRotated(2, PublicKey.Parse("HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="), Asked, At),
        ["overlay-peer-set.1"] = new OverlayEvents.PeerSet(Peer, Asked, At),
        ["overlay-peer-removed.1"] = new OverlayEvents.PeerRemoved(Peer.PublicKey, Asked, At),
        ["overlay.1"] = new OverlayState
        {
            KeyId = 2,
            PublicKey = PublicKey.Parse("HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="),
            KeySince = At,
            Peers = ImmutableSortedDictionary.Create<string, OverlayPeer>(StringComparer.Ordinal).Add(Peer.PublicKey.Text, Peer),
            LastPresharedKeyId = 3,
            Requests = [new("key-1", "ab12", 2, PublicKey.Parse("HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="))],
        },
        ["image-cache.1"] = new ImageCacheState
        {
            Pulls = [new(1, "https://images.example/a", Samples.Digest, Asked, At, OperationStatus.Failed, Samples.Digest, Cause, At)],
            LastUsed = ImmutableDictionary<string, DateTimeOffset>.Empty.Add(Samples.Digest.ToString(), At),
        },
        ["port-allocated.1"] = new PortEvents.Allocated(Id, 80, PortProtocol.Tcp, 40000, "web", Asked, At),
        ["port-removed.1"] = new PortEvents.Removed(Id, 53, PortProtocol.Both, Asked, At),
        ["ports-freed.1"] = new PortEvents.Freed(Id, At),
        ["ports-pointed.1"] = new PortEvents.Pointed(Id, "192.168.122.7", At),
        ["ports.1"] = new PortTable
        {
            Forwards = [Web],
            Addresses = ImmutableDictionary<VmId, string>.Empty.Add(Id, "192.168.122.7"),
            Answered = [new("key-1", "ab12", true, Web with { Protocol = PortProtocol.Udp })],
        },
        ["orchestrator-registered.1"] = new OrchestrationEvents.Registered("orchestrator:https://o.example", "node-1", At),
        ["orchestrator-login-wished.1"] = new OrchestrationEvents.LoginWished(true, At),
        ["orchestrator-command-received.1"] = new OrchestrationEvents.CommandReceived(Ordered, At),
        ["orchestrator-command-started.1"] = new OrchestrationEvents.CommandStarted("command-1", Id, 3, OfOrchestrator, At),
        ["orchestrator-command-finished.1"] = new OrchestrationEvents.CommandFinished("command-1", Outcome, At),
        ["orchestrator-result-delivered.1"] = new OrchestrationEvents.ResultDelivered("command-1", "404: unknown", At),
        ["orchestrator-result-asked-again.1"] = new OrchestrationEvents.ResultAskedAgain("command-1", At),
        ["orchestrator-vm-quarantined.1"] = new OrchestrationEvents.VmQuarantined(Id, 2, At),
        ["orchestrator-quarantine-lifted.1"] = new OrchestrationEvents.QuarantineLifted(Id, At),
        ["orchestrator.1"] = new OrchestrationState
        {
            RegisteredBy = "orchestrator:https://o.example",
            NodeId = "node-1",
            IsLoginWished = false,
            Commands = ImmutableDictionary<string, CommandState>.Empty.Add("command-1", new(Ordered, CommandStage.Delivered, Id, 3, Outcome)),
            Delivered = ["command-1"],
            Vms = ImmutableDictionary<VmId, OrderedVm>.Empty.Add(Id, OfOrchestrator),
            PowerOrders = ImmutableDictionary<VmId, DateTimeOffset>.Empty.Add(Id, At),
            Quarantined = ImmutableDictionary<VmId, long>.Empty.Add(Id, 2),
            Quarantines = 2,
            Received = 9,
            Told = 8,
        },
        ["warning-raised.1"] = new WarningEvents.Raised("disk-nearly-full.0a1b2c3d4e5f", "disk-nearly-full", WarningSeverity.Critical, "disk/var", "/var is nearly full", "Only 1.0 GiB.", At),
        ["warning-ended.1"] = new WarningEvents.Ended("libvirt-lost", At.AddSeconds(-30), At),
        ["warning-acknowledged.1"] = new WarningEvents.Acknowledged("libvirt-lost", "socket", "being upgraded", At),
        ["operator-restart-asked.1"] = new OperatorEvents.RestartAsked("/user/node/wireguard", "socket", At),
        ["warning-unacknowledged.1"] = new WarningEvents.Unacknowledged("libvirt-lost", "token", At),
        ["warnings.1"] = new WarningState
        {
            Warnings = new WarningState().Warnings.Add(
                "libvirt-lost",
                new("libvirt-lost", "libvirt-lost", WarningSeverity.Critical, "node", "libvirt is not connected", "refused", At, At.AddSeconds(30), 3, 2, At.AddSeconds(60), new(At.AddSeconds(5), "socket", "being upgraded"))),
        },
        ["remote-followed.1"] = new AllegianceEvents.Followed("orchestrator", 7, new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)),
        ["remote-drained.1"] = new AllegianceEvents.Drained(true, new("remote:c-7", "ab", "orchestrator:orchestrator"), new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)),
    };
}
