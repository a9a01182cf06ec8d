using System.Collections.Concurrent;
using System.Globalization;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote.Transport.DotNetty;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.Remote;

namespace DeCloud.NodeAgent.IntegrationTests.Remote;

/// <summary>A peer with all of Akka.Remote as it comes, which trusts everybody and sends what it likes.</summary>
internal sealed class Attacker : IAsyncDisposable
{
    private readonly ConcurrentQueue<object> _heard = new();
    private readonly IActorRef _ear;
    private readonly int _port;
    private readonly string _protocol;

    public Attacker(int port, PeerCertificates? certificates, bool isShown = true)
    {
        (_port, _protocol) = (port, certificates is null ? "akka.tcp" : "akka.ssl.tcp");
        var config = ConfigurationFactory.ParseString($$"""
            akka {
              loglevel = OFF
              stdout-loglevel = OFF
              loggers = []
              coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
              actor {
                provider = remote
                serializers.json = "DeCloud.NodeAgent.IntegrationTests.Remote.GadgetWriter, DeCloud.NodeAgent.IntegrationTests"
                serializers.remote = "DeCloud.NodeAgent.Remote.RemoteSerializer, DeCloud.NodeAgent.Remote"
                serialization-bindings { "DeCloud.NodeAgent.Contracts.Remote.IRemoteMessage, DeCloud.NodeAgent.Contracts" = remote }
              }
              remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0, batching.enabled = off, enable-ssl = {{(certificates is null ? "off" : "on")}}, maximum-frame-size = 4000000b }
            }
            """);
        var bootstrap = BootstrapSetup.Create().WithConfig(config);
        System = ActorSystem.Create(
            "attacker",
            certificates is null
                ? ActorSystemSetup.Create(bootstrap)
                : ActorSystemSetup.Create(bootstrap, new DotNettySslSetup(certificates.Own, suppressValidation: false, requireMutualAuthentication: isShown, validateCertificateHostname: false, (_, _, _, _, _) => true)));
        _ear = System.ActorOf(Props.Create(() => new Listener(_heard)));
    }

    public ActorSystem System { get; }

    public Address Node => Address.Parse(string.Create(CultureInfo.InvariantCulture, $"{_protocol}://edge@127.0.0.1:{_port}"));

    public IActorRef Ear => _ear;

    public IReadOnlyCollection<object> Heard => _heard;

    /// <summary>A reference that is built and not found.</summary>
    public IInternalActorRef At(string path) => (IInternalActorRef)((ExtendedActorSystem)System).Provider.ResolveActorRef(Node + path);

    public void Send(string path, object message) => At(path).Tell(message, _ear);

    /// <summary>Tries to attach.</summary>
    /// <returns>The answer; null when there was none in time.</returns>
    public async Task<Attached?> AttachAsync(long epoch, int seconds, Guid? session = null)
    {
        var attach = new Attach(session ?? Guid.NewGuid(), "orchestrator", "node-1", epoch, 1, 1, null, 64, 5, DateTimeOffset.UtcNow);
        try
        {
            return await Patience.UntilAsync("the node answers", TimeSpan.FromSeconds(seconds), async () =>
            {
                Send(RemoteProtocol.GatewayPath, attach);
                await Task.Delay(300);
                return _heard.OfType<Attached>().FirstOrDefault(a => a.Session == attach.Session);
            });
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync() => await System.Terminate().WaitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private sealed class Listener : ReceiveActor
    {
        public Listener(ConcurrentQueue<object> heard) => ReceiveAny(heard.Enqueue);
    }
}

/// <summary>What a peer would like to run on the node.</summary>
public sealed class Intruder : ReceiveActor;
