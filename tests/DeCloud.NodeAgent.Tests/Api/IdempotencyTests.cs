using System.Text.Json.Nodes;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class IdempotencyTests : IAsyncLifetime
{
    private readonly ApiHost _host = new();

    public async Task InitializeAsync()
    {
        await _host.InitializeAsync();
        _host.Vms.Answers(m => m is IVmCommand c ? new VmReply.Accepted(Samples.Operation(vm: c.VmId), Samples.Vm()) : null);
        _host.Images.Answers(m => m is ImageCommands.Remove r ? new ImageReply.Removed(r.Digest) : new ImageReply.Accepted(Samples.Operation("pull-image")));
    }

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_key_is_made_up_when_absent_and_told_in_the_answer()
    {
        var first = await _host.Post($"/api/vms/{Samples.Id}/start");
        var key = first.Header("Idempotency-Key");
        var second = await _host.Post($"/api/vms/{Samples.Id}/start");

        Assert.True(Guid.TryParse(key, out _));
        Assert.NotEqual(key, second.Header("Idempotency-Key"));
        Assert.Equal(key, ((IVmCommand)_host.Vms.Received.First()).Request.Id);
    }

    [Fact]
    public async Task Every_route_that_changes_something_gives_the_key_back()
    {
        foreach (var route in new[] { "start", "stop", "restart", "reset", "pause", "resume" })
        {
            Assert.Equal("k", (await _host.Post($"/api/vms/{Samples.Id}/{route}", null, ("Idempotency-Key", "k"))).Header("Idempotency-Key"));
        }

        Assert.Equal("k", (await _host.Delete($"/api/vms/{Samples.Id}", ("Idempotency-Key", "k"))).Header("Idempotency-Key"));
        Assert.Equal("k", (await _host.Post("/api/images", """{"url":"https://a.example/a"}""", ("Idempotency-Key", "k"))).Header("Idempotency-Key"));
        Assert.Equal("k", (await _host.Delete($"/api/images/{Samples.Digest}", ("Idempotency-Key", "k"))).Header("Idempotency-Key"));
        Assert.Equal("k", (await _host.Post("/api/vms", "{}", ("Idempotency-Key", "k"))).Header("Idempotency-Key"));
    }

    [Fact]
    public async Task The_same_body_written_differently_has_the_same_hash()
    {
        var a = await HashAsync(Samples.Create(("labels", new JsonObject { ["a"] = "1", ["b"] = "2" }), ("userData", "x")));
        var b = await HashAsync(Samples.Create(("userData", "x"), ("labels", new JsonObject { ["b"] = "2", ["a"] = "1" })).Replace(",", " ,\n ", StringComparison.Ordinal).Replace("web-1", "\\u0077eb-1", StringComparison.Ordinal));

        Assert.Equal(a, b);
    }

    [Theory]
    [InlineData("name", "\"web-2\"")]
    [InlineData("vCpus", "3")]
    [InlineData("memoryBytes", "2147483648")]
    [InlineData("diskBytes", "2147483648")]
    [InlineData("baseImageUrl", "\"https://images.example/b.qcow2\"")]
    [InlineData("baseImageHash", "\"\"")]
    [InlineData("sshPublicKey", "\"\"")]
    [InlineData("userData", "\"x\"")]
    [InlineData("labels", "{\"a\":\"1\"}")]
    [InlineData("id", "\"4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1\"")]
    public async Task Every_field_counts_in_the_hash(string field, string value) =>
        Assert.NotEqual(await HashAsync(Samples.Create()), await HashAsync(Samples.Create((field, JsonNode.Parse(value)))));

    [Fact]
    public async Task Another_route_or_another_vm_has_another_hash()
    {
        var hashes = new HashSet<string>();
        foreach (var path in new[] { $"{Samples.Id}/start", $"{Samples.Id}/stop", $"{Samples.Id}/stop?force=true", $"{Samples.Id}/reset", $"{Guid.NewGuid()}/start" })
        {
            await _host.Post($"/api/vms/{path}");
            Assert.True(hashes.Add(_host.Vms.Last<VmCommands.Change>().Request.BodyHash), path);
        }

        await _host.Post($"/api/vms/{Samples.Id}/stop", """{"force":true}""");
        Assert.False(hashes.Add(_host.Vms.Last<VmCommands.Change>().Request.BodyHash));
    }

    private async Task<string> HashAsync(string body)
    {
        Assert.Equal(202, (await _host.Post("/api/vms", body)).Status);
        return _host.Vms.Last<VmCommands.Create>().Request.BodyHash;
    }
}
