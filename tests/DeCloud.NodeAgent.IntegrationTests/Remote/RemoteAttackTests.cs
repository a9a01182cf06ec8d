using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Serialization;
using CliWrap;
using CliWrap.Buffered;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Agent;

namespace DeCloud.NodeAgent.IntegrationTests.Remote;

/// <summary>What peers may try. After each the gateway is the one that was started first, the agent is the same process, and the VM is as it was.</summary>
public sealed class RemoteAttackTests(RemoteLab lab) : AgentTests(lab), IClassFixture<RemoteLab>
{
    private const string Gateway = RemoteProtocol.GatewayPath;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    private RemoteLab Remote => (RemoteLab)Lab;

    /// <summary>One VM for all of these tests, which none of them harms; its guest has booted and its address is known, so that nothing more happens to it by itself.</summary>
    public override async Task InitializeAsync()
    {
        if (Remote.Bystander is { } known && await Lab.Api.VmsAsync() is [{ Status.State: "running" } vm] && vm.Id == known)
        {
            return;
        }

        await base.InitializeAsync();
        Remote.Bystander = (await Lab.ReadyVmAsync()).Id;
    }

    [Theory]
    [InlineData("orchestrator", "certs", true, true)]
    [InlineData("orchestrator", "certs", false, false)]
    [InlineData("orchestrator", "other", true, false)]
    [InlineData("late", "certs", true, false)]
    [InlineData("node-2", "certs", true, false)]
    public async Task Only_who_shows_a_valid_certificate_of_an_orchestrator_is_heard(string name, string folder, bool isShown, bool isHeard)
    {
        var before = await BeforeAsync();
        using (var certificates = Remote.Certificates(name, folder))
        {
            await using var peer = new Attacker(Remote.EdgePort, certificates, isShown);
            Assert.Equal(isHeard, await peer.AttachAsync(1, isHeard ? 15 : 3) is not null);
        }

        await AfterAsync(before);
    }

    [Fact]
    public async Task Plain_tcp_is_not_heard()
    {
        var before = await BeforeAsync();
        await using (var peer = new Attacker(Remote.EdgePort, null))
        {
            Assert.Null(await peer.AttachAsync(1, 3));
        }

        await AfterAsync(before);
    }

    [Fact]
    public async Task Garbage_before_and_inside_tls_changes_nothing()
    {
        var before = await BeforeAsync();
        var noise = new byte[256 << 10];
        new Random(1).NextBytes(noise);
        using var certificates = Remote.Certificates("orchestrator");
        for (var i = 0; i < 20; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", Remote.EdgePort);
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            try
            {
                await using var tls = new SslStream(client.GetStream());
                if (i % 2 == 0)
                {
                    await client.GetStream().WriteAsync(noise, deadline.Token);
                }
                else
                {
                    await tls.AuthenticateAsClientAsync(certificates.ClientOptions("node-1", _ => { }), deadline.Token);
                    await tls.WriteAsync(noise, deadline.Token);
                }
            }
            catch (IOException)
            {
                // It hung up, as it should.
            }
        }

        await AfterAsync(before);
    }

    [Fact]
    public async Task A_type_that_a_message_names_is_not_made_though_akkas_own_serializer_would_make_it()
    {
        var before = await BeforeAsync();
        var canary = Directory.CreateTempSubdirectory("decloud-canary-");
        try
        {
            var gadget = new Gadget(canary.FullName);
            var inode = long.Parse((await Cli.Wrap("stat").WithArguments(["-c", "%i", canary.FullName]).ExecuteBufferedAsync()).StandardOutput, CultureInfo.InvariantCulture);
            using (var certificates = Remote.Certificates("orchestrator"))
            {
                await using var peer = new Attacker(Remote.EdgePort, certificates);
                Assert.NotNull(await peer.AttachAsync(1, 15));
                peer.Send(Gateway, gadget);
                // What comes after it on the same connection is answered, so it has been read.
                Assert.NotNull(await peer.AttachAsync(1, 15));
                Assert.False(Gadget.HasSprung(Lab.Agent.Pid.ToString(CultureInfo.InvariantCulture), inode));

                // The same bytes in the hands of the serializer that the edge replaces.
                using var made = (IDisposable)new NewtonSoftJsonSerializer((ExtendedActorSystem)peer.System).FromBinary(gadget.Bytes, typeof(object));
                await Patience.UntilAsync("the gadget springs where nothing holds it", TimeSpan.FromSeconds(10), () => Task.FromResult(Gadget.HasSprung("self", inode)));
            }
        }
        finally
        {
            canary.Delete();
        }

        await AfterAsync(before);
    }

