using System.Net.Security;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Agent;

namespace DeCloud.NodeAgent.IntegrationTests.Remote;

/// <summary>What peers may try. After each the gateway is the one that was started first, the agent is the same process, and the VM is as it was.</summary>
public sealed class RemoteAttackTests(RemoteLab lab) : AgentTests(lab), IClassFixture<RemoteLab>
{
    private const string Gateway = RemoteProtocol.GatewayPath;

    [Theory]
    [InlineData("orchestrator", "certs", true, true)]
    [InlineData("orchestrator", "certs", false, false)]
    [InlineData("orchestrator", "other", true, false)]
    [InlineData("late", "certs", true, false)]
    [InlineData("node-2", "certs", true, false)]
    public async Task Only_who_shows_a_valid_certificate_of_an_orchestrator_is_heard(string name, string folder, bool isShown, bool isHeard)
    {
        var before = await BeforeAsync();
        using (var certificates = ((RemoteLab)Lab).Certificates(name, folder))
        {
            await using var peer = new Attacker(((RemoteLab)Lab).EdgePort, certificates, isShown);
            Assert.Equal(isHeard, await peer.AttachAsync(1, isHeard ? 15 : 3) is not null);
        }

        await AfterAsync(before);
    }

    [Fact]
    public async Task Plain_tcp_is_not_heard()
    {
        var before = await BeforeAsync();
        await using (var peer = new Attacker(((RemoteLab)Lab).EdgePort, null))
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
        using var certificates = ((RemoteLab)Lab).Certificates("orchestrator");
        for (var i = 0; i < 20; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", ((RemoteLab)Lab).EdgePort);
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
        using (var certificates = ((RemoteLab)Lab).Certificates("orchestrator"))
        {
            await using var peer = new Attacker(((RemoteLab)Lab).EdgePort, certificates);
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

    /// <summary>A VM that runs, and the gateway as it is.</summary>
    private async Task<(VmResource Vm, DateTimeOffset GatewaySince, int Pid, IReadOnlyList<int> Qemus)> BeforeAsync()
    {
        var created = await Lab.Api.CreateAsync(Lab.Small(64));
        await Lab.Api.DoneAsync(created);
        return (await Lab.Api.VmAsync(created.Vm!.Id), (await GoodAttachAsync()).StartedAt, Lab.Agent.Pid, Lab.Invariants.QemusOf(created.Vm.Id));
    }

    private async Task AfterAsync((VmResource Vm, DateTimeOffset GatewaySince, int Pid, IReadOnlyList<int> Qemus) before)
    {
        Assert.Equal(before.GatewaySince, (await GoodAttachAsync()).StartedAt);
        Assert.True(Lab.Agent.IsRunning);
        Assert.Equal(before.Pid, Lab.Agent.Pid);
        var vm = await Lab.Api.VmAsync(before.Vm.Id);
        // Not the version: the guest's own boot goes on meanwhile, and is told.
        Assert.Equal((before.Vm.Status, before.Vm.Intent, before.Vm.LastOperation), (vm.Status, vm.Intent, vm.LastOperation));
        Assert.Equal(before.Qemus, Lab.Invariants.QemusOf(before.Vm.Id));
        Assert.Single(before.Qemus);
        Assert.True((await Lab.Api.NodeAsync()).Reconciled);
        Assert.DoesNotContain("fell (", Lab.Agent.Log, StringComparison.Ordinal);
        Assert.Single(await Lab.Api.VmsAsync());
    }

    private async Task<Attached> GoodAttachAsync()
    {
        using var certificates = ((RemoteLab)Lab).Certificates("orchestrator");
        await using var peer = new Attacker(((RemoteLab)Lab).EdgePort, certificates);
        var attached = await peer.AttachAsync(1, 20);
        return attached ?? throw new TimeoutException("The gateway does not answer the right orchestrator.\n" + Lab.Agent.Log);
    }
}
