using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Security;
using DeCloud.NodeAgent.WebConsole;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.IntegrationTests.Browser;

/// <summary>The real console behind the real gate, with an API in which anything can be made to happen: 200 VMs that change each second, and tenants that write what they like.</summary>
public sealed class FakeNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, JsonNode> _answers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, VmResource> _vms = new();
    private readonly ConcurrentDictionary<Channel<string>, bool> _readers = new();
    private readonly ConcurrentDictionary<Channel<string>, bool> _tails = new();
    private readonly DateTimeOffset _began = Now;
    private long _events;
    private int _snapshots;

    private FakeNode(WebApplication app) => _app = app;

    /// <summary>Where it is.</summary>
    public Uri Address => new(_app.Urls.Single());

    /// <summary>Requests that are no reads, as method and path.</summary>
    public ConcurrentQueue<string> Changes { get; } = new();

    /// <summary>What they said.</summary>
    public ConcurrentQueue<string> Bodies { get; } = new();

    /// <summary>The VMs.</summary>
    public IReadOnlyDictionary<Guid, VmResource> Vms => _vms;

    /// <summary>Starts one.</summary>
    /// <param name="token">What it asks for; null for nothing.</param>
    public static async Task<FakeNode> StartAsync(string? token = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(new HttpSection(new(IPAddress.Loopback, 0), [], 1 << 20, 100, TimeSpan.FromSeconds(10), token, null));
        builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, RestJson.Default));
        var app = builder.Build();
        app.UseMiddleware<Gate>();
        app.UseMiddleware<ConsolePages>();
        var node = new FakeNode(app);
        app.MapGet("/api/events", http => FollowAsync(http, node._readers));
        app.MapGet("/api/actors/tail", http => FollowAsync(http, node._tails));
        app.MapGet("/api/vms", node.ListAsync);
        app.MapFallback(node.AnswerAsync);
        node.AnswerAsANode();
        await app.StartAsync();
        return node;
    }

    /// <summary>What a path answers, to every method unless one is in front of it; the query is not looked at.</summary>
    public void Answers(string path, string json) => _answers[path] = JsonNode.Parse(json)!;

    /// <summary>A VM appears or changes.</summary>
    public void Put(VmResource vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        _vms[vm.Id] = vm;
        Tell($"/api/vms/{vm.Id}", "observed", $"libvirt says {vm.Status.State}.");
    }

    /// <summary>Something happens.</summary>
    public void Tell(string subject, string type, string summary)
    {
        var id = Interlocked.Increment(ref _events);
        var e = new EventResource(id, subject, new(id, Now, type, "api", summary, JsonElement.Parse("{}")));
        var text = string.Create(CultureInfo.InvariantCulture, $"id: {id}\nevent: {type}\ndata: {JsonSerializer.Serialize(e, RestJson.Default.EventResource)}\n\n");
        foreach (var reader in _readers.Keys)
        {
            reader.Writer.TryWrite(text);
        }
    }

    /// <summary>How many watch an actor.</summary>
    public int Watchers => _tails.Count;

    /// <summary>The actor that is watched does something.</summary>
    public void See(string kind, string type, string text)
    {
        var sight = $"event: {kind}\ndata: {JsonSerializer.Serialize(new TailResource(Now, kind, type, text), RestJson.Default.TailResource)}\n\n";
        foreach (var reader in _tails.Keys)
        {
            reader.Writer.TryWrite(sight);
        }
    }

    /// <summary>A VM as it could be.</summary>
    public static VmResource Vm(int number, string? name = null, string state = "running") => new()
    {
        Id = new(number, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]),
        Name = name ?? string.Create(CultureInfo.InvariantCulture, $"vm-{number}"),
        VCpus = 1 + (number % 4),
        MemoryBytes = (1L + (number % 8)) << 30,
        DiskBytes = 20L << 30,
        BaseImageUrl = "https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.qcow2",
        BaseImageHash = "",
        ImageDigest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ImageTrust = "recorded",
        SshPublicKey = "",
        HasUserData = false,
        Labels = new Dictionary<string, string> { ["team"] = "blue" },
        MacAddress = "52:54:00:00:00:01",
        Intent = new("running", "api", "key", Now - TimeSpan.FromHours(2)),
        Status = new(state, "booted", Now - TimeSpan.FromMinutes(number)),
        Addresses = [$"192.168.122.{2 + (number % 250)}"],
        Crashes = 0,
        CreatedAt = Now - TimeSpan.FromHours(3),
        Version = 7,
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _readers.Keys.Concat(_tails.Keys))
        {
            reader.Writer.TryComplete();
        }

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await _app.StopAsync(deadline.Token);
        await _app.DisposeAsync();
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private async Task ListAsync(HttpContext http) =>
        await http.Response.WriteAsJsonAsync(new Page<VmResource>([.. _vms.Values.OrderBy(vm => vm.Id)], _vms.Count, null), RestJson.Default.PageVmResource);

    private static async Task FollowAsync(HttpContext http, ConcurrentDictionary<Channel<string>, bool> readers)
    {
        var channel = Channel.CreateBounded<string>(10_000);
        readers[channel] = true;
        http.Response.ContentType = "text/event-stream";
        try
        {
            await http.Response.WriteAsync("retry: 2000\n\n", http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await foreach (var text in channel.Reader.ReadAllAsync(http.RequestAborted))
            {
                await http.Response.WriteAsync(text, http.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The reader is gone.
        }
        finally
        {
            readers.TryRemove(channel, out _);
        }
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (!HttpMethods.IsGet(http.Request.Method))
        {
            using var reader = new StreamReader(http.Request.Body);
            Bodies.Enqueue(await reader.ReadToEndAsync(http.RequestAborted));
            Changes.Enqueue($"{http.Request.Method} {path}");
        }

        if (path.StartsWith("/api/vms/", StringComparison.Ordinal) && Guid.TryParse(path["/api/vms/".Length..], out var id) && _vms.TryGetValue(id, out var vm))
        {
            await http.Response.WriteAsJsonAsync(vm, RestJson.Default.VmResource);
            return;
        }

        if (path.EndsWith("/history", StringComparison.Ordinal))
        {
            await http.Response.WriteAsync(History(), Encoding.UTF8, http.RequestAborted);
            return;
        }

        if (path == "/api/node/snapshot")
        {
            await http.Response.WriteAsync(Snapshot(Interlocked.Increment(ref _snapshots)), http.RequestAborted);
            return;
        }

        if (_answers.TryGetValue($"{http.Request.Method} {path}", out var answer) || _answers.TryGetValue(path, out answer))
        {
            var status = answer["status"]?.GetValueKind() == JsonValueKind.Number ? answer["status"]!.GetValue<int>() : 200;
            http.Response.StatusCode = status;
            http.Response.ContentType = status >= 400 ? "application/problem+json" : "application/json";
            await http.Response.WriteAsync(answer.ToJsonString(), http.RequestAborted);
            return;
        }

        http.Response.StatusCode = 404;
        http.Response.ContentType = "application/problem+json";
        await http.Response.WriteAsync("""{"type":"/docs/errors#route-not-found","title":"Not found","status":404,"detail":"There is no such route.","traceId":"x"}""", http.RequestAborted);
    }

    private static string History() => $$$"""
        {"items":[
          {"sequence":1,"at":"{{{Now - TimeSpan.FromMinutes(9):O}}}","type":"created","summary":"Accepted as 'vm-1' with 2 vCPU, 2048 MiB of memory and 20480 MiB of disk.","data":{}},
          {"sequence":2,"at":"{{{Now - TimeSpan.FromMinutes(8):O}}}","type":"step-started","summary":"Step 1, resolve-image, begins.","data":{}},
          {"sequence":3,"at":"{{{Now - TimeSpan.FromMinutes(7):O}}}","type":"step-failed","summary":"Step 1, resolve-image, failed (try 1): the server closed the connection. Next try at 12:00.","data":{}},
          {"sequence":4,"at":"{{{Now - TimeSpan.FromMinutes(6):O}}}","type":"step-completed","summary":"Step 2, resolve-image, is done.","data":{}},
          {"sequence":5,"at":"{{{Now - TimeSpan.FromMinutes(5):O}}}","type":"observed","summary":"libvirt says running (booted).","data":{}}],"total":5}
        """;

    private void AnswerAsANode()
    {
        Answers("/api/node", $$$"""{"version":"0.1.0+abc","startedAt":"{{{Now - TimeSpan.FromHours(30):O}}}","uptimeSeconds":108000,"hypervisor":{"state":"connected","since":"{{{Now:O}}}","libvirtVersion":"9.0.0","qemuVersion":"7.2.0","acceleration":"kvm"},"vms":{"running":3},"foreignDomains":1,"reconciled":true}""");
        Answers("/health", """{"status":"degraded","checks":[{"name":"node","status":"ok","reason":"The agent's parts answer."},{"name":"hypervisor","status":"ok","reason":"libvirt is connected."},{"name":"disk /","status":"degraded","reason":"9.1 GiB (4 %) are free on /. Remove images or move VMs."}]}""");
        Answers("/api/node/capacity", """{"cpu":{"threads":32,"hostReserve":1,"overcommitRatio":16,"offered":496,"reserved":120,"free":376,"oversubscribed":false},"memory":{"totalBytes":137438953472,"hostReserveBytes":8589934592,"offeredBytes":128849018880,"reservedBytes":64424509440,"freeBytes":64424509440,"oversubscribed":false},"disks":[{"mountPoint":"/","holds":["vms","images"],"totalBytes":1099511627776,"usedByOthersBytes":1,"hostReserveBytes":1,"offeredBytes":1000000000000,"reservedByVmsBytes":400000000000,"reservedByImagesBytes":107374182400,"freeBytes":492625817600,"oversubscribed":false}],"gpus":{"offered":2,"reserved":1,"free":1,"items":[{"address":"0000:65:00.0","model":"A100","memoryBytes":85899345920,"functions":["0000:65:00.0"],"vm":"00000001-0000-0000-0102-030405060708"},{"address":"0000:66:00.0","model":"A100","memoryBytes":85899345920,"functions":["0000:66:00.0"]}]},"vms":[],"warnings":[]}""");
        Answers("/api/images", """{"items":[{"digest":"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","sourceUrl":"https://cloud.debian.org/images/debian-12-genericcloud-amd64.qcow2","sourceFormat":"qcow2","sizeBytes":347000000,"virtualSizeBytes":2147483648,"trust":"recorded","importedAt":"2026-01-31T12:00:00Z","lastUsedAt":"2026-01-31T12:00:00Z","usedBy":[]}],"usedBytes":347000000,"budgetBytes":107374182400,"freeBytes":500000000000}""");
        Answers("/api/operations", $$$"""{"items":[{"id":"image-8","kind":"pull-image","status":"running","resource":"/api/images","requestId":"k","requestedBy":"api","acceptedAt":"{{{Now:O}}}","stage":"download","progress":{"doneBytes":120000000,"totalBytes":347000000}}],"total":1}""");
        Answers("/api/wireguard", $$"""{"state":"up","since":"{{Now:O}}","interfaceName":"decloud0","implementation":"kernel","listenPort":51820,"address":"10.80.0.7/16","publicKey":"4aX0Y0p0cW1mWmpXQ2tFZ0FBQUFBQUFBQUFBQUFBQUE=","keyId":1,"peers":[{"publicKey":"Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE=","allowedIps":["10.80.1.0/24"],"keepaliveSeconds":25,"hasPresharedKey":false,"state":"connected","currentEndpoint":"192.0.2.4:51820","lastHandshakeAt":"{{Now - TimeSpan.FromSeconds(42):O}}","receivedBytes":123456789,"sentBytes":9876543},{"publicKey":"YmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXU=","allowedIps":["10.80.2.0/24"],"keepaliveSeconds":0,"hasPresharedKey":false,"state":"stale","lastHandshakeAt":"{{Now - TimeSpan.FromHours(3):O}}","receivedBytes":1,"sentBytes":2}]}""");
        Answers("/api/actors", """{"actors":[{"path":"/user/node","type":"NodeActor","state":"ready","mailbox":0,"messages":12,"restarts":0,"children":2},{"path":"/user/node/images","type":"ImageCache","state":"ready","mailbox":0,"messages":40,"restarts":1,"lastFailure":{"at":"2026-01-31T12:00:00Z","message":"The disk is full."},"children":0},{"path":"/user/node/vms","type":"VmRegistry","state":"busy","mailbox":3,"messages":123456,"restarts":0,"children":1},{"path":"/user/node/vms/a","type":"VmActor","state":"ready","mailbox":0,"messages":12,"restarts":0,"children":0}],"truncated":false}""");
        Answers("/api/actors/show", """{"path":"/user/node/vms","type":"VmRegistry","state":"busy","mailbox":3,"messages":1,"restarts":0,"children":1,"doing":"GetCapacity","supervision":[{"at":"2026-01-31T12:00:00Z","kind":"started"}]}""");
        Answers("/api/node/resources/gpus", """{"items":[{"address":"0000:00:02.0","vendor":"Intel","model":"UHD 770","isAssignable":false,"notAssignableReason":"The firmware shows its messages on it."},{"address":"0000:65:00.0","model":"A100","isAssignable":true},{"address":"0000:66:00.0","model":"A100","isAssignable":true}]}""");
        Answers($"/api/vms/{Vm(1).Id}/ports", $$$"""{"items":[{"vmId":"{{{Vm(1).Id}}}","guestPort":22,"protocol":"tcp","hostPort":20000,"label":"ssh","requestedBy":"api","since":"{{{Now - TimeSpan.FromHours(1):O}}}"},{"vmId":"{{{Vm(1).Id}}}","guestPort":53,"protocol":"both","hostPort":20001,"requestedBy":"orchestrator","since":"{{{Now - TimeSpan.FromMinutes(2):O}}}"}],"rangeStart":20000,"rangeEnd":21999,"network":{"isolation":"on","forwarding":true}}""");
        Answers("/api/dead-letters", """{"deadLetters":[{"at":"2026-01-31T12:00:00Z","type":"Tick","to":"/user/node/vms/b","from":"/user/node","text":"Tick { }"}],"total":1}""");
        Answers("/api/warnings", $$"""{"warnings":[{"id":"w1","kind":"vm-crash-loop","severity":"critical","subject":"vm/00000001-0000-0000-0102-030405060708","title":"vm-1 crashes again and again","detail":"QEMU died 5 times in 10 minutes.","remedy":"Read the host's kernel log for a lack of memory.","firstSeen":"{{Now - TimeSpan.FromMinutes(10):O}}","lastSeen":"{{Now:O}}","count":5,"active":true},{"id":"w2","kind":"disk-low","severity":"warning","subject":"node","title":"The disk is nearly full","detail":"4 % are free.","remedy":"Remove images.","firstSeen":"{{Now - TimeSpan.FromDays(1):O}}","lastSeen":"{{Now:O}}","count":1,"acknowledged":{"at":"{{Now:O}}","by":"api"},"active":true}]}""");
    }

    // Each read is told of a later time, so that a chart of two minutes is drawn in some seconds.
    private string Snapshot(int number)
    {
        var busy = 30 + (20 * Math.Sin(number / 2.0));
        return string.Create(CultureInfo.InvariantCulture, $$$"""{"at":"{{{_began + TimeSpan.FromSeconds((9 * number) - 115):O}}}","cpu":{"busyPercent":{{{busy}}},"userPercent":0,"nicePercent":0,"systemPercent":0,"idlePercent":0,"ioWaitPercent":0,"irqPercent":0,"softIrqPercent":0,"stealPercent":0,"guestPercent":{{{busy / 2}}}},"memory":{"totalBytes":137438953472,"availableBytes":{{{60_000_000_000 + (number * 1_000_000_000L)}}}},"disks":[{"name":"nvme0n1","readBytesPerSecond":12000000,"writeBytesPerSecond":{{{busy * 1e6}}}}],"fileSystems":[],"interfaces":[{"name":"eth0","receiveBytesPerSecond":{{{busy * 3e5}}},"transmitBytesPerSecond":{{{1e6 + (busy * 1e5)}}}}],"vms":{"items":[{"id":"00000001-0000-0000-0102-030405060708","cpuPercent":12.5,"cpuCores":{{{busy / 30}}},"residentBytes":{{{1_500_000_000 + (number * 9_000_000L)}}},"readBytesPerSecond":{{{busy * 9e3}}},"writeBytesPerSecond":1200000,"receiveBytesPerSecond":4000,"transmitBytesPerSecond":{{{busy * 2e3}}}}]}}""");
    }
}
