using System.Globalization;
using System.Net;
using System.Text;
using DeCloud.Libvirt.Domains;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>What must hold whatever happened: seen from outside, through the API, libvirt, the process table and the file system.</summary>
public sealed class Invariants(AgentLab lab)
{
    private const int MostOpenFiles = 400;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);
    private readonly Dictionary<Guid, Incarnation> _bystanders = [];

    /// <summary>Asserts all of them, once what is under way has had its time.</summary>
    /// <param name="deleted">VMs that are gone, whose history must explain that.</param>
    public async Task AssertAsync(params Guid[] deleted)
    {
        ArgumentNullException.ThrowIfNull(deleted);
        var disagreement = "";
        await Patience.UntilAsync("the API agrees with libvirt and nothing leaks", Settling, async () => (disagreement = await DisagreementAsync()).Length == 0, () => disagreement);
        AssertOneQemuEach();
        await AssertUntouchedAsync();
        foreach (var vm in await lab.Api.VmsAsync())
        {
            AssertExplained(await lab.Api.HistoryAsync(vm.Id), await lab.Api.VmAsync(vm.Id));
        }

        foreach (var id in deleted)
        {
            var history = await lab.Api.HistoryAsync(id);
            AssertExplained(history, null);
            Assert.Single(history, e => e.Type == "deleted");
        }

        await AssertAcknowledgedAsync();
        Assert.InRange(lab.Agent.OpenFiles, 1, MostOpenFiles);
    }

    /// <summary>The process ids of the QEMUs of a VM on this host.</summary>
    public IReadOnlyList<int> QemusOf(Guid id) => [.. Qemus().Where(q => q.Arguments.Contains(id.ToString())).Select(q => q.Pid)];

    /// <summary>Takes a running VM for one that nothing is asked of from here on: whatever happens to others, it must stay the same QEMU.</summary>
    /// <param name="id">The VM.</param>
    public void MindBystander(Guid id) => _bystanders[id] = IncarnationOf(id);

    /// <summary>No VM is a bystander any more.</summary>
    public void ForgetBystanders() => _bystanders.Clear();

    /// <summary>I6.</summary>
    private async Task AssertUntouchedAsync()
    {
        foreach (var (id, before) in _bystanders)
        {
            Assert.Equal(before, IncarnationOf(id));
            Assert.Equal("running", (await lab.Api.VmAsync(id)).Status.State);
            Assert.Single(await lab.Api.HistoryAsync(id), e => e.Type == "step-started" && e.Data.GetProperty("step").GetString() == "Start");
        }
    }

    /// <summary>Process ids are given out again; together with the time of its start one is unique (field 22 of <c>/proc/PID/stat</c>, proc(5)).</summary>
    private Incarnation IncarnationOf(Guid id)
    {
        var pid = Assert.Single(QemusOf(id));
        var afterName = File.ReadAllText($"/proc/{pid}/stat").Split(')')[^1].Split(' ');
        return new(pid, afterName[20]);
    }

    /// <summary>I2 and I3: what differs between API, libvirt and disk; empty when nothing does.</summary>
    private async Task<string> DisagreementAsync()
    {
        var vms = await lab.Api.VmsAsync();
        var observer = await lab.ObserverAsync();
        var domains = await observer.Domains.ListAsync();
        var said = new StringBuilder();
        foreach (var vm in vms)
        {
            if (vm.Step is { } step)
            {
                said.Append(CultureInfo.InvariantCulture, $"{vm.Id} is busy with {step.Name}. ");
            }

            var found = domains.Where(d => d.Uuid == vm.Id).ToList();
            var real = found.Count == 0 ? "absent" : Word((await observer.Domains.GetStatusAsync(found[0])).State);
            if (vm.Status.State != real)
            {
                said.Append(CultureInfo.InvariantCulture, $"{vm.Id} is {vm.Status.State} ({vm.Status.Reason}) and in libvirt {real}. ");
            }
        }

        foreach (var domain in domains.Where(d => d.Name.StartsWith("dc-", StringComparison.Ordinal) && vms.All(vm => vm.Id != d.Uuid)))
        {
            said.Append(CultureInfo.InvariantCulture, $"Domain {domain.Name} is no VM's. ");
        }

        foreach (var folder in Directory.GetDirectories(Path.Combine(lab.StatePath, "vms")).Where(f => vms.All(vm => vm.Id.ToString() != Path.GetFileName(f))))
        {
            said.Append(CultureInfo.InvariantCulture, $"Folder {folder} is no VM's. ");
        }

        foreach (var file in Directory.EnumerateFiles(lab.StatePath, "*", SearchOption.AllDirectories).Where(f => f.EndsWith(".part", StringComparison.Ordinal) || f.EndsWith(".tmp", StringComparison.Ordinal)))
        {
            said.Append(CultureInfo.InvariantCulture, $"{file} was left behind. ");
        }

        return said.ToString();
    }

    /// <summary>I1.</summary>
    private void AssertOneQemuEach()
    {
        var qemus = Qemus();
        foreach (var folder in Directory.GetDirectories(Path.Combine(lab.StatePath, "vms")))
        {
            Assert.InRange(qemus.Count(q => q.Arguments.Contains(Path.GetFileName(folder))), 0, 1);
            Assert.InRange(qemus.Count(q => q.Arguments.Any(a => a.Contains(Path.Combine(folder, "disk.qcow2"), StringComparison.Ordinal))), 0, 1);
        }
    }

    /// <summary>I5.</summary>
    private static void AssertExplained(IReadOnlyList<HistoryEntryResource> history, VmResource? vm)
    {
        Assert.Equal(Enumerable.Range(1, history.Count).Select(i => (long)i), history.Select(e => e.Sequence));
        Assert.Equal("created", history[0].Type);
        var open = new Dictionary<long, string>();
        foreach (var entry in history)
        {
            switch (entry.Type)
            {
                case "step-started":
                    Assert.True(open.Count == 0, $"Step {Number(entry)} began before {string.Join(", ", open.Values)} had ended.\n{Text(history)}");
                    open.Add(Number(entry), entry.Summary);
                    break;
                case "step-completed" or "step-failed" or "step-abandoned":
                    Assert.True(open.Remove(Number(entry)), $"Entry {entry.Sequence} ends a step that was not open.\n{Text(history)}");
                    break;
                default:
                    break;
            }
        }

        Assert.True(open.Count == 0, $"A step never ended.\n{Text(history)}");
        if (vm is { Status.State: not "unknown" })
        {
            var last = history.LastOrDefault(e => e.Type == "observed");
            Assert.True(
                last is not null && last.Data.GetProperty("state").GetString()!.Equals(vm.Status.State, StringComparison.OrdinalIgnoreCase),
                $"No event explains that the VM is {vm.Status.State}.\n{Text(history)}");
        }
    }

    /// <summary>I7.</summary>
    private async Task AssertAcknowledgedAsync()
    {
        foreach (var (operation, key) in lab.Api.Acknowledged)
        {
            var answer = await lab.Api.SendAsync(HttpMethod.Get, $"/api/operations/{operation}");
            Assert.True(answer.Status == HttpStatusCode.OK, $"Operation {operation} was acknowledged and is lost: {answer}");
            Assert.Equal(key, answer.As(RestJson.Default.OperationResource).RequestId);
        }
    }

    private List<(int Pid, string[] Arguments)> Qemus()
    {
        var mine = File.ReadAllText(lab.Host.Inside("pids", "mount-namespace")).Trim();
        var found = new List<(int, string[])>();
        foreach (var folder in Directory.GetDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            try
            {
                var arguments = File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0');
                if (Path.GetFileName(arguments[0]).StartsWith("qemu-system", StringComparison.Ordinal) && new FileInfo(Path.Combine(folder, "ns/mnt")).LinkTarget == mine)
                {
                    found.Add((int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture), arguments));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while it was looked at.
            }
        }

        return found;
    }

    private static long Number(HistoryEntryResource entry) => entry.Data.GetProperty("number").GetInt64();

    private static string Text(IReadOnlyList<HistoryEntryResource> history) => string.Join('\n', history.Select(e => $"{e.Sequence} {e.Type}: {e.Summary}"));

    private static string Word(DomainState state) => state switch
    {
        DomainState.Running or DomainState.Blocked or DomainState.ShuttingDown => "running",
        DomainState.Paused or DomainState.PowerManagementSuspended => "paused",
        _ => "stopped",
    };

    private sealed record Incarnation(int Pid, string StartTicks);
}
