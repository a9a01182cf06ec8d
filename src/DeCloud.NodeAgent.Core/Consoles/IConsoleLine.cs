using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Consoles;

/// <summary>The bytes between somebody and a VM's serial console or screen. One may read and one may write at a time. Disposing hangs up, and does nothing to the VM.</summary>
public interface IConsoleLine : IAsyncDisposable
{
    /// <summary>Reads what the VM sent, or waits for something.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="cancellation">Gives up; nothing is lost.</param>
    /// <returns>Bytes read; 0 when the VM has ended, or its console was taken away.</returns>
    /// <exception cref="ConsoleOverrunException">The VM sent more than waits to be read.</exception>
    /// <exception cref="Node.FailureException">The hypervisor is gone.</exception>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation);

    /// <summary>Sends bytes to the VM. Waits as long as it takes none.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="cancellation">Gives up; some may have been sent.</param>
    /// <exception cref="Node.FailureException">The VM or the hypervisor is gone.</exception>
    Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation);
}

/// <summary>Thrown when a VM sent more than its reader took. A VM never waits for whoever looks at it.</summary>
public sealed class ConsoleOverrunException(Exception? cause = null) : Exception("The VM sent more than was read.", cause);

/// <summary>The way to the serial consoles of domains.</summary>
public interface IDomainConsoles
{
    /// <summary>
    /// Opens a running domain's serial console. One at a time has it. Fails with <see cref="Node.FailureCodes.ConsoleBusy"/> when somebody else does,
    /// <see cref="Node.FailureCodes.VmNotRunning"/> when the domain does not run, <see cref="Node.FailureCodes.ForeignDomain"/> when it is not the agent's.
    /// </summary>
    /// <param name="id">The VM.</param>
    /// <param name="takesOver">Whether to take it from whoever has it.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<IConsoleLine> OpenConsoleAsync(VmId id, bool takesOver, CancellationToken cancellation);
}
