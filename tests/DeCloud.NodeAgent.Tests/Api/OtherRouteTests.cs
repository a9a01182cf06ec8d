using System.Text;
using System.Text.Json;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class OtherRouteTests : IAsyncLifetime
{
    private readonly ApiHost _host = new();
    private readonly string _vm = $"/api/vms/{Samples.Id}";

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Operations_of_vms_and_images_are_asked_where_they_live_and_waited_for()
    {
        _host.Vms.Answers(new VmReply.Operation(Samples.Operation(status: "succeeded", vm: new(Samples.Id), number: 3)));
        _host.Images.Answers(new ImageReply.Operation(Samples.Operation("pull-image", number: 8)));

        var answer = await _host.Get($"/api/operations/vm-{Samples.Id:N}-3?wait=30s");
        Assert.Equal((200, "succeeded"), (answer.Status, answer.Json.GetProperty("status").GetString()));
        Assert.Equal(new VmQueries.GetOperation(new(Samples.Id), 3, TimeSpan.FromSeconds(30)), _host.Vms.Last<VmQueries.GetOperation>());

        answer = await _host.Get("/api/operations/image-8?wait=00:00:05");
        Assert.Equal((200, "pull-image"), (answer.Status, answer.Json.GetProperty("kind").GetString()));
        Assert.Equal(new ImageQueries.GetOperation(8, TimeSpan.FromSeconds(5)), _host.Images.Last<ImageQueries.GetOperation>());
    }

    [Fact]
    public async Task Operations_are_listed_in_pages_and_filtered()
    {
        OperationResource[] all = [.. Enumerable.Range(1, 5).Select(n => Samples.Operation(status: n % 2 == 0 ? "running" : "failed", vm: new(Samples.Id), number: n)), Samples.Operation("pull-image", "failed", number: 8)];
        _host.Operations.Publish("test", () => all);

        var page = await _host.Get("/api/operations?limit=4");
        Assert.Equal((200, 4, 6), (page.Status, page.Json.GetProperty("items").GetArrayLength(), page.Json.GetProperty("total").GetInt32()));
        var rest = await _host.Get($"/api/operations?limit=4&after={page.Json.GetProperty("next").GetString()}");
        Assert.Equal(2, rest.Json.GetProperty("items").GetArrayLength());
        Assert.False(rest.Json.TryGetProperty("next", out _));
        Assert.Equal(6, page.Json.GetProperty("items").EnumerateArray().Concat(rest.Json.GetProperty("items").EnumerateArray()).Select(o => o.GetProperty("id").GetString()).Distinct().Count());

        Assert.Equal(2, (await _host.Get("/api/operations?status=running")).Json.GetProperty("total").GetInt32());
        Assert.Equal(1, (await _host.Get("/api/operations?resource=/api/images")).Json.GetProperty("total").GetInt32());
        Assert.Equal((400, "status"), (await _host.Get("/api/operations?status=done")) is var wrong ? (wrong.Status, wrong.Json.GetProperty("errors").EnumerateObject().Single().Name) : default);
    }

    [Fact]
    public async Task An_operation_of_a_vm_that_never_was_is_not_found()
    {
        _host.Vms.Answers(new VmReply.Refused(new(FailureCodes.VmNotFound, "x", true)));

        var answer = await _host.Get($"/api/operations/vm-{Samples.Id:N}-3");

        Assert.Equal((404, FailureCodes.OperationNotFound), (answer.Status, answer.Problem));
    }

    [Fact]
    public async Task Who_waits_for_an_operation_does_not_hold_the_agent_up_when_it_stops()
    {
        _host.Vms.Answers(_ => null);
        var waiting = _host.Get($"/api/operations/vm-{Samples.Id:N}-3?wait=60s");
        await Eventually(() => !_host.Vms.Received.IsEmpty);

        await _host.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(503, (await waiting).Status);
    }

    [Fact]
    public async Task Images_are_listed_pulled_and_removed()
    {
        _host.Images.Answers(m => m switch
        {
            ImageQueries.List => new ImageReply.Listed(new([], 1, 2, 3)),
            ImageCommands.Pull => new ImageReply.Accepted(Samples.Operation("pull-image", number: 4)),
            ImageCommands.Remove r => new ImageReply.Removed(r.Digest),
            _ => null,
        });

        Assert.Equal(2, (await _host.Get("/api/images")).Json.GetProperty("budgetBytes").GetInt64());

        var pulled = await _host.Post("/api/images", $$"""{"url":"https://images.example/a","hash":"{{Samples.Digest.ToUpperInvariant().Replace("SHA256", "sha256", StringComparison.Ordinal)}}"}""");
        Assert.Equal((202, "/api/operations/image-4"), (pulled.Status, pulled.Header("Location")));
        Assert.Equal(new ImageRequest("https://images.example/a", ImageDigest.Parse(Samples.Digest)), _host.Images.Last<ImageCommands.Pull>().Image);
        Assert.False(pulled.Json.TryGetProperty("vm", out _));

        var removed = await _host.Delete($"/api/images/{Samples.Digest}");
        Assert.Equal((204, ""), (removed.Status, removed.Text));
        Assert.Equal(Samples.Digest, _host.Images.Last<ImageCommands.Remove>().Digest.ToString());
    }

    [Theory]
    [InlineData(FailureCodes.ImageMissing, 404)]
    [InlineData(FailureCodes.ImageInUse, 409)]
    public async Task Images_that_cannot_be_removed_say_why(string code, int status)
    {
        _host.Images.Answers(new ImageReply.Refused(new(code, "Because.", true)));

        var answer = await _host.Delete($"/api/images/{Samples.Digest}");

        Assert.Equal((status, code), (answer.Status, answer.Problem));
    }

    [Theory]
    [InlineData("{}", "url")]
    [InlineData("""{"url":"gopher://x/"}""", "url")]
    [InlineData("""{"url":"file:///etc/passwd"}""", "url")]
    [InlineData("""{"url":"https://a.example/a","hash":"sha256:12"}""", "hash")]
    [InlineData("""{"url":"https://a.example/a","hsh":""}""", "hsh")]
    public async Task Pulls_that_are_wrong_name_the_field(string body, string field)
    {
        var answer = await _host.Post("/api/images", body);

        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Problem));
        Assert.Equal([field], answer.ErrorFields);
        Assert.Empty(_host.Images.Received);
    }

    [Fact]
    public async Task The_node_and_its_foreign_domains_are_shown()
    {
        _host.Node.Answers(new NodeResource
        {
            Version = "1",
            StartedAt = DateTimeOffset.UnixEpoch,
            UptimeSeconds = 5,
            Hypervisor = new("lost", DateTimeOffset.UnixEpoch, "gone", null, null, null, null),
            Vms = new Dictionary<string, int> { ["running"] = 3 },
            ForeignDomains = 1,
            Reconciled = false,
        });
        _host.Vms.Answers(new VmQueries.ForeignDomains([new(Samples.Id, "theirs", "running")]));

        var node = (await _host.Get("/api/node")).Json;
        Assert.Equal(("lost", 3), (node.GetProperty("hypervisor").GetProperty("state").GetString(), node.GetProperty("vms").GetProperty("running").GetInt32()));

        var foreign = (await _host.Get("/api/node/foreign-domains")).Json;
        Assert.Equal("theirs", foreign.GetProperty("items")[0].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData(true, true, 200)]
    [InlineData(false, true, 503)]
    [InlineData(true, false, 503)]
    public async Task Readiness_is_what_the_node_says(bool hypervisor, bool reconciled, int status)
    {
        _host.Node.Answers(new Readiness(hypervisor, reconciled, status == 200 ? null : "Waiting for something."));

        var answer = await _host.Get("/readyz");

        Assert.Equal(status, answer.Status);
        if (status == 503)
        {
            Assert.Equal("not-ready", answer.Problem);
            Assert.Equal([hypervisor ? "reconciled" : "libvirt"], answer.ErrorFields);
            Assert.Contains("Waiting for something.", answer.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_node_that_does_not_know_what_it_has_is_not_ready()
    {
        _host.Node.Answers(new Readiness(true, true, "Still counting.", Capacity: false));

        var answer = await _host.Get("/readyz");

        Assert.Equal((503, "not-ready", "capacity"), (answer.Status, answer.Problem, Assert.Single(answer.ErrorFields)));
    }

    [Fact]
    public async Task The_capacity_is_what_the_registry_says()
    {
        var disk = new FileSystemCapacity("/srv", 100L << 30, 90L << 30, HoldsVms: true, HoldsImages: false);
        var offer = new Offer(new(8, 16L << 30, [disk], [new("0000:01:00.0", "A GPU", null, ["0000:01:00.0"])]), new() { CpuOvercommitRatio = 2.5 }, 0);
        _host.Vms.Answers(m => m is VmQueries.GetCapacity ? new VmReply.Capacity(offer.View([new(new(Samples.Id), Vms.Samples.Spec)])) : null);

        var capacity = (await _host.Get("/api/node/capacity")).Json;

        Assert.Equal((2.5, 20, 2, 18), (Of("cpu", "overcommitRatio").GetDouble(), Of("cpu", "offered").GetInt32(), Of("cpu", "reserved").GetInt32(), Of("cpu", "free").GetInt32()));
        Assert.Equal(15L << 30, Of("memory", "offeredBytes").GetInt64());
        Assert.Equal(("/srv", "vms", 85L << 30), (capacity.GetProperty("disks")[0].GetProperty("mountPoint").GetString(), capacity.GetProperty("disks")[0].GetProperty("holds")[0].GetString(), capacity.GetProperty("disks")[0].GetProperty("offeredBytes").GetInt64()));
        Assert.Equal(1, Of("gpus", "free").GetInt32());
        Assert.Equal((Samples.Id, 2), (capacity.GetProperty("vms")[0].GetProperty("id").GetGuid(), capacity.GetProperty("vms")[0].GetProperty("vCpus").GetInt32()));

        JsonElement Of(string part, string figure) => capacity.GetProperty(part).GetProperty(figure);
    }

    [Fact]
    public async Task A_capacity_that_is_not_known_yet_is_a_503_with_a_time_to_try_again()
    {
        _host.Vms.Answers(new VmReply.Refused(new(FailureCodes.CapacityUnknown, "Still counting.", false)));

        var answer = await _host.Get("/api/node/capacity");

        Assert.Equal((503, "capacity-unknown", "1"), (answer.Status, answer.Problem, answer.Header("Retry-After")));
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_alive_but_not_ready()
    {
        _host.Node.Answers(_ => null);

        Assert.Equal((200, "ok\n"), (await _host.Get("/healthz") is var alive ? alive.Status : 0, alive.Text));
        Assert.Equal(503, (await _host.Get("/readyz")).Status);
    }

    [Fact]
    public async Task History_is_paged_and_rebuilds_the_vm_at_a_time()
    {
        _host.History.Entries.AddRange(Enumerable.Range(1, 5).Select(i => Samples.Entry(i)));

        var page = (await _host.Get(_vm + "/history?limit=2&after=1")).Json;
        Assert.Equal([2L, 3L], page.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("sequence").GetInt64()));
        Assert.Equal((5, "3"), (page.GetProperty("total").GetInt32(), page.GetProperty("next").GetString()));
        Assert.False((await _host.Get(_vm + "/history?after=3")).Json.TryGetProperty("next", out _));

        Assert.Equal(404, (await _host.Get(_vm + "/history?at=2026-01-31T12:00:00Z")).Status);
        _host.History.Then = Samples.Vm(state: "stopped");
        var then = await _host.Get(_vm + "/history?at=2026-01-31T13:00:00+01:00");
        Assert.Equal("stopped", then.Json.GetProperty("status").GetProperty("state").GetString());
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), _host.History.AskedAt!.Value.At);
    }

    [Fact]
    public async Task A_vm_that_never_was_has_no_history()
    {
        var answer = await _host.Get(_vm + "/history");
        Assert.Equal((404, FailureCodes.VmNotFound), (answer.Status, answer.Problem));
    }

    [Fact]
    public async Task The_console_cannot_command_the_terminal_that_shows_it()
    {
        _host.Vms.Answers(new VmReply.Found(Samples.Vm()));
        _host.Files.Console = Encoding.UTF8.GetBytes("boot\r\n\u001b]0;owned\u0007 grün\ttab\u009b1m\0\rx");

        var shown = await _host.Get(_vm + "/console");
        Assert.Equal("boot\n\\x1b]0;owned\\x07 grün\ttab\\x9b1m\\x00\\x0dx", shown.Text);
        Assert.Equal("text/plain; charset=utf-8", shown.Header("Content-Type"));

        var raw = await _host.Get(_vm + "/console?raw=true&tail=3");
        Assert.Equal("\0\rx", raw.Text);
    }

    [Fact]
    public async Task A_vm_that_is_not_there_has_no_console()
    {
        _host.Vms.Answers(new VmReply.Refused(new(FailureCodes.VmNotFound, "x", true)));
        Assert.Equal(404, (await _host.Get(_vm + "/console")).Status);
    }

    [Fact]
    public async Task Errors_are_documented_as_a_page_and_as_json()
    {
        var json = await _host.Get("/docs/errors");
        var page = await _host.Get("/docs/errors", ("Accept", "text/html,*/*"));

        var codes = json.Json.EnumerateArray().Select(k => k.GetProperty("code").GetString()!).ToList();
        Assert.Equal(codes.Count, codes.Distinct().Count());
        Assert.All(codes, code => Assert.Contains($"id=\"{code}\"", page.Text, StringComparison.Ordinal));
        Assert.Equal("text/html; charset=utf-8", page.Header("Content-Type"));

        var failures = typeof(FailureCodes).GetFields().Select(f => (string)f.GetRawConstantValue()!);
        Assert.Empty(failures.Except(codes));
    }

    private static async Task Eventually(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
        {
            await Task.Delay(5, deadline.Token);
        }
    }
}
