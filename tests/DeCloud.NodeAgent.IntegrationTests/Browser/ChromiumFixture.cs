using DeCloud.NodeAgent.IntegrationTests.Lab;
using Microsoft.Playwright;

namespace DeCloud.NodeAgent.IntegrationTests.Browser;

/// <summary>Classes that share one browser.</summary>
[CollectionDefinition(Name)]
public sealed class ChromiumCollection : ICollectionFixture<ChromiumFixture>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "a browser";
}

/// <summary>Debian's Chromium, without a window. Everything that is waited for in it has a deadline.</summary>
public sealed class ChromiumFixture : IAsyncLifetime
{
    /// <summary>How long anything in the browser may take.</summary>
    public const float DeadlineMilliseconds = 20_000;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Where pictures and measurements go.</summary>
    public static string Artifacts { get; } = Directory.CreateDirectory(Path.Combine(LibvirtHost.RepositoryRoot(), "artifacts", "web-console")).FullName;

    /// <summary>A page in a profile of its own.</summary>
    /// <param name="width">Its width in CSS pixels.</param>
    /// <param name="height">Its height.</param>
    /// <param name="isDark">Whether the system is said to be dark.</param>
    public async Task<WatchedPage> NewPageAsync(int width = 1280, int height = 860, bool isDark = false)
    {
        var context = await _browser!.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(DeadlineMilliseconds);
        return await WatchedPage.OpenAsync(context);
    }

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Timeout = 60_000,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
            ],
        });
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }

        _playwright?.Dispose();
    }
}
