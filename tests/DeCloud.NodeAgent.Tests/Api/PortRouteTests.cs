using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Ports;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class PortRouteTests(ApiHost host) : IClassFixture<ApiHost>
{
    private readonly string _ports = $"/api/vms/{Samples.Id}/ports";
    private static readonly PortForward Web = new(new(Samples.Id), 80, PortProtocol.Tcp, 40000, "web", new Request("k", "h", "api"), DateTimeOffset.UnixEpoch);

    [Fact]
    public async Task A_port_is_asked_for_listed_and_removed()
    {
        host.Ports.Answers(m => m switch
        {
            PortCommands.Allocate => new PortReply.Done(Web),
            PortCommands.Remove => new PortReply.Removed(Web),
            _ => new PortReply.Listed([Web]),
        });

        var given = await host.Post(_ports, """{"guestPort":80}""", ("Idempotency-Key", "p1"));
        Assert.Equal((200, 40000, "tcp"), (given.Status, given.Json.GetProperty("hostPort").GetInt32(), given.Json.GetProperty("protocol").GetString()));
        var asked = host.Ports.Last<PortCommands.Allocate>();
        Assert.Equal((80, PortProtocol.Tcp, null, null, "p1"), (asked.GuestPort, asked.Protocol, asked.HostPort, asked.Label, asked.Request.Id));

        Assert.Equal("starting", (await host.Get("/api/ports")).Json.GetProperty("network").GetProperty("isolation").GetString());
        Assert.Null(host.Ports.Last<PortQueries.List>().VmId);
        Assert.Equal(200, (await host.Get(_ports)).Status);
        Assert.Equal(Samples.Id, host.Ports.Last<PortQueries.List>().VmId!.Value.Value);

        Assert.Equal(200, (await host.Delete(_ports + "/80/tcp")).Status);
        Assert.Equal((80, PortProtocol.Tcp), (host.Ports.Last<PortCommands.Remove>().GuestPort, host.Ports.Last<PortCommands.Remove>().Protocol));
    }

    [Theory]
    [InlineData("""{"guestPort":0}""", "guestPort")]
    [InlineData("""{"guestPort":"80"}""", "guestPort")]
    [InlineData("""{}""", "guestPort")]
    [InlineData("""{"guestPort":80,"protocol":"icmp"}""", "protocol")]
    [InlineData("""{"guestPort":80,"hostPort":70000}""", "hostPort")]
    [InlineData("""{"guestPort":80,"label":"a\u0007"}""", "label")]
    [InlineData("""{"guestPort":80,"port":1}""", "port")]
    public async Task A_wrong_wish_is_refused_by_field_before_anybody_is_asked(string body, string field)
    {
        host.Ports.Received.Clear();
        var answer = await host.Post(_ports, body);
        Assert.Equal(400, answer.Status);
        Assert.Contains(field, answer.ErrorFields);
        Assert.Empty(host.Ports.Received);
    }

    [Theory]
    [InlineData("/0/tcp")]
    [InlineData("/-1/tcp")]
    [InlineData("/80/icmp")]
    [InlineData("/99999/udp")]
    public async Task A_wrong_path_is_refused(string path) => Assert.Equal(400, (await host.Delete(_ports + path)).Status);

    [Theory]
    [InlineData(FailureCodes.PortTaken, 409)]
    [InlineData(FailureCodes.PortsExhausted, 409)]
    [InlineData(FailureCodes.PortRefused, 422)]
    [InlineData(FailureCodes.VmNotFound, 404)]
    [InlineData(FailureCodes.PacketFilterUnavailable, 503)]
    public async Task A_refusal_has_its_status(string code, int status)
    {
        host.Ports.Answers(new PortReply.Refused(new(code, "x", true)));
        var answer = await host.Post(_ports, """{"guestPort":80}""");
        Assert.Equal((status, code), (answer.Status, answer.Problem));
    }
}
