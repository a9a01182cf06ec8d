using System.Diagnostics.Metrics;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Configuration;

namespace DeCloud.NodeAgent.Telemetry;

/// <summary>This node's own meter: what is read from its boards and counted at its API.</summary>
internal sealed class NodeMetrics : IDisposable
{
    /// <summary>Makes the meter with all that is read from the boards.</summary>
    public NodeMetrics(VmBoard vms, ResourceBoard resources, NodeGaugeBoard board)
    {
        Meter = new(new MeterOptions(NodeInstruments.MeterName) { Scope = this });
        VmGauges.AddTo(Meter, vms, resources);
        NodeGauges.AddTo(Meter, Start.Version, board, resources);
        ProcessGauges.AddTo(Meter);
        Store = new(this);
    }

    /// <summary>The meter.</summary>
    public Meter Meter { get; }

    /// <summary>What the meters have measured.</summary>
    public MetricStore Store { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Store.Dispose();
        Meter.Dispose();
    }
}
