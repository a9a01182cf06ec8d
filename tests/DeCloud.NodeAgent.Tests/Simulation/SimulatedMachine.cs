using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Tests.Simulation;

/// <summary>A machine in memory that changes, hangs and breaks to order.</summary>
public sealed class SimulatedMachine : IHostInventory, IHostSampler
{
    private TimeSpan _at;
    private int _reads, _samples;

    /// <summary>What tells that it has changed.</summary>
    public string Fingerprint { get; set; } = "as bought";

    public long MemoryBytes { get; set; } = 64L << 30;

    public IReadOnlyList<string> Gaps { get; set; } = [];

    public Exception? InventoryFault { get; set; }

    public Exception? SampleFault { get; set; }

    /// <summary>Holds reads of the inventory back until it is set.</summary>
    public TaskCompletionSource? Hold { get; set; }

    /// <summary>Holds samples back until it is set.</summary>
    public TaskCompletionSource? HoldSamples { get; set; }

    public int Reads => Volatile.Read(ref _reads);

    public int Samples => Volatile.Read(ref _samples);

    /// <summary>The VMs whose processes were asked for last.</summary>
    public IReadOnlyCollection<Guid> Asked { get; private set; } = [];

    public async Task<NodeResources> ReadAsync(CancellationToken cancellation)
    {
        Interlocked.Increment(ref _reads);
        if (Hold is { } hold)
        {
            await hold.Task.WaitAsync(cancellation);
        }

        return InventoryFault is { } fault ? throw fault : new()
        {
            ReadAt = DateTimeOffset.UnixEpoch,
            Host = new(),
            Cpu = new() { Threads = 8, Flags = [], Virtualization = new(null, null, null), Iommu = new(false, null, 0), NumaNodes = [] },
            Memory = new() { TotalBytes = MemoryBytes, HugePages = [], NumaNodes = [] },
            Storage = new([], [new() { MountPoint = "/", Type = "ext4", Source = "/dev/vda", Devices = [], IsReadOnly = false, TotalBytes = 1L << 40, AvailableBytes = 1L << 39, HoldsVms = true, HoldsImages = true }]),
            Network = new([], []),
            Gpus = new([], null),
            Gaps = Gaps,
        };
    }

    public Task<string> FingerprintAsync(CancellationToken cancellation) => Task.FromResult(Fingerprint);

    public async Task<HostSample> SampleAsync(IReadOnlyCollection<Guid> running, CancellationToken cancellation)
    {
        var count = (ulong)Interlocked.Increment(ref _samples);
        Asked = [.. running];
        if (HoldSamples is { } hold)
        {
            await hold.Task.WaitAsync(cancellation);
        }

        if (SampleFault is { } fault)
        {
            throw fault;
        }

        _at += TimeSpan.FromSeconds(1);
        return new()
        {
            At = _at,
            Threads = 8,
            Cpu = new(count * 100, 0, 0, count * 700, 0, 0, 0, 0, 0, 0),
            VmProcesses = running.ToImmutableDictionary(vm => vm, _ => new ProcessCounters("1", _at * 2, 1 << 20, null, null)),
        };
    }

    public void Dispose()
    {
    }
}
