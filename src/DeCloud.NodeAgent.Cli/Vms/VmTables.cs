using System.Globalization;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DeCloud.NodeAgent.Cli.Vms;

/// <summary>What is shown of VMs.</summary>
internal static class VmTables
{
    /// <summary>A line for each VM.</summary>
    /// <param name="vms">The VMs.</param>
    /// <param name="now">The time.</param>
    public static Table List(IEnumerable<VmResource> vms, DateTimeOffset now)
    {
        var table = Cells.Table("NAME", "ID", "STATE", "CPUS", "MEMORY", "DISK", "ADDRESS", "AGE", "NOTE");
        foreach (var vm in vms)
        {
            table.AddRow(
                Cells.Of(vm.Name),
                Cells.Of(vm.Id.ToString()),
                Cells.State(vm.Status.State),
                Cells.Of(vm.VCpus.ToString(CultureInfo.InvariantCulture)),
                Cells.Of(Quantities.Show(vm.MemoryBytes)),
                Cells.Of(Quantities.Show(vm.DiskBytes)),
                Cells.Of(vm.Addresses.Count > 0 ? vm.Addresses[0] : null),
                Cells.Of(Quantities.Show(now - vm.CreatedAt)),
                (IRenderable?)Cells.Warning(Failure(vm.Failure, now)) ?? Cells.Of(Note(vm)));
        }

        return table;
    }

    /// <summary>Everything of a VM.</summary>
    public static Table Show(VmResource vm, DateTimeOffset now) => Cells.Facts(
        ("name", Cells.Of(vm.Name)),
        ("id", Cells.Of(vm.Id.ToString())),
        ("state", Cells.State(vm.Status.State)),
        ("reason", Cells.Of($"{vm.Status.Reason}, for {Quantities.Show(now - vm.Status.Since)}")),
        ("wanted", Cells.Of($"{vm.Intent.State}, asked by {vm.Intent.By} {Quantities.Show(now - vm.Intent.At)} ago")),
        ("step", Cells.Maybe(vm.Step is { } step ? Step(step) : null)),
        ("failure", Cells.Warning(Failure(vm.Failure, now))),
        ("cpus", Cells.Of(vm.VCpus.ToString(CultureInfo.InvariantCulture))),
        ("memory", Cells.Of(Quantities.Show(vm.MemoryBytes))),
        ("disk", Cells.Of(Quantities.Show(vm.DiskBytes))),
        ("addresses", Cells.Maybe(string.Join(", ", vm.Addresses))),
        ("mac", Cells.Of(vm.MacAddress)),
        ("overlay address", Cells.Maybe(vm.OverlayAddress)),
        ("image", Cells.Of(vm.BaseImageUrl)),
        ("image digest", Cells.Maybe(vm.ImageDigest)),
        ("image trust", Cells.Of(vm.ImageTrust == "recorded" ? "recorded: nobody vouches for it but its server" : vm.ImageTrust)),
        ("ssh key", Cells.Maybe(vm.SshPublicKey)),
        ("user data", Cells.Of(vm.HasUserData ? "yes" : "no")),
        ("labels", Cells.Maybe(string.Join(", ", vm.Labels.Select(l => $"{l.Key}={l.Value}")))),
        ("crashes", Cells.Of(vm.Crashes.ToString(CultureInfo.InvariantCulture))),
        ("last operation", Cells.Maybe(vm.LastOperation)),
        ("created", Cells.Of($"{Quantities.Show(vm.CreatedAt)}, {Quantities.Show(now - vm.CreatedAt)} ago")));

    /// <summary>A line for each event in a VM's life.</summary>
    public static Table History(IEnumerable<HistoryEntryResource> entries)
    {
        var table = Cells.Table("SEQ", "TIME", "EVENT", "BY", "SUMMARY");
        foreach (var entry in entries)
        {
            table.AddRow(
                Cells.Of(entry.Sequence.ToString(CultureInfo.InvariantCulture)), Cells.Of(Quantities.Show(entry.At)), Cells.Of(entry.Type), Cells.Of(entry.By), Cells.Of(entry.Summary));
        }

        return table;
    }

    private static string? Failure(VmFailureResource? failure, DateTimeOffset now) => failure is null ? null
        : $"{failure.Step} failed ({failure.Code}): {failure.Message} "
        + (failure.NextTryAt is { } next ? $"Try {failure.Attempt + 1} in {Quantities.Show(next - now)}." : "It is not tried again until it is asked for.");

    private static string Note(VmResource vm) =>
        vm.Step is { } step ? Step(step)
        : vm.Intent.State == vm.Status.State || (vm.Intent.State, vm.Status.State) is ("stopped", "absent") ? ""
        : $"shall be {vm.Intent.State}";

    private static string Step(VmStepResource step) =>
        step.Name
        + (step.Attempt > 1 ? $", try {step.Attempt}" : "")
        + (step.Progress is not { } progress ? "" : progress.TotalBytes is { } total ? $", {Quantities.Show(progress.DoneBytes)} of {Quantities.Show(total)}" : $", {Quantities.Show(progress.DoneBytes)}");
}
