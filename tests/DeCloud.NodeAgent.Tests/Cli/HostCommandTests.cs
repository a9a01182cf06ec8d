using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using DeCloud.NodeAgent.Cli.Debug;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Api;

namespace DeCloud.NodeAgent.Tests.Cli;

/// <summary>The commands for whoever keeps the host, against the real server with scripted actors behind it.</summary>
public sealed class HostCommandTests : IAsyncLifetime
{
    private const string PeerKey = "+/IBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
    private static readonly DateTimeOffset Time = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("decloud-host-").FullName;
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync(("WireGuard:Address", "10.80.0.7/16"));

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_settings_are_shown_with_their_origin()
    {
        var ran = await Run("config", "show");
        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        Assert.Matches(@"Vms:StopGrace +00:01:00 +default", ran.Out);
        Assert.Matches("Logging:LogLevel:Default +Critical +command line", ran.Out);
        Assert.DoesNotContain("Vms:", (await Run("config", "show", "--changed")).Out, StringComparison.Ordinal);
        Assert.DoesNotContain("Http:", (await Run("config", "show", "--section", "Vms")).Out, StringComparison.Ordinal);
        Assert.Equal((await _host.Get("/api/node/configuration")).Text + "\n", (await Run("config", "show", "--json")).Out);
    }

