using System.Security.Cryptography;
using System.Text;
using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Orchestration;

/// <summary>Telling results, one after the other until each was heard, and stopping VMs that the orchestrator disowns.</summary>
internal sealed partial class Heartbeat
{
    private bool _isDelivering;
    private int _deliveryFailures;

    private void Deliver()
    {
        if (_isDelivering || _credentials is null || _link.Failures > 0 || _link.LastBeatAt is null || Timers.IsTimerActive(nameof(DeliveryDue)))
        {
            return;
        }

        if (_state.Outbox(_settings.By).FirstOrDefault() is not { Result: { } result } next)
        {
            return;
        }

        _isDelivering = true;
        var id = next.Command.Id;
        _parts.Client.AcknowledgeAsync(_credentials, new(id, result.IsSuccess, result.Error, result.At, result.Data), _end.Token).PipeTo(
            Self, success: reply => new DeliveryEnded(id, reply), failure: cause => new DeliveryEnded(id, new PeerReply<Done>.Unreachable(cause.Message)));
    }

    private void AfterDelivery(DeliveryEnded ended)
    {
        _isDelivering = false;
        switch (ended.Reply)
        {
            case PeerReply<Done>.Given:
                _deliveryFailures = 0;
                Store([new OrchestrationEvents.ResultDelivered(ended.Id, null, Now)], Deliver);
                break;
            case PeerReply<Done>.Refused(var status, _, var reason):
                // It would refuse for ever, and hold up the results behind this one.
                _deliveryFailures = 0;
                _log.Warning("The orchestrator will not hear the result of command {0} ({1}): {2}", ended.Id, status, reason);
                Store([new OrchestrationEvents.ResultDelivered(ended.Id, $"{status}: {reason}", Now)], Deliver);
                break;
            case PeerReply<Done>.Unauthorized(var reason):
                Reject(reason);
                TakeStep();
                break;
            default:
                Timers.StartSingleTimer(nameof(DeliveryDue), DeliveryDue.Instance, Backoff.After(++_deliveryFailures, _parts.Chance()) + TimeSpan.FromMilliseconds(1));
                break;
        }
    }

    private void AskOrigin(VmId vm) => _node.Ask<object>(new VmQueries.GetOrigin(vm), AskDeadline, _end.Token)
        .PipeTo(Self, success: reply => reply is VmQueries.Origin origin ? new OriginKnown(origin) : Nothing.Instance, failure: _ => Nothing.Instance);

    /// <summary>Stops a VM that the orchestrator disowns, and keeps it; only one that this orchestrator asked for.</summary>
    private void Quarantine(OriginKnown known)
    {
        var vm = known.Origin.VmId;
        if (known.Origin.By != _settings.By)
        {
            return;
        }

        if (_state.Quarantined.TryGetValue(vm, out var before))
        {
            // Told again as long as it is not so: the same key can't stop it twice.
            StopDisowned(vm, before);
            return;
        }

        var number = _state.Quarantines + 1;
        Store([new OrchestrationEvents.VmQuarantined(vm, number, Now)], () =>
        {
            _log.Warning("The orchestrator disowned VM {0} in {1} reports in a row: it is stopped and kept. Look into it, then delete it or start it again", vm, Disowned.Confirmations);
            StopDisowned(vm, number);
        });
    }

    private void StopDisowned(VmId vm, long number)
    {
        var key = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"orch:quarantine:{vm}:{number}");
        var request = new Request(key, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))), _settings.By);
        _node.Tell(new VmCommands.Change(vm, VmChange.Stop, request), ActorRefs.NoSender);
    }

    private sealed record DeliveryEnded(string Id, PeerReply<Done> Reply);

    private sealed record OriginKnown(VmQueries.Origin Origin);

    private sealed record DeliveryDue
    {
        public static readonly DeliveryDue Instance = new();
    }
}
