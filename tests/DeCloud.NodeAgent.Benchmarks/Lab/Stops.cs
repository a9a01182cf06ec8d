using System.Diagnostics;
using DeCloud.Libvirt.Events;

namespace DeCloud.NodeAgent.Benchmarks.Lab;

/// <summary>Waits for the event that says a domain stopped.</summary>
/// <param name="events">What happens, as an observer's own connection has it.</param>
internal sealed class Stops(DomainEventSubscription events)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Waits for the next one of a VM; tells when it came.</summary>
    public async Task<long> NextAsync(Guid vm)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await foreach (var happened in events.ReadAllAsync(deadline.Token))
        {
            if (happened is DomainLifecycleEvent { Kind: DomainChangeKind.Stopped } && happened.Domain.Uuid == vm)
            {
                return Stopwatch.GetTimestamp();
            }
        }

        throw new InvalidOperationException("libvirt's events ended.");
    }
}
