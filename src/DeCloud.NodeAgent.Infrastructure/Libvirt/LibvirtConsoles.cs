using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Errors;
using DeCloud.Libvirt.Streams;
using DeCloud.NodeAgent.Core.Consoles;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Infrastructure.Libvirt;

/// <summary>
/// Opens serial consoles. Each has a connection of its own: a guest that does not read what is typed makes the daemon stop reading that connection, and nothing else may wait behind it.
/// </summary>
internal sealed class LibvirtConsoles(LibvirtHypervisorOptions options)
{
    /// <summary>What a guest may print ahead of its reader. A serial line brings it in seconds, a terminal takes it in less.</summary>
    private const int Capacity = 256 * 1024;

    /// <exception cref="FailureException">Somebody else has it.</exception>
    public async Task<IConsoleLine> OpenAsync(DomainRef domain, bool takesOver, CancellationToken cancellation)
    {
        // No questions for signs of life: behind what the guest does not read, their answers would not come, and the daemon's own are answered.
        var connection = await LibvirtConnection.ConnectAsync(options.Uri, new() { CallDeadline = options.CallDeadline, KeepAliveCount = 0 }, cancellation).ConfigureAwait(false);
        try
        {
            var flags = ConsoleFlags.Safe | (takesOver ? ConsoleFlags.Force : ConsoleFlags.None);
            return new Line(connection, await connection.Domains.OpenConsoleAsync(domain, flags, null, Capacity, cancellation).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);

            // The daemon has no code of its own for this, and the domain was seen running just now.
            throw e is LibvirtException { Code: LibvirtErrorCode.OperationFailed } busy && !takesOver
                ? FailureException.Transient(FailureCodes.ConsoleBusy, "Somebody has the VM's serial console open. Take it over with 'takeover=true', or wait.", busy)
                : e is LibvirtException { Code: LibvirtErrorCode.OperationInvalid or LibvirtErrorCode.NoDomain } gone
                ? FailureException.Permanent(FailureCodes.VmNotRunning, "The VM has no console while it does not run. Start it first.", gone)
                : e;
        }
    }

    private sealed class Line(LibvirtConnection connection, LibvirtStream stream) : IConsoleLine
    {
        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
        {
            try
            {
                return await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false);
            }
            catch (LibvirtException)
            {
                // How the daemon says that the domain is gone, or that another took the console.
                return 0;
            }
            catch (LibvirtStreamOverrunException overrun)
            {
                throw new ConsoleOverrunException(overrun);
            }
            catch (LibvirtConnectionLostException lost)
            {
                throw LibvirtFailures.Of(lost);
            }
        }

        public async Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
        {
            try
            {
                await stream.WriteAsync(data, cancellation).ConfigureAwait(false);
            }
            catch (InvalidOperationException ended)
            {
                throw FailureException.Transient(FailureCodes.VmNotRunning, "The VM's console is gone.", ended);
            }
            catch (LibvirtConnectionLostException lost)
            {
                throw LibvirtFailures.Of(lost);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