    [Fact]
    public async Task An_edge_that_ends_because_it_dialled_a_stranger_comes_back_and_nothing_else_notices()
    {
        var before = await BeforeAsync();
        var ends = EdgeEnds();
        int port;
        using (var certificates = Remote.Certificates("orchestrator"))
        {
            await using var peer = new Attacker(Remote.EdgePort, certificates);
            Assert.NotNull(await peer.AttachAsync(1, 15));
            port = ((ExtendedActorSystem)peer.System).Provider.DefaultAddress.Port!.Value;
        }

        // Where the orchestrator was there is now somebody else, and the node goes on sending heartbeats there.
        using var stranger = Remote.Certificates("orchestrator", "other");
        using var stop = new CancellationTokenSource();
        var serving = ServeAsync(port, stranger.Own, stop.Token);
        await Patience.UntilAsync("the edge ends", TimeSpan.FromSeconds(60), () => Task.FromResult(EdgeEnds() > ends), () => Lab.Agent.Log);
        await stop.CancelAsync();
        await serving;

        var again = await GoodAttachAsync();
        Assert.True(again.StartedAt > before.GatewaySince, $"{again.StartedAt} against {before.GatewaySince}");
        await AfterAsync(before with { GatewaySince = again.StartedAt });
    }

    [Theory]
    [InlineData("selection of the gateway")]
    [InlineData("selection of everything")]
    [InlineData("built reference to the system guardian")]
    [InlineData("built reference to the core")]
    [InlineData("poison pill")]
    [InlineData("kill")]
    [InlineData("suspend")]
    [InlineData("recreate")]
    [InlineData("terminate")]
    [InlineData("watch")]
    [InlineData("identify")]
    [InlineData("deployment")]
    [InlineData("type by name")]
    [InlineData("text")]
    [InlineData("exception")]
    [InlineData("long frame")]
    [InlineData("message of the other direction")]
    public async Task Nothing_but_the_protocol_reaches_anything(string attempt)
    {
        var before = await BeforeAsync();
        using (var certificates = Remote.Certificates("orchestrator"))
        {
            await using var peer = new Attacker(Remote.EdgePort, certificates);
            Assert.NotNull(await peer.AttachAsync(1, 15));
            for (var i = 0; i < 3; i++)
            {
                Try(peer, attempt);
            }

            await Task.Delay(500);
            if (attempt == "message of the other direction")
            {
                Assert.Contains(peer.Heard, h => h is Refused { Code: RefusalCodes.NotAttached });
            }
        }

        await AfterAsync(before);
    }

