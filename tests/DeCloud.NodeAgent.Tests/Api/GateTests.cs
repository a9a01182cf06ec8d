using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class GateTests : IAsyncLifetime
{
    private const string Token = "0123456789abcdef0123456789abcdef";
    private ApiHost _host = new();

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync(("Http:AllowedHosts", "node1.example"));
        _host.Vms.Answers(m => m is IVmCommand c ? new VmReply.Accepted(Samples.Operation(vm: c.VmId), Samples.Vm()) : null);
    }

    public Task DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:5100")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:1")]
    [InlineData("[::1]:5100")]
    [InlineData("node1.example")]
    [InlineData("Node1.Example:80")]
    public async Task Hosts_of_this_node_are_let_in(string name) => Assert.Equal(200, (await _host.Get("/healthz", ("Host", name))).Status);

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:5100")]
    [InlineData("localhost.evil.example")]
    [InlineData("notlocalhost")]
    [InlineData("10.0.0.1")]
    [InlineData("192.168.1.1:5100")]
    [InlineData("0.0.0.0")]
    [InlineData("[fe80::1]")]
    public async Task Hosts_that_a_browser_was_led_here_by_are_421(string name)
    {
        foreach (var path in new[] { "/healthz", "/api/vms", "/swagger/index.html", "/api/events", "/nothing" })
        {
            var answer = await _host.Get(path, ("Host", name));
            Assert.Equal((421, "host-not-allowed"), (answer.Status, answer.Problem));
        }
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("null")]
    [InlineData("https://127.0.0.1")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("http://localhost:3000")]
    public async Task Pages_of_other_origins_change_nothing(string origin)
    {
        var answer = await _host.Post("/api/vms", Samples.Create(), ("Origin", origin));
        Assert.Equal((403, "cross-origin"), (answer.Status, answer.Problem));
        answer = await _host.Get("/api/vms", ("Origin", origin));
        Assert.Equal((403, "cross-origin"), (answer.Status, answer.Problem));
        answer = await _host.Send(HttpMethod.Options, "/api/vms", null, ("Origin", origin), ("Access-Control-Request-Method", "POST"));
        Assert.Equal((403, "cross-origin"), (answer.Status, answer.Problem));
        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
        Assert.Empty(_host.Vms.Received);
    }

    [Theory]
    [InlineData("cross-site")]
    [InlineData("same-site")]
    public async Task Fetches_that_browsers_call_foreign_may_neither_change_nor_subscribe(string site)
    {
        Assert.Equal(403, (await _host.Post($"/api/vms/{Samples.Id}/start", null, ("Sec-Fetch-Site", site))).Status);
        Assert.Equal(403, (await _host.Delete($"/api/vms/{Samples.Id}", ("Sec-Fetch-Site", site))).Status);
        foreach (var stream in new[] { "/api/events", "/api/actors/tail?path=/user/vms", "/API/actors/tail?path=/user/vms", "/api/dead-letters/stream" })
        {
            Assert.Equal(403, (await _host.Get(stream, ("Sec-Fetch-Site", site))).Status);
        }

        Assert.Empty(_host.Vms.Received);
        Assert.Equal(200, (await _host.Get("/api/vms", ("Sec-Fetch-Site", site))).Status);
    }

    [Fact]
    public async Task The_own_pages_may_do_everything()
    {
        var own = _host.Address.GetLeftPart(UriPartial.Authority);
        Assert.Equal(202, (await _host.Post("/api/vms", Samples.Create(), ("Origin", own), ("Sec-Fetch-Site", "same-origin"))).Status);
    }

    [Fact]
    public async Task Every_answer_has_the_security_headers_and_none_names_the_server()
    {
        foreach (var path in new[] { "/healthz", "/api/vms", "/nothing", "/swagger/index.html", "/api/vms?x=1", "/docs/errors" })
        {
            var answer = await _host.Get(path);
            Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
            Assert.Contains("frame-ancestors 'none'", answer.Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Equal("same-origin", answer.Header("Cross-Origin-Resource-Policy"));
            Assert.Null(answer.Header("Server"));
            Assert.Null(answer.Header("Access-Control-Allow-Origin"));
        }
    }

    [Fact]
    public async Task With_a_token_everything_but_healthz_asks_for_it()
    {
        await using var locked = new StartedHost(await ApiHost.StartAsync(("Http:ApiToken", Token)));
        foreach (var path in new[] { "/api/vms", "/readyz", "/swagger/index.html", "/swagger/v1/swagger.json", "/docs/errors", "/api/events", "/nothing", "/healthz/", "/metrics" })
        {
            var answer = await locked.Host.Get(path);
            Assert.Equal((401, "unauthorized", "Bearer"), (answer.Status, answer.Problem, answer.Header("WWW-Authenticate")));
        }

        Assert.Equal(200, (await locked.Host.Get("/healthz")).Status);
        Assert.Equal(200, (await locked.Host.Get("/api/vms", ("Authorization", "Bearer " + Token))).Status);
        Assert.Equal(200, (await locked.Host.Get("/api/vms", ("Authorization", "bearer " + Token))).Status);
        foreach (var wrong in new[] { "Bearer", "Bearer ", "Bearer 0123456789abcdef0123456789abcdeF", $"Basic {Token}", Token, $"Bearer {Token}x" })
        {
            Assert.Equal(401, (await locked.Host.Get("/api/vms", ("Authorization", wrong))).Status);
        }
    }
}
