using System.Globalization;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote.Transport.DotNetty;

namespace DeCloud.NodeAgent.Remote;

/// <summary>Where a peer listens.</summary>
/// <param name="Host">An address of this machine, or a name that peers resolve to it.</param>
/// <param name="Port">The port; 0 for any free one.</param>
/// <param name="MaxFrameBytes">The longest frame, in bytes, both ways.</param>
public sealed record PeerEndpoint(string Host, int Port, int MaxFrameBytes);

/// <summary>Makes actor systems that speak the protocol and nothing else.</summary>
public static class PeerSystem
{
    /// <summary>
    /// An actor system that listens with mutual TLS. It ends by itself when a peer that it dials shows a certificate that is not accepted: whoever made it watches
    /// <see cref="ActorSystem.WhenTerminated"/> and makes another.
    /// </summary>
    /// <param name="name">The system's name.</param>
    /// <param name="hardening">What <c>hocon/edge.conf</c> says.</param>
    /// <param name="endpoint">Where it listens.</param>
    /// <param name="certificates">Who it is and whom it trusts.</param>
    /// <param name="names">The names of the peers that may connect or be connected to, as they are now.</param>
    /// <param name="onRefused">Told the peer's address and why it was refused.</param>
    /// <param name="setups">Further setups, such as for logging.</param>
    public static ActorSystem Create(
        string name,
        string hardening,
        PeerEndpoint endpoint,
        PeerCertificates certificates,
        Func<IReadOnlyCollection<string>> names,
        Action<string, string> onRefused,
        params Setup[] setups)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(certificates);
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(onRefused);
        var place = ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture, $$"""
            akka.remote.dot-netty.tcp {
              hostname = "{{endpoint.Host}}"
              port = {{endpoint.Port}}
              maximum-frame-size = {{endpoint.MaxFrameBytes}}b
            }
            """));
        var tls = new DotNettySslSetup(
            certificates.Own,
            suppressValidation: false,
            requireMutualAuthentication: true,
            validateCertificateHostname: false,
            (certificate, _, peer, _, _) =>
            {
                var objection = certificates.Objection(certificate, names());
                if (objection is not null)
                {
                    onRefused(peer, objection);
                }

                return objection is null;
            });
        var bootstrap = BootstrapSetup.Create().WithConfig(place.WithFallback(ConfigurationFactory.ParseString(hardening)));
        return ActorSystem.Create(name, ActorSystemSetup.Create([bootstrap, tls, .. setups]));
    }
}
