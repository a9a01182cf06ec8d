using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace DeCloud.NodeAgent.IntegrationTests.Browser;

/// <summary>An agent in an overlay whose operator has a token.</summary>
public sealed class ConsoleOperatorLab : AgentLab
{
    /// <inheritdoc/>
    protected override string[] Settings =>
    [
        $"Http:ApiToken={AgentProcess.Token}",
        "WireGuard:Address=10.80.0.1/16", "WireGuard:InterfaceName=dcconsole0", "WireGuard:ListenPort=51999",
        "Images:AllowHttp=true", "Images:AllowPrivateAddresses=true",
    ];
}

/// <summary>What an operator does in the browser, on a real agent.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class ConsoleOperatorTests(ConsoleOperatorLab lab, ChromiumFixture chromium) : AgentTests(lab), IClassFixture<ConsoleOperatorLab>
{
    private const string Peer = "b/9h+mFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE=";

    [Fact]
    public async Task Actors_peers_ports_and_operations_are_changed_in_the_browser()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small())))!;
        await using var page = await chromium.NewPageAsync();
        await page.GoAsync(new($"http://127.0.0.1:{Lab.Agent.Port}"), "#/actors", "asks for its token");
        await page.Page.GetByLabel("Token", new() { Exact = true }).FillAsync(AgentProcess.Token);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await RestartAsync(page);
        await PeersAsync(page);
        await PortsAsync(page, vm);
        await CancelAsync(page);
        await page.AssertCleanAsync();
    }

    private async Task RestartAsync(WatchedPage page)
    {
        const string Path = "/user/node/wireguard";
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "wireguard", Exact = true }).ClickAsync();
        await Expect(page.Page.GetByRole(AriaRole.Region, new() { Name = "What it does" }).Locator(".state")).ToHaveTextAsync("live");

        // A read of the overlay is a message that the actor takes.
        await Lab.Api.GetAsync("/api/wireguard", RestJson.Default.WireGuardResource);
        var lines = page.Page.GetByRole(AriaRole.Log);
        await Expect(lines).ToContainTextAsync("OverlayQueries.Get");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Start again" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Start again" }).ClickAsync();
        await Expect(page.Page.GetByText($"{Path} is started again.")).ToBeVisibleAsync();
        await Expect(lines).ToContainTextAsync("a restart was asked for over token");
        await page.PictureAsync("live-actor");
        await Expect(lines).ToContainTextAsync("is up as 10.80.0.1/16");
        Assert.Equal(1, (await Lab.Api.GetAsync($"/api/actors/show?path={Path}", RestJson.Default.ActorDetailResource)).Restarts);

        // The registry of all VMs is never started again; the agent says so itself.
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "vms", Exact = true }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Start again" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Start again" }).ClickAsync();
        await Expect(page.Page.GetByRole(AriaRole.Region, new() { Name = "The chosen actor" }).GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await page.AssertAccessibleAsync("a live actor");
    }

    private async Task PeersAsync(WatchedPage page)
    {
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Network" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Add a peer" }).ClickAsync();
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Public key").FillAsync(Peer);
        await dialog.GetByLabel("Networks").FillAsync("192.0.2.0/24");
        await dialog.GetByLabel("Keepalive").FillAsync("often");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("Networks “192.0.2.0/24” ");
        await Expect(dialog).ToContainTextAsync("Keepalive must be 0");
        await dialog.GetByLabel("Networks").FillAsync("10.80.9.0/24");
        await dialog.GetByLabel("Keepalive").FillAsync("25");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        var row = page.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "10.80.9.0/24" });
        await row.GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await dialog.GetByLabel("Keepalive").FillAsync("0");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        var before = await Lab.Api.GetAsync("/api/wireguard", RestJson.Default.WireGuardResource);
        Assert.Equal((Peer, 0), (Assert.Single(before.Peers).PublicKey, before.Peers[0].KeepaliveSeconds));

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Rotate" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Rotate" }).ClickAsync();
        await Expect(page.Page.GetByText("Give every peer the new public key")).ToBeVisibleAsync();
        await page.PictureAsync("live-peers");
        await row.GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
        var after = await Lab.Api.GetAsync("/api/wireguard", RestJson.Default.WireGuardResource);
        Assert.Empty(after.Peers);
        Assert.NotEqual(before.PublicKey, after.PublicKey);
        await Expect(page.Page.GetByText($"Give every peer the new public key, {after.PublicKey}.")).ToBeVisibleAsync();
    }

    private async Task PortsAsync(WatchedPage page, VmResource vm)
    {
        await page.Page.EvaluateAsync($"location.hash = '#/vms/{vm.Id}/ports'");
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Forward a port" }).ClickAsync();
        await dialog.GetByLabel("Guest's port").FillAsync("80");
        await dialog.GetByLabel("Label").FillAsync("<b>web</b>");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Forward", Exact = true }).ClickAsync();
        await Expect(page.Page.GetByRole(AriaRole.Cell, new() { Name = "<b>web</b>" })).ToBeVisibleAsync();
        var port = Assert.Single((await Lab.Api.GetAsync($"/api/vms/{vm.Id}/ports", RestJson.Default.PortListResource)).Items);
        await page.PictureAsync("live-ports");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = $"Remove port {port.HostPort}" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Stop forwarding" }).ClickAsync();
        await Expect(page.Page.GetByText("No port leads to this VM")).ToBeVisibleAsync();
        Assert.Empty((await Lab.Api.GetAsync($"/api/vms/{vm.Id}/ports", RestJson.Default.PortListResource)).Items);
    }

    private async Task CancelAsync(WatchedPage page)
    {
        // Nobody listens there: the agent tries again and again.
        var request = Lab.Small() with { Name = "waits", BaseImageUrl = "http://127.0.0.1:1/nothing.qcow2", BaseImageHash = "sha256:" + new string('0', 64) };
        var accepted = await Lab.Api.CreateAsync(request);
        await page.Page.EvaluateAsync($"location.hash = '#/vms/{accepted.Vm!.Id}'");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel the create" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Give it up" }).ClickAsync();
        await Expect(page.Page.GetByText("It was given up.")).ToBeVisibleAsync();
        Assert.Equal("superseded", (await Lab.Api.OperationAsync(accepted.Operation.Id)).Status);
        Assert.Equal("stopped", (await Lab.Api.VmAsync(accepted.Vm.Id)).Intent.State);
        await Expect(page.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel the" })).ToHaveCountAsync(0);
        await page.PictureAsync("live-given-up");
    }
}
