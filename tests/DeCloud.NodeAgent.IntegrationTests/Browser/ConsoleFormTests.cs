using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DeCloud.NodeAgent.Contracts.Rest;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace DeCloud.NodeAgent.IntegrationTests.Browser;

/// <summary>What is asked of the node in the browser: peers, ports, GPUs, and operations that are given up.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class ConsoleFormTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private const string FirstPeer = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE=";
    private const string NewPeer = "b/9h+mFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE=";
    private static readonly Guid First = FakeNode.Vm(1).Id;
    private FakeNode _node = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        _node = await FakeNode.StartAsync();
        _node.Put(FakeNode.Vm(1));
    }

    /// <inheritdoc/>
    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData(1280, true)]
    [InlineData(360, false)]
    public async Task A_peer_is_added_and_what_is_wrong_with_it_is_said_at_its_fields(int width, bool isDark)
    {
        var path = $"/api/wireguard/peers/{NewPeer.Replace("/", "%2F", StringComparison.Ordinal)}";
        _node.Answers(path, """{"type":"/docs/errors#invalid-request","title":"Invalid request","status":400,"detail":"2 fields are wrong.","errors":{"allowedIps":[{"value":"10.9.0.0/8","reason":"is outside the overlay 10.80.0.0/16."}],"keepaliveSeconds":[{"value":"-1","reason":"must be 0 (none) to 65535."}]},"traceId":"x"}""");
        await using var page = await chromium.NewPageAsync(width, 860, isDark);
        await page.GoAsync(_node.Address, "#/network", "Handshake");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Add a peer" }).ClickAsync();
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        var add = dialog.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true });
        await add.ClickAsync();
        await Expect(dialog).ToContainTextAsync("Public key is missing.");
        await dialog.GetByLabel("Public key").FillAsync(FirstPeer);
        await add.ClickAsync();
        await Expect(dialog).ToContainTextAsync("Public key is that of a peer which is there already.");
        Assert.Empty(_node.Changes);

        await dialog.GetByLabel("Public key").FillAsync(NewPeer);
        await dialog.GetByLabel("Networks").FillAsync("10.80.9.0/24\n10.9.0.0/8");
        await dialog.GetByLabel("Keepalive").FillAsync("often");
        await add.ClickAsync();
        await Expect(dialog).ToContainTextAsync("Networks “10.9.0.0/8” is outside the overlay 10.80.0.0/16.");
        await Expect(dialog).ToContainTextAsync("Keepalive must be 0 (none) to 65535.");
        await Expect(dialog.GetByLabel("Networks")).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(dialog.GetByLabel("Networks")).ToHaveValueAsync("10.80.9.0/24\n10.9.0.0/8");
        await page.AssertFitsAsync("a refused peer");
        await page.PictureAsync($"peer-refused-{width}");
        await page.AssertAccessibleAsync("a refused peer");

        _node.Answers(path, "{}");
        await dialog.GetByLabel("Networks").FillAsync("10.80.9.0/24");
        await dialog.GetByLabel("Keepalive").FillAsync("25");
        await add.ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        Assert.Equal([$"PUT {path}", $"PUT {path}"], _node.Changes);
        AssertSaid("""{"allowedIps":["10.80.9.0/24"],"keepaliveSeconds":25}""");
        await page.AssertCleanAsync();
    }

    [Fact]
    public async Task A_peer_is_edited_and_removed_and_the_key_is_rotated_after_a_yes()
    {
        await using var page = await chromium.NewPageAsync();
        await page.GoAsync(_node.Address, "#/network", "Handshake");
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Edit Zm9v" }).ClickAsync();
        await Expect(dialog.GetByLabel("Networks")).ToHaveValueAsync("10.80.1.0/24");
        await dialog.GetByLabel("Endpoint").FillAsync("192.0.2.9:51820");

        // What was typed stays while the page goes on reading.
        await page.Page.WaitForResponseAsync(response => response.Url.EndsWith("/api/wireguard", StringComparison.Ordinal));
        await page.Page.WaitForResponseAsync(response => response.Url.EndsWith("/api/wireguard", StringComparison.Ordinal));
        await Expect(dialog.GetByLabel("Endpoint")).ToHaveValueAsync("192.0.2.9:51820");
        _node.Answers($"/api/wireguard/peers/{FirstPeer}", "{}");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        AssertSaid("""{"allowedIps":["10.80.1.0/24"],"keepaliveSeconds":25,"endpoint":"192.0.2.9:51820"}""");

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Remove Zm9v" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("Nothing goes to 10.80.1.0/24 any more.");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Expect(page.Page.GetByText("is gone.")).ToBeVisibleAsync();

        var rotate = page.Page.GetByRole(AriaRole.Button, new() { Name = "Rotate" });
        _node.Answers("/api/wireguard/rotate", """{"type":"/docs/errors#host-error","title":"The host refused","status":502,"detail":"wg could not be run.","traceId":"x"}""");
        await rotate.ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Rotate" }).ClickAsync();
        await Expect(page.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("wg could not be run.");
        _node.Answers("/api/wireguard/rotate", $$"""{"publicKey":"{{NewPeer}}","keyId":2}""");
        await rotate.ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Rotate" }).ClickAsync();
        await Expect(page.Page.GetByText($"Give every peer the new public key, {NewPeer}.")).ToBeVisibleAsync();
        await page.PictureAsync("key-rotated");
        await page.AssertAccessibleAsync("a rotated key");
        Assert.Equal(
            [$"PUT /api/wireguard/peers/{FirstPeer}", $"DELETE /api/wireguard/peers/{FirstPeer}", "POST /api/wireguard/rotate", "POST /api/wireguard/rotate"],
            _node.Changes);
        await page.AssertCleanAsync();
    }

    [Fact]
    public async Task Only_a_free_gpu_can_be_chosen_and_the_others_say_why_not()
    {
        _node.Answers("POST /api/vms", """{"type":"/docs/errors#invalid-request","title":"Invalid request","status":400,"detail":"1 field is wrong.","errors":{"gpus":[{"value":"0000:66:00.0","reason":"was taken meanwhile."}]},"traceId":"x"}""");
        await using var page = await chromium.NewPageAsync();
        await page.GoAsync(_node.Address, "#/vms", "vm-1");
        await page.Page.Keyboard.PressAsync("c");
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByText("More", new() { Exact = true }).ClickAsync();
        await Expect(dialog.GetByLabel(new Regex("0000:65:00.0"))).ToBeDisabledAsync();
        await Expect(dialog).ToContainTextAsync("vm-1 has it.");
        await Expect(dialog.GetByLabel(new Regex("0000:00:02.0"))).ToBeDisabledAsync();
        await Expect(dialog).ToContainTextAsync("The firmware shows its messages on it.");
        await Expect(dialog.GetByLabel("Attach it to the overlay")).ToBeDisabledAsync();
        await Expect(dialog).ToContainTextAsync("WireGuard:VmSubnet is not set.");
        await dialog.GetByLabel(new Regex("0000:66:00.0")).CheckAsync();
        await page.AssertFitsAsync("the choice of GPUs");
        await page.PictureAsync("create-gpus");
        await page.AssertAccessibleAsync("the choice of GPUs");

        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("GPUs was taken meanwhile.");
        await Expect(dialog.GetByLabel(new Regex("0000:66:00.0"))).ToBeCheckedAsync();
        Assert.Equal("""["0000:66:00.0"]""", JsonNode.Parse(_node.Bodies.Last())!["gpus"]!.ToJsonString());
        await page.AssertCleanAsync();
    }

    [Fact]
    public async Task A_port_is_forwarded_and_taken_back()
    {
        var path = $"/api/vms/{First}/ports";
        _node.Answers("POST " + path, """{"type":"/docs/errors#invalid-request","title":"Invalid request","status":400,"detail":"1 field is wrong.","errors":{"guestPort":[{"value":"-1","reason":"must be 1 to 65535."}]},"traceId":"x"}""");
        await using var page = await chromium.NewPageAsync(360);
        await page.GoAsync(_node.Address, $"#/vms/{First}/ports", "tcp and udp");
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        var open = page.Page.GetByRole(AriaRole.Button, new() { Name = "Forward a port" });
        await open.ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(open).ToBeFocusedAsync();
        await open.ClickAsync();
        var forward = dialog.GetByRole(AriaRole.Button, new() { Name = "Forward", Exact = true });
        await dialog.GetByLabel("Guest's port").FillAsync("http");
        await forward.ClickAsync();
        await Expect(dialog).ToContainTextAsync("Guest's port must be 1 to 65535.");
        await page.AssertFitsAsync("a refused port");
        await page.AssertAccessibleAsync("a refused port");
        AssertSaid("""{"guestPort":-1,"protocol":"tcp"}""");

        _node.Answers("POST " + path, $$"""{"vmId":"{{First}}","guestPort":80,"protocol":"udp","hostPort":20002,"requestedBy":"api","since":"2026-01-31T12:00:00Z"}""");
        await dialog.GetByLabel("Guest's port").FillAsync("80");
        await dialog.GetByLabel("Protocol").SelectOptionAsync("udp");
        await dialog.GetByLabel("Host's port").FillAsync("20002");
        await forward.ClickAsync();
        await Expect(page.Page.GetByText("Port 20002 of the host leads to port 80 of vm-1.")).ToBeVisibleAsync();
        AssertSaid("""{"guestPort":80,"protocol":"udp","hostPort":20002}""");

        _node.Answers($"DELETE {path}/53/both", "{}");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Remove port 20001" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Stop forwarding" }).ClickAsync();
        await Expect(page.Page.GetByText("Port 20001 leads nowhere now.")).ToBeVisibleAsync();
        _node.Answers(path, """{"items":[],"rangeStart":20000,"rangeEnd":21999,"network":{"isolation":"off","forwarding":false,"reason":"nft is not installed."}}""");
        await Expect(page.Page.GetByText("nft is not installed.")).ToBeVisibleAsync();
        await Expect(page.Page.GetByText("No port leads to this VM")).ToBeVisibleAsync();
        Assert.Equal([$"POST {path}", $"POST {path}", $"DELETE {path}/53/both"], _node.Changes);
        await page.AssertCleanAsync();
    }

    [Fact]
    public async Task What_waits_can_be_given_up_and_what_runs_can_not()
    {
        var now = TimeProvider.System.GetUtcNow();
        _node.Put(FakeNode.Vm(3) with { Status = new("absent", "never-started", now), Step = new("resolve-image", 1, now, new(1, 2)) });
        var id = FakeNode.Vm(3).Id;
        var running = $$"""{"id":"op-1","kind":"create","status":"running","resource":"/api/vms/{{id}}","requestId":"k","requestedBy":"orchestrator","acceptedAt":"{{now:O}}","stage":"resolve-image"}""";
        var other = running.Replace("op-1", "op-2", StringComparison.Ordinal).Replace("create", "delete", StringComparison.Ordinal);
        _node.Answers("/api/operations", $$"""{"items":[{{running}},{{other}}],"total":2}""");
        _node.Answers("/api/operations/op-1/cancel", """{"type":"/docs/errors#operation-not-cancellable","title":"It can't be cancelled","status":409,"detail":"The VM is at the step define.","traceId":"x"}""");
        await using var page = await chromium.NewPageAsync();
        await page.GoAsync(_node.Address, $"#/vms/{id}", "asked for by orchestrator");
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        await Expect(page.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel the" })).ToHaveCountAsync(1);
        await page.AssertAccessibleAsync("an operation in flight");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel the create" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("The VM shall be stopped from then on");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Give it up" }).ClickAsync();
        await Expect(page.Page.GetByText("The VM is at the step define.")).ToBeVisibleAsync();

        _node.Answers("/api/operations/op-1/cancel", running.Replace("running", "superseded", StringComparison.Ordinal));
        _node.Answers("/api/operations", """{"items":[],"total":0}""");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel the create" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Give it up" }).ClickAsync();
        await Expect(page.Page.GetByText("It was given up.")).ToBeVisibleAsync();
        await Expect(page.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel the" })).ToHaveCountAsync(0);
        await page.AssertCleanAsync();
    }

    [Fact]
    public async Task What_a_vm_used_is_drawn_and_told_in_words()
    {
        await using var page = await chromium.NewPageAsync();
        await page.GoAsync(_node.Address, $"#/vms/{First}", "Made of");
        var cpu = page.Page.GetByRole(AriaRole.Img, new() { NameRegex = new(@"^CPU\. busy: [\d.]+ vCPU now, [\d.]+ vCPU at least, [\d.]+ vCPU at most\.$") });
        await Expect(cpu).ToBeVisibleAsync();
        await Expect(cpu.Locator("path.line")).ToHaveAttributeAsync("d", new Regex("^M.+L.+L"));
        await Expect(page.Page.GetByRole(AriaRole.Img, new() { NameRegex = new("^Network\\. in: 3.91 KiB.s now, .*; out: ") })).ToBeVisibleAsync();
        await page.PictureAsync("vm-charts");

        // A VM that does not run says so, and keeps no picture of another.
        _node.Put(FakeNode.Vm(2, state: "stopped"));
        await page.GoAsync(_node.Address, $"#/vms/{FakeNode.Vm(2).Id}", "Nothing: it does not run.");
        await Expect(page.Page.Locator("svg.lines")).ToHaveCountAsync(0);
        await page.AssertCleanAsync();
    }

    private void AssertSaid(string body) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(body), JsonNode.Parse(_node.Bodies.Last())), _node.Bodies.Last());
}
