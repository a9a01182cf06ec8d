using System.Diagnostics;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Telemetry;

/// <summary>The spans of a VM's operations, each from its acceptance to its end; the steps that are taken for the latest are parts of it. Not kept over a restart: a trace ends with its process.</summary>
internal sealed class OperationSpans
{
    private readonly SortedDictionary<long, Activity> _open = [];

    /// <summary>What a step that begins now is a part of.</summary>
    public ActivityContext Latest => _open.Count == 0 ? default : _open.Last().Value.Context;

    /// <summary>An operation was accepted.</summary>
    /// <param name="state">The VM, with the operation.</param>
    /// <param name="number">The operation.</param>
    /// <param name="parent">Who asked for it; nothing when nobody follows.</param>
    public void Accepted(VmState state, long number, ActivityContext parent)
    {
        if (parent == default || _open.ContainsKey(number) || state.Operations.Find(o => o.Number == number) is not { Status: OperationStatus.Running } operation)
        {
            return;
        }

        if (NodeTracing.Begin($"vm {VmWords.OperationKind(operation.What)}", parent) is { } span)
        {
            span.SetTag("decloud.vm.id", state.Id.ToString());
            _open[number] = span;
        }
    }

    /// <summary>Ends the spans of operations that are over.</summary>
    public void EndOver(VmState state)
    {
        foreach (var (number, span) in _open.ToList())
        {
            if (state.Operations.Find(o => o.Number == number) is { Status: not OperationStatus.Running } over)
            {
                _open.Remove(number);
                span.SetTag("decloud.operation.outcome", VmWords.Of(over.Status));
                NodeTracing.End(span, over.Failure?.Message);
            }
        }
    }

    /// <summary>Ends all: nobody is there any more who could follow them.</summary>
    public void EndAll()
    {
        foreach (var span in _open.Values)
        {
            NodeTracing.End(span, "The VM's actor has ended.");
        }

        _open.Clear();
    }
}
