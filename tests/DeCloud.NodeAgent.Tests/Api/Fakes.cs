using System.Runtime.CompilerServices;
using System.Threading.Channels;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Api;

internal sealed class ScriptedHistory : IVmHistory
{
    public List<HistoryEntryResource> Entries { get; } = [];

    public VmResource? Then { get; set; }

    public (VmId Id, DateTimeOffset At)? AskedAt { get; private set; }

    public Task<(IReadOnlyList<HistoryEntryResource> Entries, int Total)> ReadAsync(VmId id, long afterSequence, int limit, CancellationToken cancellation) =>
        Task.FromResult<(IReadOnlyList<HistoryEntryResource>, int)>(([.. Entries.Where(e => e.Sequence > afterSequence).Take(limit)], Entries.Count));

    public Task<VmResource?> AtAsync(VmId id, DateTimeOffset at, CancellationToken cancellation)
    {
        AskedAt = (id, at);
        return Task.FromResult(Then);
    }
}

internal sealed class ScriptedFeed : IEventFeed
{
    private readonly Channel<EventResource> _events = Channel.CreateUnbounded<EventResource>();

    public ChannelWriter<EventResource> Events => _events.Writer;

    public long? AskedAfter { get; private set; }

    public bool IsSlow { get; set; }

    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What the journal's last event is said to be.</summary>
    public const long Last = 1000;

    public Task<long> LastIdAsync(CancellationToken cancellation) => Task.FromResult(Last);

    public async IAsyncEnumerable<EventResource> ReadAsync(long afterId, [EnumeratorCancellation] CancellationToken cancellation)
    {
        AskedAfter = afterId;
        try
        {
            await foreach (var e in _events.Reader.ReadAllAsync(cancellation))
            {
                yield return e;
                if (IsSlow)
                {
                    throw new SlowReaderException();
                }
            }
        }
        finally
        {
            Ended.TrySetResult();
        }
    }
}

internal sealed class ScriptedFiles : IVmFiles
{
    public byte[] Console { get; set; } = [];

    public VmPaths PathsOf(VmId id) => throw new NotSupportedException();

    public string PathOf(ImageDigest digest) => throw new NotSupportedException();

    public Task StoreUserDataAsync(VmId id, ReadOnlyMemory<byte> userData, CancellationToken cancellation) => throw new NotSupportedException();

    public Task CreateDiskAsync(VmId id, ImageDigest image, long diskBytes, CancellationToken cancellation) => throw new NotSupportedException();

    public Task CreateSeedAsync(VmId id, SeedContent content, CancellationToken cancellation) => throw new NotSupportedException();

    public Task RemoveAsync(VmId id, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ReadOnlyMemory<byte>> ReadConsoleTailAsync(VmId id, int bytes, CancellationToken cancellation) =>
        Task.FromResult<ReadOnlyMemory<byte>>(Console.AsMemory(Math.Max(0, Console.Length - bytes)));

    public Task SweepAsync(IReadOnlySet<VmId> known, CancellationToken cancellation) => throw new NotSupportedException();
}
