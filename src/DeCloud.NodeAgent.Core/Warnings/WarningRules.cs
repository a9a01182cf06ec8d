using System.Globalization;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Remote;

namespace DeCloud.NodeAgent.Core.Warnings;

/// <summary>What is not as it should be.</summary>
public static class WarningRules
{
    /// <summary>So many failures in a row are no accident.</summary>
    public const int FailuresThatMatter = 3;

    /// <summary>So many crashes within ten minutes are a loop.</summary>
    public const int CrashesThatMatter = 3;

    private const int MostText = 500;
    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan SlowStart = TimeSpan.FromSeconds(2);

    /// <summary>Looks at what is known.</summary>
    /// <param name="facts">What is known.</param>
    /// <returns>What is wrong, at most one finding a kind and subject.</returns>
    public static IReadOnlyList<Finding> Look(NodeFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return
        [
            .. facts.Vms.SelectMany(vm => OfVm(vm, facts)),
            .. OfHypervisor(facts.Node),
            .. OfDisks(facts.Snapshot),
            .. OfImages(facts.Images),
            .. OfNetwork(facts),
            .. OfWireGuard(facts.WireGuard),
            .. OfOrchestrator(facts.Orchestrator),
            .. OfRemote(facts.Remote),
            .. OfAgent(facts),
        ];
    }

    private static List<Finding> OfVm(VmResource vm, NodeFacts facts)
    {
        List<Finding> found = [];
        var subject = $"vm/{vm.Id}";
        var crashes = vm.RecentCrashes.Count(at => facts.At - at <= Lately);
        if (crashes >= CrashesThatMatter)
        {
            found.Add(new(WarningKinds.VmCrashLoop, WarningSeverity.Critical, subject, $"VM {Short(vm.Name)} goes down again and again", Text($"It went down by itself {crashes} times within ten minutes, {vm.Crashes} times in all.")));
        }
        else if (vm.Failure is { } failure && (failure.Attempt >= FailuresThatMatter || failure.NextTryAt is null))
        {
            var again = failure.NextTryAt is null ? "It is not tried again by itself." : "It is tried again.";
            found.Add(new(
                WarningKinds.VmStepFailing,
                failure.NextTryAt is null ? WarningSeverity.Critical : WarningSeverity.Warning,
                subject,
                $"VM {Short(vm.Name)}: {failure.Step} fails",
                Text($"{failure.Step} failed {failure.Attempt} times ({failure.Code}): {failure.Message} {again}")));
        }

        if (vm.Status is { State: "paused", Reason: "io-error" })
        {
            found.Add(new(WarningKinds.VmPausedOnDisk, WarningSeverity.Critical, subject, $"VM {Short(vm.Name)} is paused: its disk can't be written", "QEMU paused it at a write that failed."));
        }

        if (vm.LastStart is { } start && start.Seconds > SlowStart.TotalSeconds && facts.At - start.At <= Quarter)
        {
            found.Add(new(WarningKinds.VmSlowStart, WarningSeverity.Info, subject, $"VM {Short(vm.Name)} started slowly", Text($"Its last start took {start.Seconds:0.0} s.")));
        }

        return found;
    }

    private static IEnumerable<Finding> OfHypervisor(NodeResource? node) => node?.Hypervisor switch
    {
        { State: "lost" } lost => [new(WarningKinds.LibvirtLost, WarningSeverity.Critical, Finding.Node, "libvirt is not connected", Text($"{lost.Reason}"))],
        { State: "connected", Acceleration: "emulation" } slow => [new(WarningKinds.EmulationInUse, WarningSeverity.Warning, Finding.Node, "VMs are emulated", Text($"They are slow, and not protected from each other by the processor. {slow.AccelerationReason}"))],
        { State: "connected", Acceleration: "none" } none => [new(WarningKinds.NoAcceleration, WarningSeverity.Critical, Finding.Node, "The host can't run VMs", Text($"{none.AccelerationReason}"))],
        _ => [],
    };

    private static IEnumerable<Finding> OfDisks(NodeSnapshot? snapshot) => (snapshot?.FileSystems ?? [])
        .Select(disk => (Disk: disk, Check: HealthOf.Disk(disk)))
        .Where(d => d.Check.Status != HealthOf.Fine)
        .Select(d => new Finding(
            WarningKinds.DiskNearlyFull,
            d.Check.Status == HealthOf.Failed ? WarningSeverity.Critical : WarningSeverity.Warning,
            $"disk{d.Disk.MountPoint}",
            $"{Short(d.Disk.MountPoint)} is nearly full",
            Text($"{d.Check.Reason}")));

    private static IEnumerable<Finding> OfImages(ImageListResource? images) => images is not null && images.BudgetBytes > 0 && images.UsedBytes > images.BudgetBytes
        ? [new(WarningKinds.ImagesOverBudget, WarningSeverity.Warning, Finding.Node, "The image cache is over its budget", Text($"It takes {GiB(images.UsedBytes)} of {GiB(images.BudgetBytes)}."))]
        : [];

