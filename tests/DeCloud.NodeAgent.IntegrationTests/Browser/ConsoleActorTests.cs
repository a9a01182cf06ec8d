using System.Globalization;
using System.Text.RegularExpressions;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace DeCloud.NodeAgent.IntegrationTests.Browser;

/// <summary>An actor is watched and started again in the browser.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class ConsoleActorTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private const int MostSights = 200;
    private FakeNode _node = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync() => _node = await FakeNode.StartAsync();

    /// <inheritdoc/>
    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task What_an_actor_does_is_followed_bounded_and_only_while_somebody_looks()
    {
        const string Evil = "<img src=x onerror=window.__pwned=1>";
        await using var page = await OpenActorAsync(1280, isDark: true);
        var lines = page.Page.GetByRole(AriaRole.Log).Locator("li");
        await WatchersAsync(1);

        _node.See("message", Evil, Evil);
        await Expect(lines).ToHaveTextAsync([new Regex("<img src=x.*<img src=x")]);
        foreach (var number in Enumerable.Range(1, 300))
        {
            _node.See("message", "Tick", number.ToString(CultureInfo.InvariantCulture));
        }

        _node.See("dropped", "", "17");
        _node.See("warning", "VmRegistry", "The disk is slow.");
        await Expect(lines.First).ToContainTextAsync("The disk is slow.");
        await Expect(lines.Nth(1)).ToContainTextAsync("17 more came too fast to be told");
        await Expect(lines).ToHaveCountAsync(MostSights);
        await Expect(lines.Nth(2)).ToContainTextAsync("300");
        Assert.Null(await page.Page.EvaluateAsync<int?>("window.__pwned ?? null"));
        await page.PictureAsync("actor-tail");
        await page.AssertAccessibleAsync("an actor that is watched");
        await page.AssertCleanAsync();

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await WatchersAsync(0);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).ClickAsync();
        await WatchersAsync(1);
        await page.Page.EvaluateAsync("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }); document.dispatchEvent(new Event('visibilitychange'))");
        await WatchersAsync(0);
        await page.Page.EvaluateAsync("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))");
        await WatchersAsync(1);
        await Expect(lines).ToHaveCountAsync(MostSights);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).ClickAsync();
        await WatchersAsync(0);
    }

    [Fact]
    public async Task An_actor_is_started_again_after_a_yes_and_a_refusal_is_shown()
    {
        _node.Answers("/api/actors/restart", """{"type":"/docs/errors#operators-only","title":"For operators only","status":403,"detail":"Use the agent's socket, or set Http:ApiToken.","traceId":"x"}""");
        await using var page = await OpenActorAsync(360, isDark: false);
        var again = page.Page.GetByRole(AriaRole.Button, new() { Name = "Start again" });
        await again.ClickAsync();
        await Expect(page.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Start /user/node/vms again?");
        await page.Page.Keyboard.PressAsync("Escape");
        Assert.Empty(_node.Changes);

        await again.ClickAsync();
        await page.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Start again" }).ClickAsync();
        await Expect(page.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("For operators only. Use the agent's socket, or set Http:ApiToken.");
        Assert.Equal(["POST /api/actors/restart"], _node.Changes);
        await page.AssertFitsAsync("an actor on a telephone");
        await page.PictureAsync("actor-refused");
        await page.AssertAccessibleAsync("a refused restart");

        _node.Answers("/api/actors/restart", """{"path":"/user/node/vms"}""");
        await again.ClickAsync();
        await page.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Start again" }).ClickAsync();
        await Expect(page.Page.GetByText("/user/node/vms is started again.")).ToBeVisibleAsync();
        await Expect(page.Page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await page.AssertCleanAsync();
    }

    private async Task<WatchedPage> OpenActorAsync(int width, bool isDark)
    {
        var page = await chromium.NewPageAsync(width, 860, isDark);
        await page.GoAsync(_node.Address, "#/actors", "Mailbox");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "vms", Exact = true }).ClickAsync();
        await Expect(page.Page.GetByText("GetCapacity")).ToBeVisibleAsync();
        return page;
    }

    private Task WatchersAsync(int count) => Patience.UntilAsync(
        string.Create(CultureInfo.InvariantCulture, $"{count} watch the actor"),
        TimeSpan.FromSeconds(10),
        () => Task.FromResult(_node.Watchers == count),
        () => string.Create(CultureInfo.InvariantCulture, $"{_node.Watchers} do"));
}
