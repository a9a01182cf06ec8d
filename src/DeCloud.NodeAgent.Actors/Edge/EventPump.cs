using Akka.Actor;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Edge;

/// <summary>
/// Carries the node's events from the journal to the gateway, no faster than credits allow. The journal is the outbox: an event of which nobody knows that it arrived is read from it again, in
/// the next session, after whatever restart.
/// </summary>
internal sealed class EventPump(GatewayParts parts)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskDeadline = TimeSpan.FromSeconds(5);

    /// <summary>Runs until the session ends.</summary>
    /// <param name="after">The place after which to read.</param>
    /// <param name="credits">One is taken for each event.</param>
    /// <param name="hand">Takes each event.</param>
    /// <param name="fault">Told why reading was interrupted; it goes on after a pause.</param>
    /// <param name="ended">The session's end.</param>
    public async Task RunAsync(long after, SemaphoreSlim credits, Action<EventResource, OperationEnd?> hand, Action<Exception> fault, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            try
            {
                await foreach (var @event in parts.Feed.ReadAsync(after, ended).ConfigureAwait(false))
                {
                    if (@event.Entry.Type == "warning")
                    {
                        // They tell of the host, and are its operator's.
                        after = @event.Id;
                        continue;
                    }

                    var end = @event.Entry.Type == "operation-ended" ? await EndOfAsync(@event, ended).ConfigureAwait(false) : null;
                    await credits.WaitAsync(ended).ConfigureAwait(false);
                    hand(@event, end);
                    after = @event.Id;
                }
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever it was: the journal is there again later, and no event may be left out.
            catch (Exception e)
#pragma warning restore CA1031
            {
                fault(e);
                await Task.Delay(Pause, parts.Time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>What became of the operation, under the command that asked for it.</summary>
    private async Task<OperationEnd?> EndOfAsync(EventResource @event, CancellationToken ended)
    {
        if (!Guid.TryParse(@event.Subject.AsSpan(@event.Subject.LastIndexOf('/') + 1), out var vm))
        {
            return null;
        }

        var query = new VmQueries.GetOperation(new(vm), @event.Entry.Data.GetProperty("number").GetInt64(), TimeSpan.Zero);
        return await parts.Node.Ask<VmReply>(query, AskDeadline, ended).ConfigureAwait(false) switch
        {
            VmReply.Operation { Resource: var r } => new(r.Id, RemoteCommands.CommandIdOf(r.RequestId), r.Kind, r.Status, r.Error?.Code, r.Error?.Message),
            VmReply.Refused { Failure.IsPermanent: true } => null,
            VmReply.Refused { Failure: var failure } => throw new InvalidOperationException(failure.Message),
            var other => throw new InvalidOperationException($"{other} was not expected."),
        };
    }
}
