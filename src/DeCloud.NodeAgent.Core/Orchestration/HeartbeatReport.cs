using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>What the node reports. Pure.</summary>
public static class HeartbeatReport
{
    private const string Running = "Running";
    private const string Stopped = "Stopped";
    private const string Provisioning = "Provisioning";

    /// <summary>The body of a report.</summary>
    /// <param name="nodeId">The node's id.</param>
    /// <param name="settings">The node's settings.</param>
    /// <param name="link">Where it stands with the orchestrator.</param>
    /// <param name="metrics">What the host is doing; null when that is not known yet.</param>
    /// <param name="vms">The orchestrator's VMs.</param>
    /// <param name="lastStates">What was last reported of each VM.</param>
    /// <param name="now">Now.</param>
    public static HeartbeatBody Of(
        string nodeId,
        OrchestratorSettings settings,
        OrchestratorLink link,
        HostMetrics? metrics,
        IEnumerable<(VmResource Shown, OrderedVm Ordered)> vms,
        IReadOnlyDictionary<Guid, string> lastStates,
        DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(link);
        var active = vms.Select(vm => Show(vm.Shown, vm.Ordered, lastStates)).ToImmutableArray();
        return new(
            nodeId,
            new(
                now,
                Percent(metrics?.CpuPercent),
                Percent(metrics?.MemoryPercent),
                Percent(metrics?.StoragePercent),
                Amount(metrics?.NetworkInMbps),
                Amount(metrics?.NetworkOutMbps),
                active.Count(vm => vm.State == Running),
                Amount(metrics?.LoadAverage)),
            link.SchedulingVersion,
            active,
            settings.AgentVersion,
            link.OmitsSettingsHash || settings.Wallet.Length == 0 ? null : NodeIdentity.SettingsHash(settings.Country, settings.Region, settings.Wallet));
    }

    /// <summary>The state of a VM in the orchestrator's words. While libvirt can't be asked nothing is known, so what was said last is said again.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="last">What was said last; null when nothing was.</param>
    public static string StateOf(VmResource vm, string? last)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return (vm.Intent.State, vm.Status.State) switch
        {
            (_, "running") => Running,
            (_, "paused") => "Paused",
            (var intent, "unknown") => last ?? (intent == "running" ? Provisioning : Stopped),
            ("running", _) => vm.Failure is { NextTryAt: null } ? "Error" : Provisioning,
            _ => Stopped,
        };
    }

    private static ActiveVmBody Show(VmResource vm, OrderedVm ordered, IReadOnlyDictionary<Guid, string> lastStates) => new()
    {
        VmId = vm.Id.ToString("D"),
        Name = ordered.Name,
        Category = ordered.Category,
        Role = ordered.Role,
        OwnerId = ordered.OwnerId,
        State = StateOf(vm, lastStates.GetValueOrDefault(vm.Id)),
        IsIpAssigned = vm.Addresses.Count > 0,
        IpAddress = vm.Addresses.Count > 0 ? vm.Addresses[0] : null,
        MacAddress = vm.MacAddress,
        VirtualCpuCores = vm.VCpus,
        QualityTier = ordered.QualityTier,
        ComputePointCost = ordered.ComputePointCost,
        MemoryBytes = vm.MemoryBytes,
        DiskBytes = vm.DiskBytes,
        ImageId = vm.ImageDigest,
        BaseImageUrl = vm.BaseImageUrl,
        BaseImageHash = vm.BaseImageHash,
        StartedAt = vm.Status.State == "running" ? vm.Status.Since : null,
    };

    private static double Percent(double? value) => Math.Round(Math.Clamp(value ?? 0, 0, 100), 1);

    private static double Amount(double? value) => Math.Round(Math.Max(0, value ?? 0), 3);
}
