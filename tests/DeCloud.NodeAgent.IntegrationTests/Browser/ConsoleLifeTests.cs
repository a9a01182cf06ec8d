using System.Globalization;
using System.Net;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace DeCloud.NodeAgent.IntegrationTests.Browser;

/// <summary>The console in front of a real agent with real guests.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class ConsoleLifeTests(AgentLab lab, ChromiumFixture chromium) : AgentTests(lab), IClassFixture<AgentLab>
{
    private static readonly TimeSpan AttackDeadline = TimeSpan.FromSeconds(60);

    private Uri Origin => new($"http://127.0.0.1:{Lab.Agent.Port}");

    [Fact]
    public async Task A_vm_is_made_used_by_its_console_and_screen_and_deleted_in_the_browser()
    {
        await using var page = await chromium.NewPageAsync();
        await page.GoAsync(Origin, "#/vms", "No VMs yet");
        var request = Lab.Small();
        await page.Page.Keyboard.PressAsync("c");
        await page.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("browser-1");
        await page.Page.GetByLabel("Memory", new() { Exact = true }).FillAsync("128 MiB");
        await page.Page.GetByLabel("Disk", new() { Exact = true }).FillAsync("256 MiB");
        await page.Page.GetByLabel("Image", new() { Exact = true }).FillAsync(request.BaseImageUrl);
        await page.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();

        await Expect(page.Page.GetByRole(AriaRole.Heading, new() { Name = "browser-1" })).ToBeVisibleAsync();
        await Expect(page.Page.Locator(".vm-head .state")).ToHaveTextAsync("running", new() { Timeout = 60_000 });
        var vm = Assert.Single(await Lab.Api.VmsAsync());
        await Lab.GuestReadyAsync(vm.Id, 1);

        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Console" }).ClickAsync();
        await Expect(page.Page.GetByText("Connected. Keys go to the guest.")).ToBeVisibleAsync();
        var terminal = page.Page.Locator(".xterm-rows");
        await page.Page.Keyboard.TypeAsync("status\n");
        await Expect(terminal).ToContainTextAsync($"instance-id: i-{vm.Id}");
        await page.PictureAsync("live-console");
        await page.AssertCleanAsync();

        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Screen" }).ClickAsync();
        await Expect(page.Page.GetByText("Connected. Click into the screen")).ToBeVisibleAsync();
        await Expect(page.Page.Locator(".console-place canvas")).ToBeVisibleAsync();
        await page.PictureAsync("live-screen");
        await page.AssertCleanAsync();

        await AssertActorsAsync(page, vm);
        await page.GoAsync(Origin, $"#/vms/{vm.Id}", vm.MacAddress);
        await Expect(page.Page.GetByRole(AriaRole.Img, new() { NameRegex = new(@"^CPU\. busy: [\d.]+ vCPU now, ") })).ToBeVisibleAsync();
        await Expect(page.Page.GetByRole(AriaRole.Img, new() { NameRegex = new(@"^Memory\. of the host's: [\d.]+ MiB now, ") })).ToBeVisibleAsync();
        await page.PictureAsync("live-vm");
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "History" }).ClickAsync();
        await Expect(page.Page.GetByText("operation-accepted").First).ToBeVisibleAsync();
        await page.PictureAsync("live-history");

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.Page.GetByText("There is no such VM")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        Assert.Empty(await Lab.Api.VmsAsync());
        await page.GoAsync(Origin, "#/", "No VMs yet");
        await page.PictureAsync("live-overview");
        await page.AssertCleanAsync();
        await Lab.Invariants.AssertAsync(vm.Id);
    }

    [Fact]
    public async Task What_is_wrong_with_a_vm_is_a_warning_that_can_be_acknowledged()
    {
        await using var page = await chromium.NewPageAsync();
        await page.GoAsync(Origin, "#/warnings", "active");
        var badge = page.Page.GetByRole(AriaRole.Link, new() { Name = "Warnings" }).Locator(".count");

        // The page is open before it happens: the stream has to tell.
        var vm = (await Lab.Api.CreateAsync(Lab.Small() with { Name = "wrong-hash", BaseImageHash = "sha256:" + new string('0', 64) })).Vm!;
        var warning = page.Page.Locator("article.warning").Filter(new() { HasText = "VM wrong-hash: " });
        await Expect(warning).ToContainTextAsync("critical", new() { Timeout = 30_000 });
        await Expect(warning).ToContainTextAsync("Remove it, or delete the VM");
        await Expect(warning.GetByRole(AriaRole.Link, new() { Name = "wrong-hash" })).ToHaveAttributeAsync("href", $"#/vms/{vm.Id}");
        var open = int.Parse(await badge.InnerTextAsync(), CultureInfo.InvariantCulture);
        await page.PictureAsync("live-warnings");
        await page.AssertAccessibleAsync("live warnings");

        await warning.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
        await Expect(warning).ToContainTextAsync("acknowledged by api");
        await Expect(badge).ToHaveCountAsync(open > 1 ? 1 : 0);
        if (open > 1)
        {
            await Expect(badge).ToHaveTextAsync((open - 1).ToString(CultureInfo.InvariantCulture));
        }

        await warning.GetByRole(AriaRole.Button, new() { Name = "Take back" }).ClickAsync();
        await Expect(warning).Not.ToContainTextAsync("acknowledged by");
        await page.AssertCleanAsync();
    }

    [Fact]
    public async Task What_a_guest_prints_is_shown_and_does_nothing()
    {
        var vm = await Lab.ReadyVmAsync();
        await using var page = await chromium.NewPageAsync();
        await page.GoAsync(Origin, $"#/vms/{vm.Id}/console", "Connected. Keys go to the guest.");
        var title = await page.Page.TitleAsync();

        // The guest's terminal echoes what is typed: a title, a clipboard write, a link and markup.
        await page.Page.Locator(".xterm-helper-textarea").FocusAsync();
        await page.Page.Keyboard.InsertTextAsync("\u001b]2;owned\u0007\u001b]52;c;b3duZWQ=\u0007\u001b]8;;javascript:alert(1)\u0007<img src=x onerror=window.__pwned=1>\u001b]8;;\u0007");
        await Expect(page.Page.Locator(".xterm-rows")).ToContainTextAsync("<img src=x");
        Assert.Equal(title, await page.Page.TitleAsync());
        Assert.Null(await page.Page.EvaluateAsync<int?>("window.__pwned ?? null"));
        await page.AssertCleanAsync();
    }

    [Fact]
    public async Task A_page_of_another_origin_can_do_nothing()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small())))!;
        var before = await RequestsAsync(vm.Id);
        await using var evil = await EvilPageAsync();
        await using var page = await chromium.NewPageAsync();
        await page.Page.GotoAsync(evil.Urls.Single() + "/");

        var outcome = await page.Page.EvaluateAsync<string[]>(Attack, new { agent = Origin.ToString().TrimEnd('/'), id = vm.Id.ToString() }).WaitAsync(AttackDeadline);

        Assert.Equal(
            ["read: refused", "post: refused", "text post: refused", "delete: refused", "blind post: refused", "blind delete: refused", "events: refused", "event source: refused", "ticket: refused", "socket: refused", "form: nothing", "frame: nothing"],
            outcome);
        var after = await Lab.Api.VmAsync(vm.Id);
        Assert.Equal((vm.Intent.State, before), (after.Intent.State, await RequestsAsync(vm.Id)));
        Assert.Single(await Lab.Api.VmsAsync());
    }

    // What somebody asked for; what is seen of the guest, such as its address, comes when it comes.
    private async Task<int> RequestsAsync(Guid id) => (await Lab.Api.HistoryAsync(id)).Count(e => e.By is not null);

    private static async Task AssertActorsAsync(WatchedPage page, VmResource vm)
    {
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Actors" }).ClickAsync();
        var name = page.Page.GetByRole(AriaRole.Button, new() { Name = vm.Id.ToString(), Exact = true });
        var row = page.Page.GetByRole(AriaRole.Row).Filter(new() { Has = name });
        var child = page.Page.GetByRole(AriaRole.Button, new() { Name = "domain", Exact = true });
        await Expect(row).ToContainTextAsync("VmActor");
        await Expect(child).ToHaveCountAsync(1);
        await row.GetByRole(AriaRole.Button, new() { Name = "Close " }).ClickAsync();
        await Expect(child).ToHaveCountAsync(0);
        await row.GetByRole(AriaRole.Button, new() { Name = "Open " }).ClickAsync();
        await Expect(child).ToHaveCountAsync(1);

        await name.ClickAsync();
        var detail = page.Page.GetByRole(AriaRole.Region, new() { Name = "The chosen actor" });
        await Expect(detail).ToContainTextAsync($"/user/node/vms/{vm.Id}");
        await Expect(detail).ToContainTextAsync("started");
        await page.PictureAsync("live-actors");
        await page.AssertAccessibleAsync("live actors");
        await page.AssertCleanAsync();
    }

    // Each ends by itself: whatever a browser does not answer counts as nothing after three seconds.
    private const string Attack =
        """
        async ({ agent, id }) => {
          const within = (name, work) => Promise.race([work.then(r => `${name}: ${r}`, () => `${name}: refused`), new Promise(r => setTimeout(r, 3000, `${name}: nothing`))])
          const fetched = (name, path, init) => within(name, fetch(agent + path, { signal: AbortSignal.timeout(2500), ...init }).then(r => r.type === 'opaque' ? 'opaque' : `read ${r.status}`))
          const json = { 'Content-Type': 'application/json' }
          const out = []
          out.push(await fetched('read', '/api/vms'))
          out.push(await fetched('post', `/api/vms/${id}/stop`, { method: 'POST', headers: json, body: '{"force":true}' }))
          out.push(await fetched('text post', `/api/vms/${id}/stop`, { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: '{"force":true}' }))
          out.push(await fetched('delete', `/api/vms/${id}`, { method: 'DELETE' }))
          out.push(await fetched('blind post', `/api/vms/${id}/stop`, { method: 'POST', mode: 'no-cors', body: '{"force":true}' }))
          out.push(await fetched('blind delete', `/api/vms/${id}`, { method: 'DELETE', mode: 'no-cors' }))
          out.push(await fetched('events', '/api/events'))
          out.push(await within('event source', new Promise((resolve, reject) => {
            const source = new EventSource(agent + '/api/events')
            source.onopen = () => { source.close(); resolve('open') }
            source.onerror = () => { source.close(); reject() }
          })))
          out.push(await fetched('ticket', `/api/vms/${id}/tickets`, { method: 'POST', headers: json, body: '{"kind":"serial"}' }))
          out.push(await within('socket', new Promise((resolve, reject) => {
            const socket = new WebSocket(agent.replace('http', 'ws') + '/api/consoles/x', 'binary')
            socket.onopen = () => resolve('open')
            socket.onerror = reject
          })))
          const frame = document.createElement('iframe')
          frame.name = 'target'
          document.body.append(frame)
          const form = document.createElement('form')
          form.method = 'post'
          form.target = 'target'
          form.enctype = 'text/plain'
          form.action = `${agent}/api/vms/${id}/stop`
          document.body.append(form)
          form.submit()
          await new Promise(r => setTimeout(r, 1000))
          const seen = f => { try { return f.contentDocument?.body?.innerText ? 'read' : 'nothing' } catch { return 'nothing' } }
          out.push(`form: ${seen(frame)}`)
          const page = document.createElement('iframe')
          page.src = agent + '/'
          document.body.append(page)
          await new Promise(r => setTimeout(r, 1500))
          out.push(`frame: ${seen(page)}`)
          return out
        }
        """;

    private static async Task<WebApplication> EvilPageAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/", () => Results.Content("<!DOCTYPE html><html lang=\"en\"><title>evil</title><body>evil</body></html>", "text/html"));
        await app.StartAsync();
        return app;
    }
}
