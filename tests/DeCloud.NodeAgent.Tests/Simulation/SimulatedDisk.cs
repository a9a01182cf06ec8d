using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Simulation;

/// <summary>Images and VM files in memory, for tests of actors. The real ones are tested against the real thing.</summary>
public sealed class SimulatedDisk : IImageStore, IVmFiles
{
    private readonly ConcurrentDictionary<ImageDigest, CachedImage> _images = new();
    private readonly ConcurrentDictionary<string, int> _failures = new();
    private int _imports;
    private int _userDataStores;

    /// <summary>The files that exist, as <c>kind:vm</c>.</summary>
    public ConcurrentDictionary<string, byte> Files { get; } = new();

    /// <summary>How many imports began.</summary>
    public int Imports => Volatile.Read(ref _imports);

    /// <summary>Holds imports back until it is set.</summary>
    public TaskCompletionSource? HoldImports { get; set; }

    /// <summary>Holds the making of disks back until it is set.</summary>
    public TaskCompletionSource? HoldDisks { get; set; }

    /// <summary>What imports stamp on their images.</summary>
    public DateTimeOffset ImportedAt { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Holds the storing of user data back until it is set.</summary>
    public TaskCompletionSource? HoldUserData { get; set; }

    /// <summary>How often user data was stored.</summary>
    public int UserDataStores => Volatile.Read(ref _userDataStores);

    /// <summary>The images that disks stand on.</summary>
    public HashSet<ImageDigest> Referenced { get; } = [];

    /// <summary>What an import without a hash finds, by URL.</summary>
    public static ImageDigest DigestOf(string url) => ImageDigest.FromBytes(SHA256.HashData(Encoding.UTF8.GetBytes(url)));

    /// <summary>Lets the next calls of a name fail.</summary>
    public void Fail(string call, int times) => _failures[call] = times;

    /// <inheritdoc/>
    public async Task<CachedImage> ImportAsync(ImageRequest request, IProgress<ImportProgress> progress, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _imports);
        progress.Report(new("download", 1, 2));
        if (HoldImports is { } hold)
        {
            await hold.Task.WaitAsync(cancellation);
        }

        Enter("import");
        var digest = request.Expected ?? DigestOf(request.Url);
        return _images.GetOrAdd(digest, d => new(d, request.Url, "qcow2", 100, 1000, request.Expected is not null, ImportedAt));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<CachedImage>> ListAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<CachedImage>>([.. _images.Values]);

    /// <inheritdoc/>
    public Task<IReadOnlySet<ImageDigest>> ReferencedAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlySet<ImageDigest>>(Referenced.ToHashSet());

    /// <inheritdoc/>
    public Task RemoveAsync(ImageDigest digest, CancellationToken cancellation)
    {
        _images.TryRemove(digest, out _);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public long FreeBytes() => 1L << 40;

    /// <inheritdoc/>
    public VmPaths PathsOf(VmId id) => new($"/vms/{id}/disk.qcow2", $"/vms/{id}/seed.img", $"/vms/{id}/console.log");

    /// <inheritdoc/>
    public string PathOf(ImageDigest digest) => $"/images/{digest.Hex}";

    /// <inheritdoc/>
    public async Task StoreUserDataAsync(VmId id, ReadOnlyMemory<byte> userData, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _userDataStores);
        if (HoldUserData is { } hold)
        {
            await hold.Task.WaitAsync(cancellation);
        }

        await Make("user-data", id);
    }

    /// <inheritdoc/>
    public async Task CreateDiskAsync(VmId id, ImageDigest image, long diskBytes, CancellationToken cancellation)
    {
        if (HoldDisks is { } hold)
        {
            await hold.Task.WaitAsync(cancellation);
        }

        await Make("disk", id);
    }

    /// <inheritdoc/>
    public Task CreateSeedAsync(VmId id, SeedContent content, CancellationToken cancellation) => Make("seed", id);

    /// <inheritdoc/>
    public Task RemoveAsync(VmId id, CancellationToken cancellation)
    {
        Enter("remove");
        foreach (var kind in new[] { "disk", "seed", "user-data" })
        {
            Files.TryRemove($"{kind}:{id}", out _);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> ReadConsoleTailAsync(VmId id, int bytes, CancellationToken cancellation) => Task.FromResult(ReadOnlyMemory<byte>.Empty);

    /// <inheritdoc/>
    public Task SweepAsync(IReadOnlySet<VmId> known, CancellationToken cancellation) => Task.CompletedTask;

    private Task Make(string kind, VmId id)
    {
        Enter(kind);
        Files[$"{kind}:{id}"] = 0;
        return Task.CompletedTask;
    }

    private void Enter(string call)
    {
        if (_failures.TryGetValue(call, out var left) && left > 0)
        {
            _failures[call] = left - 1;
            throw FailureException.Transient(FailureCodes.HostError, $"The simulated {call} fails.");
        }
    }
}
