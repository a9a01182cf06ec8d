using System.Net.Sockets;
using System.Text;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class BadRequestTests(ApiHost host) : IClassFixture<ApiHost>
{
    private const string Ok = "\"vCpus\":1,\"memoryBytes\":1073741824,\"diskBytes\":1073741824,\"baseImageUrl\":\"https://a.example/a\"";

    [Theory]
    [InlineData("", "malformed-json")]
    [InlineData("{", "malformed-json")]
    [InlineData("[]", "malformed-json")]
    [InlineData("null", "malformed-json")]
    [InlineData("\"x\"", "malformed-json")]
    [InlineData("{} {}", "malformed-json")]
    [InlineData("{\"name\":\"a\",}", "malformed-json")]
    [InlineData("{/* no */}", "malformed-json")]
    [InlineData("{\"name\":\"a\",\"name\":\"b\"," + Ok + "}", "malformed-json")]
    [InlineData("{\"name\":\"a\",\"labels\":{\"k\":\"1\",\"k\":\"2\"}," + Ok + "}", "malformed-json")]
    [InlineData("{\"name\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]," + Ok + "}", "malformed-json")]
    public async Task Bodies_that_are_no_json_object_are_400(string body, string code)
    {
        var answer = await host.Post("/api/vms", body);

        Assert.Equal((400, code), (answer.Status, answer.Problem));
        Assert.Empty(host.Vms.Received);
    }

    [Theory]
    [InlineData("{\"name\":\"a\",\"xml\":\"<x/>\"," + Ok + "}", "xml")]
    [InlineData("{\"Name\":\"a\"," + Ok + "}", "Name,name")]
    [InlineData("{\"name\":1," + Ok + "}", "name")]
    [InlineData("{\"name\":null," + Ok + "}", "name")]
    [InlineData("{\"name\":\"a\",\"baseImageHash\":null," + Ok + "}", "baseImageHash")]
    [InlineData("{\"name\":\"a\",\"id\":\"x\"," + Ok + "}", "id")]
    [InlineData("{\"name\":\"a\",\"labels\":[]," + Ok + "}", "labels")]
    [InlineData("{\"name\":\"a\",\"labels\":{\"k\":1}," + Ok + "}", "labels")]
    [InlineData("{\"name\":\"a\",\"labels\":{\"k\":null}," + Ok + "}", "labels")]
    [InlineData("{\"name\":\"a\",\"userData\":{}," + Ok + "}", "userData")]
    [InlineData("{\"name\":\"\\ud800\"," + Ok + "}", "name")]
    [InlineData("{\"name\":\"a\",\"vCpus\":\"2\",\"memoryBytes\":1.5,\"diskBytes\":1e400,\"baseImageUrl\":true}", "baseImageUrl,diskBytes,memoryBytes,vCpus")]
    [InlineData("{\"name\":\"a\",\"vCpus\":99999999999,\"memoryBytes\":1073741824,\"diskBytes\":1073741824,\"baseImageUrl\":\"https://a.example/a\"}", "vCpus")]
    [InlineData("{}", "baseImageUrl,diskBytes,memoryBytes,name,vCpus")]
    [InlineData("{\"name\":\"A\",\"vCpus\":0,\"memoryBytes\":1,\"diskBytes\":1,\"baseImageUrl\":\"ftp://x/y\",\"baseImageHash\":\"x\",\"sshPublicKey\":\"x\",\"nmae\":1}", "baseImageHash,baseImageUrl,diskBytes,memoryBytes,name,nmae,sshPublicKey,vCpus")]
    public async Task Wrong_fields_are_all_named_at_once_by_their_json_names(string body, string fields)
    {
        var answer = await host.Post("/api/vms", body);

        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Problem));
        Assert.Equal(fields.Split(','), answer.ErrorFields);
        Assert.Empty(host.Vms.Received);
    }

    [Fact]
    public async Task User_data_is_never_repeated_in_a_problem()
    {
        var answer = await host.Post("/api/vms", Samples.Create(("userData", "canary-secret\0"), ("vCpus", 0)));
        Assert.Equal(["userData", "vCpus"], answer.ErrorFields);
        Assert.DoesNotContain("canary", answer.Text, StringComparison.Ordinal);

        answer = await host.Post("/api/vms", Samples.Create(("userData", new System.Text.Json.Nodes.JsonObject { ["canary"] = 1 })));
        Assert.Equal(["userData"], answer.ErrorFields);
        Assert.DoesNotContain("canary", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/jsonp")]
    public async Task Bodies_that_say_they_are_no_json_are_415(string contentType)
    {
        var answer = await host.Post("/api/vms", Samples.Create(), ("Content-Type", contentType));

        Assert.Equal((415, "unsupported-media-type"), (answer.Status, answer.Problem));
    }

    [Fact]
    public async Task Bodies_that_are_too_large_are_413()
    {
        var answer = await host.Post("/api/vms", Samples.Create(("userData", new string('a', 300_000))));

        Assert.Equal((413, "body-too-large"), (answer.Status, answer.Problem));
    }

    [Theory]
    [InlineData("GET", "/nothing", 404, "route-not-found")]
    [InlineData("GET", "/api/nothing", 404, "route-not-found")]
    [InlineData("GET", "/api/vms/4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1/nothing", 404, "route-not-found")]
    [InlineData("PUT", "/api/vms", 405, "method-not-allowed")]
    [InlineData("GET", "/api/vms/4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1/start", 405, "method-not-allowed")]
    [InlineData("GET", "/api/vms/not-a-uuid", 400, "invalid-request")]
    [InlineData("POST", "/api/vms/..%2f..%2fetc/start", 400, "invalid-request")]
    [InlineData("GET", "/api/vms/4f1c9d5e7f0b4a579a530d8ad4b2f8a1", 400, "invalid-request")]
    [InlineData("GET", "/api/operations/nonsense", 404, "operation-not-found")]
    [InlineData("GET", "/api/operations/image-1?wait=61s", 400, "invalid-request")]
    [InlineData("GET", "/api/operations/image-1?wait=30", 400, "invalid-request")]
    [InlineData("DELETE", "/api/images/sha256:xyz", 400, "invalid-request")]
    [InlineData("GET", "/api/vms/4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1/console?tail=0", 400, "invalid-request")]
    [InlineData("GET", "/api/vms/4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1/history?at=yesterday", 400, "invalid-request")]
    [InlineData("GET", "/api/vms/4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1/history?at=2026-01-01T00:00:00Z&limit=1", 400, "invalid-request")]
    [InlineData("POST", "/api/vms/4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1/stop?force=yes", 400, "invalid-request")]
    [InlineData("GET", "/api/node?x=1", 400, "invalid-request")]
    public async Task Wrong_paths_methods_and_parameters_are_problems(string method, string path, int status, string code)
    {
        var answer = await host.Send(new(method), path, null);

        Assert.Equal((status, code), (answer.Status, answer.Problem));
        Assert.Equal(status == 405, answer.Header("Allow") is not null);
    }

    [Fact]
    public async Task A_body_where_none_is_read_is_refused_instead_of_ignored()
    {
        var answer = await host.Post($"/api/vms/{Samples.Id}/restart", """{"force":true}""");

        Assert.Equal((400, "bad-request"), (answer.Status, answer.Problem));
        Assert.Empty(host.Vms.Received);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tab\there")]
    public async Task Idempotency_keys_that_are_not_printable_ascii_are_400(string key)
    {
        // HttpClient would not send these.
        var answer = await RawAsync($"POST /api/vms/{Samples.Id}/start HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: {key}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("Idempotency-Key", answer, StringComparison.Ordinal);
        Assert.Empty(host.Vms.Received);
    }

    [Fact]
    public async Task Headers_that_come_too_slowly_end_the_connection()
    {
        await using var slow = new StartedHost(await ApiHost.StartAsync(("Http:HeadersTimeout", "500ms")));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", slow.Host.Address.Port);
        await socket.SendAsync("GET /healthz HTTP/1.1\r\nHost: local"u8.ToArray());

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var buffer = new byte[4096];
        var count = await socket.ReceiveAsync(buffer, deadline.Token);

        Assert.StartsWith("HTTP/1.1 408", Encoding.ASCII.GetString(buffer, 0, count), StringComparison.Ordinal);
    }

    private async Task<string> RawAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", host.Address.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }
}

internal sealed class StartedHost(ApiHost host) : IAsyncDisposable
{
    public ApiHost Host => host;

    public async ValueTask DisposeAsync() => await host.DisposeAsync();
}
