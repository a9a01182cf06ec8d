using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Samples a running Linux machine from /proc, whose files it keeps open.</summary>
internal sealed class LinuxSampler : IHostSampler
{
    /// <summary>What is remembered of names and mounts is looked up again after this many samples, because names are given anew.</summary>
    private const int SamplesRemembered = 60;

    private readonly HostTree _tree;
    private readonly ILinuxCalls _calls;
    private readonly ResourceFolders _folders;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly KernelFile _stat, _load, _memory, _disks, _interfaces, _cpuPressure, _memoryPressure, _ioPressure;
    private readonly VmProcesses _processes;
    private readonly Dictionary<string, bool> _isDisk = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _isShown = new(StringComparer.Ordinal);
    private ImmutableArray<string> _mountPoints = [];
    private int _samples;

    public LinuxSampler(HostTree tree, ILinuxCalls calls, ResourceFolders folders, TimeProvider time)
    {
        KernelFile Open(string path) => new(tree.PathOf(path));
        _tree = tree;
        _calls = calls;
        _folders = folders;
        _time = time;
        _start = time.GetTimestamp();
        _stat = Open("/proc/stat");
        _load = Open("/proc/loadavg");
        _memory = Open("/proc/meminfo");
        _disks = Open("/proc/diskstats");
        _interfaces = Open("/proc/net/dev");
        _cpuPressure = Open("/proc/pressure/cpu");
        _memoryPressure = Open("/proc/pressure/memory");
        _ioPressure = Open("/proc/pressure/io");
        _processes = new(tree);
    }

    /// <inheritdoc/>
    public Task<HostSample> SampleAsync(IReadOnlyCollection<Guid> running, CancellationToken cancellation) => Task.Run(() => Sample(running), cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in new[] { _stat, _load, _memory, _disks, _interfaces, _cpuPressure, _memoryPressure, _ioPressure })
        {
            file.Dispose();
        }

        _processes.Dispose();
    }

    private HostSample Sample(IReadOnlyCollection<Guid> running)
    {
        if (_samples++ % SamplesRemembered == 0)
        {
            _isDisk.Clear();
            _isShown.Clear();
            var mounts = new MountTable(_tree);
            _mountPoints = [.. new[] { _folders.Vms, _folders.Images }.Select(f => mounts.Of(_calls.Resolve(f))?.MountPoint).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        }

        var now = _time.GetElapsedTime(_start);
        var (cpu, threads) = CounterFiles.Cpu(_stat.Read());
        return new()
        {
            At = now,
            Threads = Math.Max(1, threads),
            Cpu = cpu,
            Load = CounterFiles.Load(_load.Read()),
            Memory = CounterFiles.Memory(_memory.Read()),
            Pressure = Pressure(),
            Disks = CounterFiles.Disks(_disks.Read(), IsDisk),
            Interfaces = CounterFiles.Interfaces(_interfaces.Read(), IsShown),
            FileSystems = [.. _mountPoints.Select(FileSystem).OfType<FileSystemUsageResource>()],
            VmProcesses = _processes.Read(running, now),
        };
    }

    private PressureResource? Pressure()
    {
        var (cpu, memory, io) = (CounterFiles.Stall(_cpuPressure.Read()), CounterFiles.Stall(_memoryPressure.Read()), CounterFiles.Stall(_ioPressure.Read()));
        return cpu is null && memory is null && io is null ? null : new(cpu, memory, io);
    }

    private FileSystemUsageResource? FileSystem(string mountPoint) => _calls.SpaceAt(mountPoint) is { } space
        ? new(mountPoint, space.TotalBytes, space.AvailableBytes, space.InodesTotal > 0 ? space.InodesTotal : null, space.InodesTotal > 0 ? space.InodesAvailable : null)
        : null;

    private bool IsDisk(string name)
    {
        if (!_isDisk.TryGetValue(name, out var isDisk))
        {
            _isDisk[name] = isDisk = BlockDevices.IsListed(name) && _tree.Has($"/sys/block/{name.Replace('/', '!')}");
        }

        return isDisk;
    }

    private bool IsShown(string name)
    {
        if (!_isShown.TryGetValue(name, out var isShown))
        {
            _isShown[name] = isShown = !NetworkReader.IsVmInterface(_tree, name);
        }

        return isShown;
    }
}
