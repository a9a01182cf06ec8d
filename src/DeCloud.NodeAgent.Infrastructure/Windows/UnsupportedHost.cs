using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Infrastructure.Windows;

/// <summary>
/// The VM ports of a host that runs no VMs. Nobody gets as far as to call them, because the node refuses before; whoever did would get the same refusal, and nothing would be touched.
/// </summary>
public sealed class UnsupportedHost : IHypervisor, IImageStore, IVmFiles
{
    private static readonly Failure Why = new(
        FailureCodes.VmsUnsupported,
        "This node runs on Windows, where the agent runs no VMs: it serves the API and tells what the machine has. VMs run on Linux only; send this to a node on Linux.",
        IsPermanent: true);

    /// <inheritdoc/>
    public Failure? Refusal => Why;

    /// <inheritdoc/>
    public Task<IHypervisorSession> ConnectAsync(CancellationToken cancellation) => Task.FromException<IHypervisorSession>(Refused());

    /// <inheritdoc/>
    public Task<CachedImage> ImportAsync(ImageRequest request, IProgress<ImportProgress> progress, CancellationToken cancellation) => Task.FromException<CachedImage>(Refused());

    /// <inheritdoc/>
    public Task<IReadOnlyList<CachedImage>> ListAsync(CancellationToken cancellation) => Task.FromException<IReadOnlyList<CachedImage>>(Refused());

    /// <inheritdoc/>
    public Task<IReadOnlySet<ImageDigest>> ReferencedAsync(CancellationToken cancellation) => Task.FromException<IReadOnlySet<ImageDigest>>(Refused());

    /// <inheritdoc/>
    public Task RemoveAsync(ImageDigest digest, CancellationToken cancellation) => Task.FromException(Refused());

    /// <inheritdoc/>
    public long FreeBytes() => throw Refused();

    /// <inheritdoc/>
    public VmPaths PathsOf(VmId id) => throw Refused();

    /// <inheritdoc/>
    public string PathOf(ImageDigest digest) => throw Refused();

    /// <inheritdoc/>
    public Task StoreUserDataAsync(VmId id, ReadOnlyMemory<byte> userData, CancellationToken cancellation) => Task.FromException(Refused());

    /// <inheritdoc/>
    public Task CreateDiskAsync(VmId id, ImageDigest image, long diskBytes, CancellationToken cancellation) => Task.FromException(Refused());

    /// <inheritdoc/>
    public Task CreateSeedAsync(VmId id, SeedContent content, CancellationToken cancellation) => Task.FromException(Refused());

    /// <inheritdoc/>
    public Task RemoveAsync(VmId id, CancellationToken cancellation) => Task.FromException(Refused());

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> ReadConsoleTailAsync(VmId id, int bytes, CancellationToken cancellation) => Task.FromException<ReadOnlyMemory<byte>>(Refused());

    /// <inheritdoc/>
    public Task SweepAsync(IReadOnlySet<VmId> known, CancellationToken cancellation) => Task.FromException(Refused());

    private static FailureException Refused() => new(Why);
}
