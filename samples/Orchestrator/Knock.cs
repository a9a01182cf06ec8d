using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using DeCloud.NodeAgent.Remote;

namespace DeCloud.Orchestrator;

/// <summary>
/// Looks at a node's certificate before Akka dials it. A certificate that is not accepted ends the actor system that dialled, and one node must not be able to do that to all the others;
/// besides, only here is it known which name is expected at which address.
/// </summary>
internal sealed class Knock(PeerCertificates certificates) : IDisposable
{
    private const int AtOnce = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _slots = new(AtOnce);

    /// <summary>Why the node is not dialled; null when it may be.</summary>
    public async Task<string?> AtAsync(NodeAddress node, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        string? objection = null;
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(node.Host, node.Port, deadline.Token);
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsClientAsync(certificates.ClientOptions(node.Name, why => objection = why), deadline.Token);
            return null;
        }
        catch (AuthenticationException e)
        {
            return objection is null ? $"TLS failed: {e.Message}" : $"it is not trusted: {objection}";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return $"it can't be reached: {e.Message}";
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "it does not answer";
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose() => _slots.Dispose();
}
