using System.Text;
using System.Text.Json;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Api;

namespace DeCloud.NodeAgent.Tests.Cli;

/// <summary>The commands against the real server, with scripted actors behind it.</summary>
public sealed class CommandTests : IAsyncLifetime
{
    private static readonly Guid OtherId = Guid.Parse("5f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a2");
    private readonly ApiHost _host = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("decloud-cli-").FullName;

    public async Task InitializeAsync()
    {
        await _host.InitializeAsync();
        _host.Board.Publish(new(Samples.Id), Samples.Vm());
        Answer("succeeded");
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Vms_are_listed_in_a_line_each_and_a_pipe_breaks_none()
    {
        _host.Board.Publish(new(OtherId), Samples.Vm(OtherId, "db-1", "stopped"));

        var ran = await Run("vm", "list");

        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        var lines = ran.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("NAME", lines[0], StringComparison.Ordinal);
        Assert.Equal(["db-1", OtherId.ToString(), "stopped", "2", "1 GiB", "10 GiB", "192.168.122.45"], Columns(lines[1])[..7]);
        Assert.EndsWith("shall be running", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("web-1", lines[2], StringComparison.Ordinal);
        Assert.Equal(2, (await Run("vm", "list", "--state", "stopped")).Out.TrimEnd('\n').Split('\n').Length);
    }

    [Fact]
    public async Task Json_is_the_agents_own()
    {
        var ran = await Run("vm", "list", "--json");
        Assert.Equal((0, (await _host.Get("/api/vms?limit=1000")).Text + "\n"), (ran.Exit, ran.Out));
        ran = await Run("vm", "show", "web-1", "--json");
        Assert.Equal((0, (await _host.Get($"/api/vms/{Samples.Id}")).Text + "\n"), (ran.Exit, ran.Out));
        ran = await Run("vm", "stop", "web-1", "--json");
        Assert.Equal("succeeded", JsonElement.Parse(ran.Out).GetProperty("status").GetString());
        ran = await Run("vm", "stop", "web-1", "--json", "--no-wait");
        Assert.Equal("running", JsonElement.Parse(ran.Out).GetProperty("operation").GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_vm_goes_by_name_or_by_id_and_a_name_of_several_is_refused_with_their_ids()
    {
        Assert.Contains("web-1", (await Run("vm", "show", "web-1")).Out, StringComparison.Ordinal);
        Assert.Contains("web-1", (await Run("vm", "show", Samples.Id.ToString())).Out, StringComparison.Ordinal);

        _host.Board.Publish(new(OtherId), Samples.Vm(OtherId));
        var ran = await Run("vm", "stop", "web-1");
        Assert.Equal((2, ""), (ran.Exit, ran.Out));
        Assert.Contains(Samples.Id.ToString(), ran.Error, StringComparison.Ordinal);
        Assert.Contains(OtherId.ToString(), ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_host.Vms.Received, m => m is VmCommands.Change);

        Assert.Equal(4, (await Run("vm", "show", "web-2")).Exit);
        _host.Vms.Answers(new VmReply.Refused(new(FailureCodes.VmNotFound, "There is none.", true)));
        Assert.Equal(4, (await Run("vm", "show", Guid.NewGuid().ToString())).Exit);
    }

    [Theory]
    [InlineData(VmChange.Start, "start")]
    [InlineData(VmChange.Stop, "stop")]
    [InlineData(VmChange.ForceStop, "stop", "--force")]
    [InlineData(VmChange.Restart, "restart")]
    [InlineData(VmChange.Reset, "reset")]
    [InlineData(VmChange.Pause, "pause")]
    [InlineData(VmChange.Resume, "resume")]
    [InlineData(VmChange.Delete, "delete")]
    public async Task A_change_is_asked_for_once_under_a_key_and_waited_for(VmChange change, params string[] arguments)
    {
        var ran = await Run(["vm", .. arguments, "web-1", "--idempotency-key", "k-7"]);

        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        Assert.EndsWith(": succeeded\n", ran.Out, StringComparison.Ordinal);
        var asked = Assert.Single(_host.Vms.Received.OfType<VmCommands.Change>());
        Assert.Equal((new VmId(Samples.Id), change, "k-7"), (asked.VmId, asked.What, asked.Request.Id));
    }

    [Theory]
    [InlineData("failed", 1)]
    [InlineData("superseded", 1)]
    public async Task An_operation_that_does_not_succeed_ends_with_one(string status, int exit)
    {
        Answer(status);
        var ran = await Run("vm", "start", "web-1");
        Assert.Equal((exit, ""), (ran.Exit, ran.Out));
        Assert.Contains(status, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_does_not_wait_is_told_how_to_follow()
    {
        var ran = await Run("vm", "stop", "web-1", "--no-wait");
        Assert.Equal(0, ran.Exit);
        Assert.Contains($"decloud op wait vm-{Samples.Id:N}-1", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_host.Vms.Received, m => m is VmQueries.GetOperation);
    }

    [Fact]
    public async Task A_wait_that_is_too_long_or_interrupted_leaves_the_operation_and_says_how_to_follow_it()
    {
        _host.Vms.Answers(m => m is VmCommands.Change c ? new VmReply.Accepted(Samples.Operation("stop", vm: c.VmId), Samples.Vm()) : null);
        var ran = await Run("vm", "stop", "web-1", "--timeout", "200ms");
        Assert.Equal(5, ran.Exit);
        Assert.Contains($"decloud op wait vm-{Samples.Id:N}-1", ran.Error, StringComparison.Ordinal);

        using var interrupt = new CancellationTokenSource();
        _host.Vms.Answers(m =>
        {
            if (m is VmQueries.GetOperation)
            {
                interrupt.Cancel();
            }

            return m is VmCommands.Change c ? new VmReply.Accepted(Samples.Operation("stop", vm: c.VmId), Samples.Vm()) : null;
        });
        ran = await Cockpit.RunAsync(new Dictionary<string, string> { ["DECLOUD_URL"] = _host.Address.GetLeftPart(UriPartial.Authority) }, interrupt.Token, "vm", "stop", "web-1");
        Assert.Equal(130, ran.Exit);
        Assert.Contains("the operation goes on", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vm_is_created_of_what_the_command_line_and_its_files_say()
    {
        var key = File("key.pub", Samples.SshKey + "\n");
        var data = File("user-data", "#cloud-config\nx: 1\n");

        var ran = await Run(
            "vm", "create", "web-9", "--image", "https://images.example/a.qcow2", "--hash", Samples.Digest, "--cpus", "3", "--memory", "2GiB", "--disk", "20GiB", "--ssh-key", key, "--user-data", data,
            "--label", "env=test", "--label", "tier=a");

        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        var create = Assert.Single(_host.Vms.Received.OfType<VmCommands.Create>());
        Assert.Equal(("web-9", 3, 2L << 30, 20L << 30), (create.Spec.Name, create.Spec.VCpus, create.Spec.MemoryBytes, create.Spec.DiskBytes));
        Assert.Equal(Samples.SshKey, create.Spec.SshPublicKey);
        Assert.Equal("#cloud-config\nx: 1\n", Encoding.UTF8.GetString(create.UserData!.Value.Span));
        Assert.Equal(["env=test", "tier=a"], create.Spec.Labels.Select(l => $"{l.Key}={l.Value}").Order());
        Assert.True(Guid.TryParse(create.Request.Id, out _));
    }

    [Fact]
    public async Task Every_field_the_agent_refuses_is_told_with_its_option_reason_and_trace()
    {
        var ran = await Run("vm", "create", "Web_9", "--image", "gopher://x", "--memory", "1MiB");
        Assert.Equal((1, ""), (ran.Exit, ran.Out));
        Assert.Contains("NAME (name): ", ran.Error, StringComparison.Ordinal);
        Assert.Contains("--image (baseImageUrl): ", ran.Error, StringComparison.Ordinal);
        Assert.Contains("problem invalid-request, status 400, trace id ", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_host.Vms.Received, m => m is VmCommands.Create);
    }

    [Fact]
    public async Task A_named_image_is_pinned_to_the_checksum_its_maker_publishes()
    {
        await using var maker = new StartedHost(await ApiHost.StartAsync());
        var sums = $"{maker.Host.Address.GetLeftPart(UriPartial.Authority)}/api/vms/{Samples.Id}/console";
        maker.Host.Vms.Answers(new VmReply.Found(Samples.Vm()));
        maker.Host.Files.Console = Encoding.UTF8.GetBytes($"{Samples.Digest["sha256:".Length..]}  a.qcow2\n");
        var catalogue = File("images.json", $$"""{"images":[{"name":"a","title":"A","url":"https://images.example/a.qcow2","sha256Url":"{{sums}}"},{"name":"b","title":"B","url":"https://images.example/b.qcow2","sha256Url":"{{sums}}"},{"name":"c","title":"C","url":"https://images.example/c.qcow2"},{"name":"d","title":"D","url":"https://images.example/d.qcow2","sha256Url":"http://images.example/sums"}]}""");

        async Task<(int Exit, string? Hash)> CreateAsync(params string[] image)
        {
            _host.Vms.Received.Clear();
            var ran = await Run(["vm", "create", "web-9", "--catalogue", catalogue, "--image", .. image]);
            return (ran.Exit, _host.Vms.Received.OfType<VmCommands.Create>().SingleOrDefault()?.Spec.ImageHash?.ToString());
        }

        Assert.Equal((0, Samples.Digest), await CreateAsync("a"));
        Assert.Equal((0, null), await CreateAsync("a", "--hash", "none"));
        Assert.Equal((4, null), await CreateAsync("b"));
        Assert.Equal((0, null), await CreateAsync("c"));
        Assert.Equal((2, null), await CreateAsync("d"));
        Assert.Equal((4, null), await CreateAsync("nonesuch"));
    }

    [Fact]
    public async Task A_private_key_never_leaves_the_machine()
    {
        var ran = await Run("vm", "create", "web-9", "--image", "https://images.example/a.qcow2", "--ssh-key", File("key", "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n"));
        Assert.Equal(2, ran.Exit);
        Assert.Contains(".pub", ran.Error, StringComparison.Ordinal);
        Assert.Empty(_host.Vms.Received);
    }

    [Theory]
    [InlineData("vm", "frob")]
    [InlineData("vm", "show")]
    [InlineData("vm", "list", "--state", "happy")]
    [InlineData("vm", "stop", "web-1", "--wait", "--no-wait")]
    [InlineData("vm", "create", "a", "--image", "https://x/y", "--memory", "2GB")]
    [InlineData("vm", "create", "a")]
    [InlineData("vm", "create", "a", "--image", "https://x/y", "--ssh-key", "/nonexistent")]
    [InlineData("waitready", "--timeout", "soon")]
    [InlineData("completion", "tcsh")]
    [InlineData("image", "rm", "xyz")]
    [InlineData("node", "show", "--url", "nonsense")]
    [InlineData("node", "show", "--url", "http://127.0.0.1:1", "--socket", "/x")]
    [InlineData("node", "show", "--token-file", "/nonexistent")]
    public async Task Wrong_usage_ends_with_two_and_asks_nothing(params string[] arguments)
    {
        var ran = await Run(arguments);
        Assert.Equal((2, ""), (ran.Exit, ran.Out));
        Assert.StartsWith("decloud: ", ran.Error, StringComparison.Ordinal);
        Assert.Empty(_host.Vms.Received);
    }

    [Fact]
    public async Task An_agent_that_is_not_there_ends_with_three_and_waiting_for_it_with_five()
    {
        await using var gone = new StartedHost(await ApiHost.StartAsync());
        await gone.Host.StopAsync();
        var ran = await Cockpit.RunAsync(gone.Host.Address, "vm", "list");
        Assert.Equal((3, ""), (ran.Exit, ran.Out));
        Assert.Contains("can't be reached", ran.Error, StringComparison.Ordinal);
        Assert.Equal(5, (await Cockpit.RunAsync(gone.Host.Address, "waitready", "--timeout", "300ms")).Exit);
        Assert.Equal(3, (await Cockpit.RunAsync(gone.Host.Address, "vm", "list", "--socket", Path.Join(_folder, "none.sock"))).Exit);
    }

    [Fact]
    public async Task The_token_of_the_file_is_shown_and_without_it_the_end_is_six()
    {
        const string token = "0123456789abcdef0123456789abcdef";
        await using var locked = new StartedHost(await ApiHost.StartAsync(("Http:ApiToken", token)));
        var ran = await Cockpit.RunAsync(locked.Host.Address, "vm", "list");
        Assert.Equal(6, ran.Exit);
        Assert.Contains("--token-file", ran.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Cockpit.RunAsync(locked.Host.Address, "vm", "list", "--token-file", File("token", token + "\n"))).Exit);
        Assert.Equal(6, (await Cockpit.RunAsync(locked.Host.Address, "vm", "list", "--token-file", File("wrong", token + "0"))).Exit);
    }

    [Fact]
    public async Task No_escape_sequence_of_a_tenant_or_a_guest_reaches_the_terminal()
    {
        const string evil = "x\u001b]0;owned\u0007\u009b2J[red]\u202e[/]\r";
        _host.Board.Publish(new(Samples.Id), Samples.Vm(labels: (evil, evil)) with { Name = evil, Failure = new(evil, evil, evil, 1, DateTimeOffset.UnixEpoch, null), Addresses = [evil] });
        _host.Vms.Answers(m => m switch
        {
            VmCommands.Change c => new VmReply.Accepted(Samples.Operation("stop", vm: c.VmId), Samples.Vm(name: evil)),
            VmQueries.GetOperation q => new VmReply.Operation(Samples.Operation("stop", "failed", q.VmId) with { Error = new("x", evil, null) }),
            _ => new VmReply.Found(Samples.Vm(labels: (evil, evil)) with { Name = evil, BaseImageUrl = evil }),
        });
        _host.Node.Answers(m => m is NodeQueries.Get ? Node(evil) : null);
        _host.Images.Answers(new ImageReply.Listed(new([new() { Digest = evil, SourceUrl = evil, SourceFormat = "raw", SizeBytes = 1, VirtualSizeBytes = 1, Trust = evil, ImportedAt = default, LastUsedAt = default, UsedBy = [] }], 1, 2, 3)));
        _host.Operations.Publish("test", () => [Samples.Operation(evil, "failed", new(Samples.Id)) with { Stage = evil }]);
        _host.History.Entries.Add(Samples.Entry(1) with { Summary = evil, By = evil });
        _host.Files.Console = Encoding.UTF8.GetBytes(evil);
        _host.Feed.Events.TryWrite(Samples.Event(1) with { Subject = evil, Entry = Samples.Entry(1) with { Summary = evil } });
        var id = Samples.Id.ToString();
        string[][] commands =
        [
            ["vm", "list"], ["vm", "list", "--json"], ["vm", "show", id], ["vm", "show", id, "--json"], ["vm", "stop", id], ["vm", "history", id], ["vm", "logs", id], ["node", "show"],
            ["node", "show", "--json"], ["image", "list"], ["op", "list"], ["op", "list", "--json"], ["events", "--count", "1"], ["vm", "show", evil], ["vm", evil], ["vm", "list", "--interval", evil],
        ];
        foreach (var command in commands)
        {
            var ran = await Run(command);
            Assert.True(ran.Out.Length + ran.Error.Length > 10, string.Join(' ', command));
            foreach (var printed in new[] { ran.Out, ran.Error })
            {
                Assert.DoesNotContain(printed.Replace("\n", "", StringComparison.Ordinal), char.IsControl);
                Assert.DoesNotContain('\u202e', printed);
            }
        }

        // Text, never markup: what looks like it is shown.
        Assert.Contains("[red]", (await Run("vm", "list")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_are_printed_as_they_come()
    {
        _host.Feed.Events.TryWrite(Samples.Event(1001));
        _host.Feed.Events.TryWrite(Samples.Event(1002));
        var ran = await Run("events", "-f", "--count", "2");
        Assert.Equal(0, ran.Exit);
        Assert.Equal(["1001", "1002"], ran.Out.TrimEnd('\n').Split('\n').Select(l => l.Split(' ')[0]));

        await _host.Feed.Ended.Task.WaitAsync(TimeSpan.FromSeconds(10));
        _host.Feed.Events.TryWrite(Samples.Event(1003));
        ran = await Run("events", "--after", "1002", "--count", "1", "--json");
        Assert.Equal(1003, JsonElement.Parse(ran.Out).GetProperty("id").GetInt64());
        Assert.Equal(1002, _host.Feed.AskedAfter);
    }

    [Fact]
    public async Task An_image_is_removed_by_the_first_digits_of_its_digest()
    {
        var image = new ImageResource { Digest = Samples.Digest, SourceUrl = "https://x/y", SourceFormat = "raw", SizeBytes = 1, VirtualSizeBytes = 1, Trust = "pinned", ImportedAt = default, LastUsedAt = default, UsedBy = [] };
        _host.Images.Answers(m => m is ImageCommands.Remove r ? new ImageReply.Removed(r.Digest) : new ImageReply.Listed(new([image], 1, 2, 3)));
        var ran = await Run("image", "rm", "9f86d081");
        Assert.Equal((0, Samples.Digest + ": removed\n"), (ran.Exit, ran.Out));
        Assert.Equal($"{{\"removed\":\"{Samples.Digest}\"}}\n", (await Run("image", "rm", "9f86d081", "--json")).Out);
        Assert.Equal(4, (await Run("image", "rm", "000000")).Exit);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Shells_are_told_how_to_complete(string shell) => Assert.Contains("[suggest:", (await Run("completion", shell)).Out, StringComparison.Ordinal);

    [Fact]
    public async Task Commands_complete_themselves()
    {
        var ran = await Run("[suggest:13]", "decloud vm st");
        Assert.Equal(["start", "stop"], ran.Out.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Where(l => l.StartsWith("st", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task The_help_tells_the_exit_codes() => Assert.Contains("3 agent not reachable", (await Run("--help")).Out.ReplaceLineEndings(" "), StringComparison.Ordinal);

    private Task<Ran> Run(params string[] arguments) => Cockpit.RunAsync(_host.Address, arguments);

    private void Answer(string status) => _host.Vms.Answers(m => m switch
    {
        VmCommands.Create c => new VmReply.Accepted(Samples.Operation(vm: c.VmId), Samples.Vm(c.VmId.Value)),
        VmCommands.Change c => new VmReply.Accepted(Samples.Operation("change", vm: c.VmId), Samples.Vm()),
        VmQueries.GetOperation q => new VmReply.Operation(Samples.Operation("change", status, q.VmId, q.Number)),
        VmQueries.Get q => new VmReply.Found(Samples.Vm(q.VmId.Value)),
        _ => null,
    });

    private static NodeResource Node(string text) => new()
    {
        Version = text, StartedAt = default, UptimeSeconds = 1, Hypervisor = new(text, default, text, text, text, text, text), Vms = new Dictionary<string, int> { [text] = 1 }, ForeignDomains = 0, Reconciled = true,
    };

    private static string[] Columns(string line) => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private string File(string name, string text)
    {
        var path = Path.Join(_folder, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }
}