    [Fact]
    public async Task Files_are_checked_before_an_agent_starts_with_them()
    {
        var program = Program();
        var sound = await Run("config", "validate", "--agent", program, "--config-folder", _folder);
        Assert.Equal((0, "The configuration is sound.\n"), (sound.Exit, sound.Out));

        Directory.CreateDirectory(Path.Join(_folder, "conf.d"));
        await File.WriteAllTextAsync(Path.Join(_folder, "conf.d", "10.json"), """{ "Vms": { "MaxVCpus": "many" }, "Orchestrator": { "ApiKey": "canary" } }""");
        var wrong = await Run("config", "validate", "--agent", program, "--config-folder", _folder);
        Assert.Equal((1, ""), (wrong.Exit, wrong.Out));
        Assert.Contains("Vms:MaxVCpus = \"many\"", wrong.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", wrong.Error, StringComparison.Ordinal);
        var asJson = await Run("config", "validate", "--agent", program, "--config-folder", _folder, "--json");
        Assert.Equal((1, ""), (asJson.Exit, asJson.Error));
        Assert.False(JsonElement.Parse(asJson.Out).GetProperty("isValid").GetBoolean());
        Assert.Contains(JsonElement.Parse(asJson.Out).GetProperty("report").EnumerateArray(), l => l.GetString()!.Contains("Vms:MaxVCpus = \"many\"", StringComparison.Ordinal));

        Assert.Equal(2, (await Run("config", "validate", "--agent", "/nonexistent/agent")).Exit);
    }

    [Fact]
    public async Task The_doctor_tells_a_finding_a_line_and_ends_with_1_when_something_does_not_work()
    {
        _host.Node.Answers(new NodeResource { Version = "1", StartedAt = Time, UptimeSeconds = 1, Hypervisor = new("lost", Time, "no daemon", null, null, null, null), Vms = new Dictionary<string, int>(), ForeignDomains = 0, Reconciled = false });

        var ran = await Run("doctor", "--agent", "/nonexistent/agent", "--json");

        Assert.Equal(1, ran.Exit);
        var findings = JsonElement.Parse(ran.Out).GetProperty("findings").EnumerateArray().ToDictionary(f => f.GetProperty("check").GetString()!, f => f.GetProperty("verdict").GetString());
        Assert.Equal("skip", findings["configuration"]);
        Assert.Contains(findings, f => f.Key.StartsWith("agent: ", StringComparison.Ordinal) && f.Value == "fail");
        Assert.Superset(new HashSet<string> { "kvm", "iommu", "libvirt", "qemu user", "nftables", "forwarding", "clock", "disk space", "disk speed", "ports", "orchestrator" }, findings.Keys.ToHashSet());

        var quiet = await Run("doctor", "--agent", "/nonexistent/agent", "--quiet");
        Assert.Equal(1, quiet.Exit);
        Assert.DoesNotContain(quiet.Out.Split('\n'), l => l.StartsWith("pass", StringComparison.Ordinal) || l.StartsWith("skip", StringComparison.Ordinal));
        Assert.Contains("fail", quiet.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bundle_has_what_helps_and_no_secret()
    {
        _host.Board.Publish(new(Samples.Id), Samples.Vm() with { Name = "bundled" });
        _host.Images.Answers(new ImageReply.Refused(new(FailureCodes.HostError, "The server said token=canary-1 to https://a.example", false)));
        var path = Path.Join(_folder, "b.tar.gz");

        var ran = await Run("debug", "bundle", "--out", path);

        Assert.Equal((0, path + "\n"), (ran.Exit, ran.Out));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        var texts = await ReadAsync(path);
        Assert.Superset(new HashSet<string> { "b/vms.json", "b/configuration.json", "b/health.json", "b/operations.json", "b/events.jsonl", "b/doctor.txt", $"b/history/{Samples.Id}.json" }, texts.Keys.ToHashSet());
        Assert.Contains("bundled", texts["b/vms.json"], StringComparison.Ordinal);
        Assert.Contains("The server said token=(redacted) to", texts["b/images.json"], StringComparison.Ordinal);
        Assert.All(texts, t => Assert.DoesNotContain("canary", t.Value, StringComparison.Ordinal));
        Assert.Equal(2, (await Run("debug", "bundle", "--out", path)).Exit);
    }

    [Theory]
    [InlineData("""{"userData":"canary","a":[{"presharedKey":"canary"}],"hasPresharedKey":true}""")]
    [InlineData("""{"detail":"Authorization: Bearer canary"}""")]
    [InlineData("no json: password=canary rest")]
    public void What_is_named_like_a_secret_is_taken_out(string text) => Assert.DoesNotContain("canary", Redaction.Json(text), StringComparison.Ordinal);

    [Fact]
    public void The_rest_stays() => Assert.Equal("true", JsonElement.Parse(Redaction.Json("""{"hasPresharedKey":true,"name":"web-1"}""")).GetProperty("hasPresharedKey").GetRawText());

    [Fact]
    public async Task The_machine_is_watched_with_the_busiest_vm_first()
    {
        var other = Guid.Parse("5f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a2");
        _host.Board.Publish(new(Samples.Id), Samples.Vm());
        _host.ResourceBoard.Publish(new NodeSnapshot
        {
            At = Time, Cpu = new(12.5, 1, 0, 1, 80, 7.5, 0, 0, 0, 10), Disks = [], FileSystems = [], Interfaces = [],
            Vms = new([new(other, 1, 0.25, 1 << 20, null, null, null, null), new(Samples.Id, 9, 1.5, 1 << 30, 2048, null, null, null)], null),
        });

        var ran = await Run("node", "top");

        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        Assert.Contains("12.5 % busy", ran.Out, StringComparison.Ordinal);
        Assert.Matches(@"(?s)web-1 +1\.50 +1 GiB +2 KiB/s +- .*5f1c9d5e", ran.Out);
    }

    [Fact]
    public async Task Peers_are_added_listed_and_removed_and_their_keys_come_from_files()
    {
        const string secret = "FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=";
        var peer = new WireGuardPeerResource { PublicKey = PeerKey, AllowedIps = ["10.80.9.0/24"], KeepaliveSeconds = 25, HasPresharedKey = true, State = "absent", ReceivedBytes = 0, SentBytes = 0 };
        _host.WireGuard.Answers(m => m switch
        {
            OverlayCommands.SetPeer => new OverlayReply.PeerKept(peer),
            OverlayCommands.RemovePeer => new OverlayReply.PeerGone(),
            OverlayCommands.Rotate => new OverlayReply.Rotated(new(PeerKey, 2)),
            OverlayQueries.Get => new OverlayReply.Shown(new() { State = "up", Since = Time, InterfaceName = "wg0", ListenPort = 51820, PublicKey = PeerKey, Peers = [peer] }),
            _ => null,
        });
        var file = Path.Join(_folder, "psk");
        await File.WriteAllTextAsync(file, secret + "\n");

        Assert.Equal($"{PeerKey}: stored\n", (await Run("peer", "add", PeerKey, "--allowed-ip", "10.80.9.0/24", "--keepalive", "25", "--preshared-key-file", file)).Out);
        var set = _host.WireGuard.Last<OverlayCommands.SetPeer>();
        Assert.Equal((PeerKey, secret, 25), (set.PublicKey.Text, set.PresharedKey?.Reveal(), set.Wish.KeepaliveSeconds));
        var listed = await Run("peer", "list");
        Assert.Equal(0, listed.Exit);
        Assert.Matches(@"\+/IBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg= +absent +10\.80\.9\.0/24", listed.Out);
        Assert.Equal($"{PeerKey}: removed\n", (await Run("peer", "remove", PeerKey)).Out);
        Assert.Equal(PeerKey, JsonElement.Parse((await Run("peer", "remove", PeerKey, "--json")).Out).GetProperty("removed").GetString());
        Assert.Contains("(key 2)", (await Run("peer", "rotate")).Out, StringComparison.Ordinal);
        Assert.Equal(2, (await Run("peer", "add", PeerKey, "--allowed-ip", "10.80.9.0/24", "--preshared-key-file", "/nonexistent")).Exit);
        var refused = await Run("peer", "add", "short", "--allowed-ip", "10.80.9.0/24");
        Assert.Equal(1, refused.Exit);
        Assert.Contains("publicKey", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create", "running", "resolve-image", false, 0)]
    [InlineData("start", "running", null, true, 0)]
    [InlineData("create", "running", "start", false, 1)]
    [InlineData("stop", "running", null, true, 1)]
    [InlineData("create", "succeeded", null, false, 1)]
    public async Task An_operation_is_given_up_while_it_waits_or_downloads(string kind, string status, string? stage, bool waits, int exit)
    {
        var ended = false;
        _host.Vms.Answers(m => m switch
        {
            VmQueries.GetOperation q => new VmReply.Operation(Samples.Operation(kind, ended ? "superseded" : status, q.VmId, q.Number) with { Stage = stage, Error = waits ? new("x", "x", Time) : null }),
            VmCommands.Change { What: VmChange.Stop, GivesUp: 3 } c when Cancelling.Objection(Samples.Operation(kind, status) with { Stage = stage, Error = waits ? new("x", "x", Time) : null }) is var objection =>
                objection is null ? Stop(c) : new VmReply.Refused(new(FailureCodes.OperationNotCancellable, objection, true)),
            _ => null,
        });

        VmReply Stop(VmCommands.Change stop)
        {
            ended = true;
            return new VmReply.Accepted(Samples.Operation("stop", vm: stop.VmId), Samples.Vm());
        }

        var ran = await Run("op", "cancel", $"vm-{Samples.Id:N}-3");

        Assert.Equal(exit, ran.Exit);
        Assert.Equal(exit == 0, ended);
        Assert.Contains(exit == 0 ? "cancelled" : FailureCodes.OperationNotCancellable, ran.Out + ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pull_is_given_up_where_it_lives()
    {
        _host.Images.Answers(new ImageReply.Operation(Samples.Operation("pull-image", "superseded", number: 8)));

        var ran = await Run("op", "cancel", "image-8");

        Assert.Equal((0, "pull-image /api/images: cancelled\n"), (ran.Exit, ran.Out));
        Assert.Equal(new ImageCommands.Cancel(8), _host.Images.Last<ImageCommands.Cancel>());
        Assert.Equal(4, (await Run("op", "cancel", "nonsense")).Exit);
    }

    [Fact]
    public async Task The_catalogue_as_json_is_a_catalogue()
    {
        var file = Path.Join(_folder, "images.json");
        var shown = await Run("image", "catalogue", "--json");
        await File.WriteAllTextAsync(file, shown.Out);
        Assert.Equal(shown.Out, (await Run("image", "catalogue", "--json", "--catalogue", file)).Out);
    }

    private static async Task<Dictionary<string, string>> ReadAsync(string path)
    {
        await using var file = File.OpenRead(path);
        await using var plain = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(plain);
        var texts = new Dictionary<string, string>();
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            using var reader = new StreamReader(entry.DataStream ?? Stream.Null);
            texts[entry.Name] = await reader.ReadToEndAsync();
        }

        return texts;
    }

    // The tests' folder has the agent without the launcher that the package has.
    private string Program()
    {
        var path = Path.Join(_folder, "agent");
        var host = Environment.ProcessPath is { } running && Path.GetFileNameWithoutExtension(running) == "dotnet" ? running : "dotnet";
        File.WriteAllText(path, $"#!/bin/sh\nexec '{host}' '{Path.Join(AppContext.BaseDirectory, "decloud-agent.dll")}' \"$@\"\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    private Task<Ran> Run(params string[] arguments) => Cockpit.RunAsync(_host.Address, arguments);
}
