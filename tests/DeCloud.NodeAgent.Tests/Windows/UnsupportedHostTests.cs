using Akka.Actor;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Windows;
using DeCloud.NodeAgent.Tests.Actors;
using DeCloud.NodeAgent.Tests.Api;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.Tests.Windows;

/// <summary>A node whose host runs no VMs.</summary>
public sealed class UnsupportedHostTests(ITestOutputHelper output) : NodeFixture(output)
{
    [Fact]
    public async Task The_node_is_ready_without_vms_and_refuses_whatever_is_asked_of_them_by_whoever()
    {
        var host = new UnsupportedHost();
        var node = Sys.ActorOf(Props.Create(() => new NodeSupervisor(new NodeParts("test", host, host, host, new VmBoard(), Policy, ImagePolicy, new JournalSignal(), new()) { Overlay = Overlay.Parts(OverlaySettings) })), "windows");

        var readiness = await node.Ask<Readiness>(new NodeQueries.GetReadiness(), Wait);
        Assert.Equal((false, true, (string?)null, FailureCodes.VmsUnsupported), (readiness.Hypervisor, readiness.Reconciled, readiness.Reason, readiness.WithoutVms?.Code));
        var shown = await node.Ask<NodeResource>(new NodeQueries.Get(), Wait);
        Assert.Equal("unsupported", shown.Hypervisor.State);
        Assert.Contains("Linux", shown.Hypervisor.Reason, StringComparison.Ordinal);

        foreach (var message in new object[] { Vms.Samples.Create(VmId.New(), "a"), new VmQueries.Get(VmId.New()), new VmQueries.GetForeign() })
        {
            var refused = Assert.IsType<VmReply.Refused>(await node.Ask<object>(message, Timeout.InfiniteTimeSpan).WaitAsync(Wait));
            Assert.Equal((FailureCodes.VmsUnsupported, true), (refused.Failure.Code, refused.Failure.IsPermanent));
        }

        Assert.Equal(FailureCodes.VmsUnsupported, Assert.IsType<ImageReply.Refused>(await node.Ask<object>(new ImageQueries.List(), Timeout.InfiniteTimeSpan).WaitAsync(Wait)).Failure.Code);
        Assert.Equal(FailureCodes.VmsUnsupported, (await node.Ask<VncSocket>(new NodeQueries.GetVncSocket(VmId.New()), Timeout.InfiniteTimeSpan).WaitAsync(Wait)).Failure?.Code);
        Assert.Equal(FailureCodes.VmsUnsupported, (await node.Ask<ConsoleAccess>(new NodeQueries.GetConsoles(), Timeout.InfiniteTimeSpan).WaitAsync(Wait)).Failure?.Code);

        // Nothing of them was started that could be tried again for ever.
        await Assert.ThrowsAsync<ActorNotFoundException>(() => Sys.ActorSelection(node.Path / "hypervisor").ResolveOne(TimeSpan.FromMilliseconds(100)).WaitAsync(Wait));
    }

    [Fact]
    public async Task Every_route_of_vms_and_images_is_refused_before_its_request_is_looked_at()
    {
        var host = new ApiHost { RunsVms = false };
        await host.InitializeAsync();
        try
        {
            foreach (var answer in new[]
            {
                await host.Get("/api/vms"), await host.Post("/api/vms", "{"), await host.Delete("/api/vms/none"), await host.Post($"/api/vms/{Guid.NewGuid()}/stop?unknown=1", "[]"),
                await host.Get("/api/images"), await host.Post("/api/images", "x"), await host.Delete("/api/images/none"), await host.Get("/api/node/foreign-domains"),
            })
            {
                Assert.Equal((501, FailureCodes.VmsUnsupported), (answer.Status, answer.Problem));
            }

            Assert.Empty(host.Vms.Received);
            Assert.Empty(host.Images.Received);
            Assert.Equal(200, (await host.Get("/healthz")).Status);
        }
        finally
        {
            await host.DisposeAsync();
        }
    }
}