    private static void Try(Attacker peer, string attempt)
    {
        switch (attempt)
        {
            case "selection of the gateway":
                peer.System.ActorSelection(peer.Node + Gateway).Tell(new Detach(Guid.NewGuid()), peer.Ear);
                break;
            case "selection of everything":
                peer.System.ActorSelection(peer.Node + "/user/*").Tell(PoisonPill.Instance, peer.Ear);
                peer.System.ActorSelection(peer.Node + "/system/*").Tell(Kill.Instance, peer.Ear);
                break;
            case "built reference to the system guardian":
                peer.Send("/system", Kill.Instance);
                peer.Send("/system/transports", new Detach(Guid.NewGuid()));
                peer.At("/user").SendSystemMessage(new Terminate());
                break;
            case "built reference to the core":
                peer.Send("/user/node", new Detach(Guid.NewGuid()));
                peer.Send("/user/node/vms", Kill.Instance);
                peer.Send("/remote", new Detach(Guid.NewGuid()));
                break;
            case "poison pill":
                peer.Send(Gateway, PoisonPill.Instance);
                break;
            case "kill":
                peer.Send(Gateway, Kill.Instance);
                break;
            case "suspend":
                peer.At(Gateway).SendSystemMessage(new Suspend());
                break;
            case "recreate":
                peer.At(Gateway).SendSystemMessage(new Recreate(new InvalidOperationException("again")));
                break;
            case "terminate":
                peer.At(Gateway).SendSystemMessage(new Terminate());
                break;
            case "watch":
                peer.At(Gateway).SendSystemMessage(new Watch(peer.At(Gateway), (IInternalActorRef)peer.Ear));
                break;
            case "identify":
                peer.Send(Gateway, new Identify("who"));
                break;
            case "deployment":
                peer.System.ActorOf(Props.Create<Intruder>().WithDeploy(Deploy.None.WithScope(new RemoteScope(peer.Node))));
                break;
            case "type by name":
                peer.Send(Gateway, new FileInfo("/etc/shadow"));
                peer.Send(Gateway, new Uri("http://127.0.0.1/"));
                break;
            case "text":
                peer.Send(Gateway, "hello");
                peer.Send(Gateway, 4711);
                peer.Send(Gateway, new byte[16]);
                break;
            case "exception":
                peer.Send(Gateway, new Status.Failure(new InvalidOperationException("boo")));
                break;
            case "long frame":
                peer.Send(Gateway, new CreateVm(CommandId: "c", UserData: new string('x', 1 << 20)));
                break;
            case "message of the other direction":
                peer.Send(Gateway, new Heartbeat(Guid.NewGuid()));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(attempt));
        }
    }

    private int EdgeEnds() => Lab.Agent.Log.Split("The edge ended by itself").Length - 1;

    private static async Task ServeAsync(int port, X509Certificate2 certificate, CancellationToken stop)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Start();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(stop);
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, stop);
                await tls.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, stop);
            }
            catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException)
            {
                // It hung up, as it should.
            }
        }
    }

    /// <summary>A VM that runs and to which nothing more happens, and the gateway as it is.</summary>
    private async Task<(VmResource Vm, DateTimeOffset GatewaySince, int Pid, IReadOnlyList<int> Qemus)> BeforeAsync()
    {
        var id = Remote.Bystander!.Value;
        VmResource? last = null;
        var vm = await Patience.UntilAsync("nothing happens to the VM", TimeSpan.FromSeconds(60), async () =>
        {
            last ??= await Lab.Api.VmAsync(id);
            await Task.Delay(Quiet);
            var now = await Lab.Api.VmAsync(id);
            (var before, last) = (last, now);
            return now.Version == before.Version ? now : null;
        });
        return (vm, (await GoodAttachAsync()).StartedAt, Lab.Agent.Pid, Lab.Invariants.QemusOf(id));
    }

    private async Task AfterAsync((VmResource Vm, DateTimeOffset GatewaySince, int Pid, IReadOnlyList<int> Qemus) before)
    {
        Assert.Equal(before.GatewaySince, (await GoodAttachAsync()).StartedAt);
        Assert.True(Lab.Agent.IsRunning);
        Assert.Equal(before.Pid, Lab.Agent.Pid);
        var vm = await Lab.Api.VmAsync(before.Vm.Id);
        Assert.True(
            before.Vm.Version == vm.Version,
            $"Version {before.Vm.Version} became {vm.Version}: {string.Join("; ", (await Lab.Api.HistoryAsync(vm.Id)).TakeLast(4).Select(e => $"{e.At:HH:mm:ss} {e.Type} {e.By} {e.Summary} {e.Data}"))}");
        Assert.Equal((before.Vm.Status, before.Vm.Intent, before.Vm.LastOperation), (vm.Status, vm.Intent, vm.LastOperation));
        Assert.Equal(before.Qemus, Lab.Invariants.QemusOf(before.Vm.Id));
        Assert.Single(before.Qemus);
        Assert.True((await Lab.Api.NodeAsync()).Reconciled);
        Assert.DoesNotContain("fell (", Lab.Agent.Log, StringComparison.Ordinal);
        Assert.Single(await Lab.Api.VmsAsync());
    }

    private async Task<Attached> GoodAttachAsync()
    {
        using var certificates = Remote.Certificates("orchestrator");
        await using var peer = new Attacker(Remote.EdgePort, certificates);
        var attached = await peer.AttachAsync(1, 20);
        return attached ?? throw new TimeoutException("The gateway does not answer the right orchestrator.\n" + Lab.Agent.Log);
    }
}
