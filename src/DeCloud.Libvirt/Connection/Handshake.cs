using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Connection;

/// <summary>What comes before the first call: authentication, opening the driver, agreeing on keepalive.</summary>
internal static class Handshake
{
    /// <summary>VIR_DRV_FEATURE_PROGRAM_KEEPALIVE; asking for it makes the daemon ask us for signs of life.</summary>
    private const int KeepAliveFeature = 10;

    /// <summary>The ways to authenticate (<c>enum remote_auth_type</c>).</summary>
    private enum AuthenticationType
    {
        None = 0,
        Sasl = 1,
        Polkit = 2,
    }

    /// <summary>Authenticates and opens the driver.</summary>
    /// <exception cref="LibvirtAuthenticationException">The daemon wants what this client does not do, or refuses.</exception>
    /// <exception cref="LibvirtException">The daemon has no such driver, or refuses.</exception>
    public static async Task RunAsync(RpcCaller rpc, LibvirtUri uri, CancellationToken cancellationToken)
    {
        await AuthenticateAsync(rpc, cancellationToken).ConfigureAwait(false);
        await rpc.CallAsync(
            RemoteProcedure.ConnectOpen,
            uri.DriverUri,
            static (writer, name) => writer.OptionalString(name).UInt32(0),
            cancellationToken).ConfigureAwait(false);
        await rpc.CallAsync(
            RemoteProcedure.ConnectSupportsFeature,
            KeepAliveFeature,
            static (writer, feature) => writer.Int32(feature),
            static (ref XdrReader reader) => reader.ReadInt32(),
            cancellationToken).ConfigureAwait(false);
    }

    private static async Task AuthenticateAsync(RpcCaller rpc, CancellationToken cancellationToken)
    {
        var types = await rpc.CallAsync(
            RemoteProcedure.AuthList,
            static (ref XdrReader reader) => reader.ReadList(
                ProtocolLimits.AuthenticationTypes, 4, static (ref XdrReader element) => (AuthenticationType)element.ReadInt32()),
            cancellationToken).ConfigureAwait(false);

        // The daemon offers exactly one way to a local client; it is up to it, not to us, to ask for more.
        switch (types)
        {
            case [] or [AuthenticationType.None]:
                return;
            case [AuthenticationType.Polkit]:
                await AuthenticateByPolkitAsync(rpc, cancellationToken).ConfigureAwait(false);
                return;
            default:
                throw new LibvirtAuthenticationException(
                    $"The libvirt daemon asks for authentication of type {string.Join(", ", types)} on its Unix socket; "
                    + "this client does none or polkit. Set auth_unix_rw to \"none\" or \"polkit\" in the daemon's configuration.");
        }
    }

    private static async Task AuthenticateByPolkitAsync(RpcCaller rpc, CancellationToken cancellationToken)
    {
        try
        {
            await rpc.CallAsync(
                RemoteProcedure.AuthPolkit, static (ref XdrReader reader) => reader.ReadInt32(), cancellationToken).ConfigureAwait(false);
        }
        catch (LibvirtException exception)
        {
            throw new LibvirtAuthenticationException(
                $"polkit does not let this user use libvirt ({exception.Message}); run as root or add the user to the group libvirt.");
        }
    }
}