    private static List<Finding> OfNetwork(NodeFacts facts)
    {
        List<Finding> found = [];
        if (facts.Isolation is "failed" or "unavailable" || (facts.Isolation is "on" or "off" && facts.PacketFilterReason is not null))
        {
            found.Add(new(
                WarningKinds.PacketFilterTrouble,
                facts.Isolation == "failed" ? WarningSeverity.Critical : WarningSeverity.Warning,
                Finding.Node,
                facts.Isolation switch { "failed" => "VMs can't be kept apart, and are not started", "unavailable" => "VMs are not kept apart from the host's network", _ => "Ports can't be forwarded" },
                Text($"{facts.PacketFilterReason}")));
        }

        if (facts.PacketFilterChanges > 0)
        {
            found.Add(new(WarningKinds.PacketFilterChanged, WarningSeverity.Warning, Finding.Node, "Somebody changed the agent's packet filter rules", Text($"{facts.PacketFilterChanges} times within fifteen minutes. The agent put them back each time.")));
        }

        return found;
    }

    private static List<Finding> OfWireGuard(WireGuardResource? overlay)
    {
        List<Finding> found = [];
        if (overlay is null || overlay.State == "off")
        {
            return found;
        }

        if (overlay.State == "unavailable" || overlay.Vms is { State: "unavailable" })
        {
            found.Add(new(WarningKinds.WireGuardUnavailable, WarningSeverity.Warning, Finding.Node, overlay.State == "unavailable" ? "The overlay is down" : "VMs can't reach the overlay", Text($"{overlay.Reason ?? overlay.Vms?.Reason}")));
        }

        foreach (var peer in overlay.Peers.Where(p => p.State == "stale" || p.Problem is not null))
        {
            found.Add(new(
                WarningKinds.WireGuardPeerStale,
                WarningSeverity.Warning,
                $"peer/{peer.PublicKey}",
                $"Peer {peer.PublicKey[..Math.Min(8, peer.PublicKey.Length)]}… does not answer",
                Text($"{peer.Problem ?? $"Its last handshake was {(peer.LastHandshakeAt is { } at ? at.ToString("O", CultureInfo.InvariantCulture) : "never")}."} Endpoint: {peer.CurrentEndpoint ?? peer.Endpoint ?? "none"}.")));
        }

        return found;
    }

    private static List<Finding> OfOrchestrator(OrchestratorResource? orchestrator)
    {
        List<Finding> found = [];
        if (orchestrator is null || orchestrator.State == "off")
        {
            return found;
        }

        if (orchestrator.State == "unreachable")
        {
            found.Add(new(WarningKinds.OrchestratorUnreachable, WarningSeverity.Warning, Finding.Node, "The orchestrator can't be reached", Text($"{orchestrator.Failures} failures in a row: {orchestrator.Reason}")));
        }
        else if (orchestrator is { LoginWished: true, LoginReason: { } reason } || (orchestrator is { State: "unregistered", Failures: > 0 } && (orchestrator.Reason ?? "").Length > 0))
        {
            found.Add(new(WarningKinds.OrchestratorRefuses, WarningSeverity.Warning, Finding.Node, "The orchestrator does not offer the node", Text($"{orchestrator.LoginReason ?? orchestrator.Reason}")));
        }

        if (orchestrator.QuarantinedVms.Count > 0)
        {
            found.Add(new(WarningKinds.OrchestratorDisownedVms, WarningSeverity.Warning, Finding.Node, "The orchestrator disowned VMs", Text($"{orchestrator.QuarantinedVms.Count} VMs were stopped and kept: {string.Join(", ", orchestrator.QuarantinedVms.Take(5))}.")));
        }

        return found;
    }

    private static IEnumerable<Finding> OfRemote(RemoteLink? link) => link switch
    {
        { Trouble: { } trouble } => [new(WarningKinds.RemoteOrchestratorGone, WarningSeverity.Warning, Finding.Node, "The node can't listen for orchestrators", Text($"{trouble}"))],
        { Orchestrator: null, Last: { } last } => [new(WarningKinds.RemoteOrchestratorGone, WarningSeverity.Warning, Finding.Node, $"The orchestrator {Short(last)} is gone", Text($"Since {link.Since:O}: {link.Why}."))],
        { Orchestrator: null } => [new(WarningKinds.RemoteOrchestratorGone, WarningSeverity.Warning, Finding.Node, "No orchestrator has attached", Text($"The node has listened for one since {link.Since:O}."))],
        _ => [],
    };

    private static List<Finding> OfAgent(NodeFacts facts)
    {
        List<Finding> found = [];
        if (facts.JournalTrouble is { } trouble)
        {
            found.Add(new(WarningKinds.JournalTrouble, WarningSeverity.Critical, Finding.Node, "The journal can't be written", Text($"{trouble}")));
        }

        if (facts.ExposedAddress is { } address)
        {
            found.Add(new(WarningKinds.ApiWithoutTls, WarningSeverity.Warning, Finding.Node, "The API is reachable without encryption", Text($"It listens on {address}, which other machines reach.")));
        }

        foreach (var actor in facts.FailingActors)
        {
            found.Add(new(WarningKinds.ActorFailing, WarningSeverity.Warning, $"actor{actor.Path}", $"{Short(actor.Path)} fails again and again", Text($"{actor.Failures} times within ten minutes, the last time with {actor.Last}")));
        }

        return found;
    }

    private static string Short(string text) => text.Length <= 80 ? text : text[..80] + "…";

    private static string GiB(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB");

    private static string Text(FormattableString text)
    {
        var whole = text.ToString(CultureInfo.InvariantCulture).Trim();
        return whole.Length <= MostText ? whole : whole[..MostText] + "…";
    }
}
