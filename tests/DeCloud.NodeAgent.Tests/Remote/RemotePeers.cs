using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Actor;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Actors;
using DeCloud.NodeAgent.Tests.Vms;

namespace DeCloud.NodeAgent.Tests.Remote;

/// <summary>An orchestrator that only listens.</summary>
internal sealed class Listener : ReceiveActor
{
    public Listener(ConcurrentQueue<IRemoteMessage> heard) => Receive<IRemoteMessage>(heard.Enqueue);
}

/// <summary>The node's events from the journal in memory.</summary>
internal sealed class MemoryFeed(BreakableJournal.Fault journal) : IEventFeed
{
    public Task<long> LastIdAsync(CancellationToken cancellation) => Task.FromResult((long)journal.Written.Count);

    public async IAsyncEnumerable<EventResource> ReadAsync(long afterId, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var at = afterId; ;)
        {
            var written = journal.Written;
            for (; at < written.Count; at++)
            {
                var (id, sequence, @event) = written[(int)at];
                if (@event is IVmEvent e)
                {
                    yield return new(at + 1, $"/api/vms/{id["vm-".Length..]}", JournalEntries.Entry(sequence, e));
                }
            }

            await Task.Delay(2, cancellation);
        }
    }
}

internal sealed class AnyVm : IVmRequestRules
{
    public string? Check(CreateVmRequest request, out VmSpec? spec)
    {
        spec = request.VCpus > 0 ? Samples.Spec with { Name = request.Name, VCpus = request.VCpus } : null;
        return spec is null ? "'vCpus' must be at least 1." : null;
    }
}
