namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>Reads the counters of the running machine.</summary>
public interface IHostSampler : IDisposable
{
    /// <summary>
    /// One sample. Starts no program, and costs a fraction of a millisecond besides some microseconds a VM. A counter that can't be read is left out; only cancellation ends it without a result.
    /// Not to be called again before it has come back.
    /// </summary>
    /// <param name="running">The VMs that run, whose processes are looked at.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<HostSample> SampleAsync(IReadOnlyCollection<Guid> running, CancellationToken cancellation);
}
