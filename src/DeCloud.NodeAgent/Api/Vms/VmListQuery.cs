using System.Globalization;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Api.Vms;

/// <summary>Which VMs are asked for.</summary>
/// <param name="After">Only VMs behind this one.</param>
/// <param name="Limit">How many at most.</param>
/// <param name="State">Only VMs in this state.</param>
/// <param name="Name">Only VMs of this name.</param>
/// <param name="Labels">Only VMs with all of these labels.</param>
internal sealed record VmListQuery(Guid? After, int Limit, string? State, string? Name, IReadOnlyList<KeyValuePair<string, string>> Labels)
{
    /// <summary>How many VMs a page has when nothing is said.</summary>
    public const int DefaultLimit = 100;

    /// <summary>How many VMs a page may have.</summary>
    public const int MostLimit = 1000;

    /// <summary>The first page of all VMs.</summary>
    public static VmListQuery All { get; } = new(null, DefaultLimit, null, null, []);

    private static readonly string[] States = [.. Enum.GetNames<PowerState>().Select(s => s.ToLowerInvariant())];

    /// <summary>The query as a text that is the same for the same query.</summary>
    public string Key { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"{After}\n{Limit}\n{State}\n{Name}\n{string.Join('\n', Labels.Select(l => $"{l.Key}={l.Value}"))}");

    /// <summary>Reads the query of a request.</summary>
    public static VmListQuery Read(IQueryCollection query, out FieldErrors errors)
    {
        var reader = new QueryReader(query);
        errors = reader.Errors;
        if (query.Count == 0)
        {
            return All;
        }

        var state = reader.Text("state");
        if (state is not null && !States.Contains(state))
        {
            errors.Add("state", state, $"must be one of {string.Join(", ", States)}.");
        }

        var labels = new List<KeyValuePair<string, string>>();
        foreach (var label in reader.Texts("label"))
        {
            if (label.Split('=', 2) is [{ Length: > 0 } key, var value])
            {
                labels.Add(new(key, value));
            }
            else
            {
                errors.Add("label", label, "must be key=value.");
            }
        }

        return new(reader.Uuid("after"), (int)reader.Whole("limit", DefaultLimit, 1, MostLimit), state, reader.Text("name"), labels);
    }

    /// <summary>The page of VMs that the query asks for.</summary>
    /// <param name="vms">All VMs, ordered by id.</param>
    public Page<VmResource> PageOf(IReadOnlyCollection<KeyValuePair<VmId, VmResource>> vms)
    {
        var matching = vms.Where(vm => Matches(vm.Value)).ToList();
        var from = After is { } after ? matching.FindIndex(vm => vm.Key.Value.CompareTo(after) > 0) : 0;
        var items = from < 0 ? [] : matching.Skip(from).Take(Limit).Select(vm => vm.Value).ToList();
        var isLast = from < 0 || from + items.Count == matching.Count;
        return new(items, matching.Count, isLast ? null : items[^1].Id.ToString());
    }

    private bool Matches(VmResource vm) =>
        (State is null || vm.Status.State == State)
        && (Name is null || vm.Name == Name)
        && Labels.All(l => vm.Labels.TryGetValue(l.Key, out var value) && value == l.Value);
}
