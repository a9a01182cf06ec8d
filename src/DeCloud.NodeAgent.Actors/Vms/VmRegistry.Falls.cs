using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Vms;

/// <summary>How the actors of VMs are started again, after a fall or because an operator asks for it.</summary>
internal sealed partial class VmRegistry
{
    private void Restart(RestartActor restart)
    {
        var id = new VmId(RestartRule.VmOf(restart.Path)!.Value);
        if (_fallen.Contains(id))
        {
            Sender.Tell(new RestartReply(new(FailureCodes.Restarting, "The VM's actor is being started again already.", false)));
        }
        else if (_roster.Vms.ContainsKey(id) && Context.Child(id.ToString()) is { } child && !child.IsNobody())
        {
            child.Forward(restart);
        }
        else
        {
            Sender.Tell(new RestartReply(new(FailureCodes.ActorNotFound, $"There is no VM {id} whose actor could be started again.", true)));
        }
    }

    /// <summary>A VM's actor is about to stop, to be started again: until then whoever asks it is told so.</summary>
    private void Rest(VmId id)
    {
        _fallen.Add(id);
        _resting.Add(id);
    }

    private void Fell(Terminated terminated)
    {
        if (!Guid.TryParse(terminated.ActorRef.Path.Name, out var guid) || !_roster.Vms.ContainsKey(new(guid)))
        {
            return;
        }

        var id = new VmId(guid);
        if (_resting.Remove(id))
        {
            Raise(id);
            return;
        }

        var falls = _falls.GetValueOrDefault(id) + 1;
        _falls[id] = falls;
        _fallen.Add(id);
        NodeInstruments.Restarted("vm");
        var pause = FirstPause * Math.Pow(2, Math.Min(falls, 20) - 1);
        _log.Warning("The actor of VM {0} fell ({1} in a row); it is started again in {2}", id, falls, pause < LongestPause ? pause : LongestPause);
        Timers.StartSingleTimer(id, new Revive(id), pause < LongestPause ? pause : LongestPause);
    }

    private void Raise(VmId id)
    {
        _fallen.Remove(id);
        if (_roster.Vms.ContainsKey(id))
        {
            StartKnown(id);
        }
    }
}
