namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>
/// What a VM's QEMU read from and wrote to disks: the process's own count where it may be read, which takes root, else that of its control group, which everybody may read. Which of the
/// two is settled at the first look and stays, because they count from different beginnings and a change would look like a burst.
/// </summary>
/// <param name="tree">The kernel's files.</param>
/// <param name="pid">The process.</param>
internal sealed class VmDiskCounters(HostTree tree, string pid) : IDisposable
{
    private readonly Dictionary<string, IReadOnlyList<string>> _holders = new(StringComparer.Ordinal);
    private KernelFile? _file;
    private Source _source;

    private enum Source
    {
        Unknown,
        Process,
        UnifiedGroup,
        LegacyGroup,
        None,
    }

    /// <summary>The counts since the process began; null where they can't be read, or when its control group has done nothing yet.</summary>
    public (ulong? Read, ulong? Written) Read()
    {
        if (_source is Source.Unknown)
        {
            Settle();
        }

        return _source switch
        {
            Source.Process => CounterFiles.ProcessDisk(_file!.Read()),
            Source.UnifiedGroup => Sum(ControlGroupFiles.Unified(_file!.Read())),
            Source.LegacyGroup => Sum(ControlGroupFiles.Legacy(_file!.Read())),
            _ => (null, null),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Settle()
    {
        var own = new KernelFile(tree.PathOf($"/proc/{pid}/io"));
        if (CounterFiles.ProcessDisk(own.Read()) is not (null, null))
        {
            (_source, _file) = (Source.Process, own);
            return;
        }

        own.Dispose();
        var (source, path) = ControlGroupFiles.MachineOf(tree.Text($"/proc/{pid}/cgroup")) switch
        {
            (var group, true) => (Source.UnifiedGroup, FirstOf($"/sys/fs/cgroup{group}/io.stat")),
            (var group, false) => (Source.LegacyGroup, FirstOf(
                $"/sys/fs/cgroup/blkio{group}/blkio.throttle.io_service_bytes_recursive", $"/sys/fs/cgroup/blkio{group}/blkio.throttle.io_service_bytes")),
            null => (Source.None, null),
        };
        _source = path is null ? Source.None : source;
        _file = path is null ? null : new(tree.PathOf(path));
    }

    private (ulong? Read, ulong? Written) Sum(IReadOnlyList<DeviceBytes> devices) => ControlGroupFiles.Sum(devices, HoldersOf) is var (read, written) ? (read, written) : (null, null);

    private string? FirstOf(params string[] paths) => paths.FirstOrDefault(tree.Has);

    // Remembered as long as the process lives: what its disks are made of does not change under it.
    private IReadOnlyList<string> HoldersOf(string device)
    {
        if (!_holders.TryGetValue(device, out var holders))
        {
            var disk = $"/sys/dev/block/{device}";
            var partitions = tree.Names(disk).Where(name => tree.Has($"{disk}/{name}/partition")).Select(name => $"{disk}/{name}");
            _holders[device] = holders =
            [
                .. partitions.Prepend(disk).SelectMany(part => tree.Names($"{part}/holders").Select(name => tree.Text($"{part}/holders/{name}/dev"))).OfType<string>(),
            ];
        }

        return holders;
    }
}
