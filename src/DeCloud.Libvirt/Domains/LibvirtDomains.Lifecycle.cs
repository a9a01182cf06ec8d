using DeCloud.Libvirt.Protocol;

namespace DeCloud.Libvirt.Domains;

/// <summary>Starting and stopping.</summary>
public sealed partial class LibvirtDomains
{
    /// <summary>Starts a defined domain (procedure 196).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="flags">How.</param>
    /// <param name="cancellationToken">Gives up waiting; a start that was sent goes on.</param>
    /// <returns>The domain with the id of its run.</returns>
    /// <exception cref="LibvirtException"><see cref="LibvirtErrorCode.OperationInvalid"/>: it is running.</exception>
    public Task<DomainRef> StartAsync(DomainRef domain, StartFlags flags = StartFlags.None, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(
            RemoteProcedure.DomainCreate,
            (domain, flags),
            static (writer, call) => writer.Domain(call.domain).UInt32((uint)call.flags),
            DomainWire.Read,
            cancellationToken);

    /// <summary>Asks the guest to shut down; it may take its time or not follow (procedure 258).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="flags">How to ask.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ShutdownAsync(DomainRef domain, ShutdownFlags flags = ShutdownFlags.None, CancellationToken cancellationToken = default) =>
        WithFlagsAsync(RemoteProcedure.DomainShutdown, domain, (uint)flags, cancellationToken);

    /// <summary>Asks the guest to restart; it may take its time or not follow (procedure 27).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="flags">How to ask.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task RebootAsync(DomainRef domain, ShutdownFlags flags = ShutdownFlags.None, CancellationToken cancellationToken = default) =>
        WithFlagsAsync(RemoteProcedure.DomainReboot, domain, (uint)flags, cancellationToken);

    /// <summary>Resets the machine as its reset button would (procedure 245).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ResetAsync(DomainRef domain, CancellationToken cancellationToken = default) =>
        WithFlagsAsync(RemoteProcedure.DomainReset, domain, 0, cancellationToken);

    /// <summary>Stops the processors and keeps everything else (procedure 34).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task SuspendAsync(DomainRef domain, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(RemoteProcedure.DomainSuspend, domain, static (writer, call) => writer.Domain(call), cancellationToken);

    /// <summary>Lets the processors go on (procedure 28).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ResumeAsync(DomainRef domain, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(RemoteProcedure.DomainResume, domain, static (writer, call) => writer.Domain(call), cancellationToken);

    /// <summary>Ends the machine as pulling its plug would (procedure 234).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="flags">How hard.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LibvirtException"><see cref="LibvirtErrorCode.OperationInvalid"/>: it is not running.</exception>
    public Task DestroyAsync(DomainRef domain, DestroyFlags flags = DestroyFlags.None, CancellationToken cancellationToken = default) =>
        WithFlagsAsync(RemoteProcedure.DomainDestroy, domain, (uint)flags, cancellationToken);
}
