using System.Collections.Concurrent;
using System.Globalization;
using DeCloud.NodeAgent.IntegrationTests.Lab;
using Microsoft.Playwright;

namespace DeCloud.NodeAgent.IntegrationTests.Browser;

/// <summary>A page of the browser, and what it complained of.</summary>
public sealed class WatchedPage : IAsyncDisposable
{
    // What the policy refuses is told to the page alone; it is gathered before any script of the page runs.
    private const string GatherViolations = "window.__violations = []; addEventListener('securitypolicyviolation', e => __violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber} ${e.sample}`))";

    private static readonly Lazy<string> Axe = new(() => File.ReadAllText(Path.Combine(LibvirtHost.RepositoryRoot(), "web", "node_modules", "axe-core", "axe.min.js")));

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _errors = new();

    private WatchedPage(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
        page.PageError += (_, error) => _errors.Enqueue(error);
    }

    /// <summary>The page.</summary>
    public IPage Page { get; }

    /// <summary>Opens an empty page.</summary>
    public static async Task<WatchedPage> OpenAsync(IBrowserContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        await context.AddInitScriptAsync(GatherViolations);
        return new(context, await context.NewPageAsync());
    }

    /// <summary>Goes to a place of the console and waits until something of it is there.</summary>
    /// <param name="origin">The agent's origin.</param>
    /// <param name="hash">The place, such as <c>#/vms</c>.</param>
    /// <param name="text">What must be on it.</param>
    public async Task GoAsync(Uri origin, string hash, string text)
    {
        await Page.GotoAsync(new Uri(origin, "/" + hash).ToString());
        await Assertions.Expect(Page.GetByText(text).First).ToBeVisibleAsync();
    }

    /// <summary>Nothing was refused by the policy and no script failed.</summary>
    public async Task AssertCleanAsync()
    {
        Assert.Empty(await Page.EvaluateAsync<string[]>("window.__violations"));
        Assert.Empty(_errors);
    }

    /// <summary>axe finds nothing serious.</summary>
    public async Task AssertAccessibleAsync(string where)
    {
        await Page.EvaluateAsync(Axe.Value);
        var found = await Page.EvaluateAsync<string[]>(
            """
            async () => {
              const { violations } = await axe.run(document, { resultTypes: ['violations'] })
              return violations.filter(v => v.impact === 'serious' || v.impact === 'critical')
                .map(v => `${v.id}: ${v.help}: ${v.nodes.slice(0, 4).map(n => n.target.join(' ') + ' ' + n.any.concat(n.all).map(c => c.message).join('; ')).join(' | ')}`)
            }
            """);
        Assert.True(found.Length == 0, $"{where}: {string.Join('\n', found)}");
    }

    /// <summary>Nothing has to be scrolled to the side.</summary>
    public async Task AssertFitsAsync(string where)
    {
        var widths = await Page.EvaluateAsync<int[]>("[document.documentElement.scrollWidth, document.documentElement.clientWidth]");
        Assert.True(widths[0] <= widths[1], string.Create(CultureInfo.InvariantCulture, $"{where} is {widths[0]} wide in {widths[1]}"));
    }

    /// <summary>Takes a picture of what is in sight.</summary>
    public Task PictureAsync(string name) => Page.ScreenshotAsync(new() { Path = Path.Combine(ChromiumFixture.Artifacts, name + ".png") });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _context.CloseAsync().WaitAsync(TimeSpan.FromSeconds(30));
}
