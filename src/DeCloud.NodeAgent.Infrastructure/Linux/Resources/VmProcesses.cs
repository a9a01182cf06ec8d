using System.Collections.Immutable;
using System.Globalization;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>
/// The QEMU processes of VMs, found by the UUID that libvirt writes on their command line, and their counters (proc_pid_stat(5)). The list of processes is only gone through when a VM
/// appears whose process is not known.
/// </summary>
internal sealed class VmProcesses(HostTree tree) : IDisposable
{
    /// <summary>The unit of times in /proc/pid/stat: USER_HZ, which is 100 on every architecture that KVM hosts have.</summary>
    private const int TicksPerSecond = 100;

    /// <summary>A VM whose process was not found is looked for again after this, not at every sample: it may be one that has none.</summary>
    private static readonly TimeSpan SearchAgain = TimeSpan.FromSeconds(10);

    private static readonly int PageBytes = Environment.SystemPageSize;
    private readonly Dictionary<Guid, Watched> _watched = [];
    private readonly Dictionary<Guid, TimeSpan> _missing = [];

    /// <summary>The counters of the VMs' processes.</summary>
    /// <param name="running">The VMs that run.</param>
    /// <param name="now">The time.</param>
    public ImmutableDictionary<Guid, ProcessCounters> Read(IReadOnlyCollection<Guid> running, TimeSpan now)
    {
        Forget(running);
        if (running.Any(vm => !_watched.ContainsKey(vm) && (!_missing.TryGetValue(vm, out var since) || now - since >= SearchAgain)))
        {
            Search(running, now);
        }

        var told = ImmutableDictionary.CreateBuilder<Guid, ProcessCounters>();
        foreach (var vm in running)
        {
            if (_watched.GetValueOrDefault(vm) is not { } watched)
            {
                continue;
            }

            if (watched.Read() is { } counters)
            {
                told[vm] = counters;
            }
            else
            {
                _watched.Remove(vm);
                watched.Dispose();
            }
        }

        return told.ToImmutable();
    }

    /// <inheritdoc/>
    public void Dispose() => Forget([]);

    private void Forget(IReadOnlyCollection<Guid> running)
    {
        var known = running as IReadOnlySet<Guid> ?? running.ToHashSet();
        foreach (var vm in _watched.Keys.Where(vm => !known.Contains(vm)).ToList())
        {
            _watched.Remove(vm, out var watched);
            watched!.Dispose();
        }

        foreach (var vm in _missing.Keys.Where(vm => !known.Contains(vm)).ToList())
        {
            _missing.Remove(vm);
        }
    }

    private void Search(IReadOnlyCollection<Guid> running, TimeSpan now)
    {
        var wanted = running.Where(vm => !_watched.ContainsKey(vm)).ToHashSet();
        foreach (var name in tree.Names("/proc"))
        {
            if (char.IsAsciiDigit(name[0]) && VmOf(tree.Text($"/proc/{name}/cmdline")) is { } vm && wanted.Remove(vm))
            {
                _watched[vm] = new(tree, name);
                _missing.Remove(vm);
            }
        }

        foreach (var vm in wanted)
        {
            _missing[vm] = now;
        }
    }

    // libvirt's arguments: the program, then -name guest=…, and somewhere -uuid and the UUID.
    private static Guid? VmOf(string? commandLine)
    {
        var words = commandLine?.Split('\0');
        if (words is null || !words[0].Contains("qemu", StringComparison.Ordinal))
        {
            return null;
        }

        var place = Array.IndexOf(words, "-uuid");
        return place >= 0 && place + 1 < words.Length && Guid.TryParseExact(words[place + 1], "D", out var vm) ? vm : null;
    }

    private sealed class Watched(HostTree tree, string pid) : IDisposable
    {
        private readonly KernelFile _stat = new(tree.PathOf($"/proc/{pid}/stat"));
        private readonly VmDiskCounters _disks = new(tree, pid);

        public ProcessCounters? Read()
        {
            // The name in parentheses may hold anything, parentheses too.
            var text = _stat.Read();
            var end = text.LastIndexOf((byte)')');
            if (end < 0)
            {
                return null;
            }

            var words = new Columns(text[(end + 1)..]);
            words.Skip(11);
            var ticks = words.Number() + words.Number();
            words.Skip(6);
            var started = words.Number();
            words.Skip(1);
            var pages = words.Number();
            var (read, written) = _disks.Read();
            return new(
                string.Create(CultureInfo.InvariantCulture, $"{pid}-{started}"), TimeSpan.FromSeconds((double)ticks / TicksPerSecond), (long)pages * PageBytes, read, written);
        }

        public void Dispose()
        {
            _stat.Dispose();
            _disks.Dispose();
        }
    }
}
