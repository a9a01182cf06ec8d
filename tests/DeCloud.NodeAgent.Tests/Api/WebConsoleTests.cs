using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed partial class WebConsoleTests : IAsyncLifetime
{
    private const string Token = "0123456789abcdef0123456789abcdef";
    private readonly ApiHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task The_page_is_served_under_a_policy_that_lets_in_nothing_but_its_own_files()
    {
        var page = await _host.Get("/");

        Assert.Equal((200, "text/html; charset=utf-8", "no-cache", "nosniff"), (page.Status, page.Header("Content-Type"), page.Header("Cache-Control"), page.Header("X-Content-Type-Options")));
        var policy = page.Header("Content-Security-Policy")!.Split("; ");
        Assert.Equal(
            ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"],
            policy);
        Assert.DoesNotMatch(InlineCode(), page.Text);
    }

    [Fact]
    public async Task What_the_page_loads_is_named_by_its_digest_kept_for_good_and_checked_by_the_browser()
    {
        var page = await _host.Get("/");
        var loaded = Loaded().Matches(page.Text);

        Assert.True(loaded.Count >= 2, page.Text);
        foreach (Match one in loaded)
        {
            using var answer = await _host.Client.GetAsync(new Uri(one.Groups["path"].Value, UriKind.Relative));
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.Equal("public, max-age=31536000, immutable", answer.Headers.CacheControl!.ToString());
            Assert.Equal(one.Groups["digest"].Value, Convert.ToBase64String(SHA384.HashData(await answer.Content.ReadAsByteArrayAsync())));
        }
    }

    [Theory]
    [InlineData("br", "br")]
    [InlineData("gzip, deflate", "gzip")]
    [InlineData("gzip;q=0, br;q=0", null)]
    [InlineData("*", "br")]
    [InlineData("", null)]
    public async Task It_is_sent_in_the_coding_that_the_caller_takes(string accepted, string? coding)
    {
        var plain = await _host.Get("/");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        using var answer = await _host.Client.SendAsync(request);

        Assert.Equal(coding, answer.Content.Headers.ContentEncoding.SingleOrDefault());
        Assert.Equal("Accept-Encoding", answer.Headers.Vary.Single());
        var body = await answer.Content.ReadAsStreamAsync();
        using var unpacked = new StreamReader(coding switch { "br" => new BrotliStream(body, CompressionMode.Decompress), "gzip" => new GZipStream(body, CompressionMode.Decompress), _ => body });
        Assert.Equal(plain.Text, await unpacked.ReadToEndAsync());
    }

    [Fact]
    public async Task What_a_browser_has_already_is_not_sent_again()
    {
        var first = await _host.Get("/");
        var again = await _host.Get("/", ("If-None-Match", first.Header("ETag")!));
        Assert.Equal((304, ""), (again.Status, again.Text));
        Assert.Equal(first.Header("ETag"), again.Header("ETag"));
        Assert.Equal(200, (await _host.Get("/", ("If-None-Match", "\"other\""))).Status);

        // Another coding is another representation.
        Assert.Equal(200, (await _host.Get("/", ("If-None-Match", first.Header("ETag")!), ("Accept-Encoding", "gzip"))).Status);
    }

    [Fact]
    public async Task It_is_only_read()
    {
        var head = await _host.Send(HttpMethod.Head, "/", null);
        Assert.Equal((200, ""), (head.Status, head.Text));
        Assert.NotEqual("0", head.Header("Content-Length"));
        var post = await _host.Post("/", "{}");
        Assert.Equal((405, "method-not-allowed", "GET, HEAD"), (post.Status, post.Problem, post.Header("Allow")));
        Assert.Equal(404, (await _host.Get("/assets/other.js")).Status);
        Assert.Equal(404, (await _host.Get("/index.html")).Status);
        Assert.Equal(404, (await _host.Get("/assets/../appsettings.json")).Status);
    }

    [Fact]
    public async Task With_a_token_the_page_is_shown_and_the_API_asks_for_it()
    {
        var host = await ApiHost.StartAsync(("Http:ApiToken", Token));
        try
        {
            Assert.Equal(200, (await host.Get("/")).Status);
            Assert.Equal(200, (await host.Get("/icon.svg")).Status);
            Assert.Equal(401, (await host.Get("/api/node")).Status);
            Assert.Equal(401, (await host.Get("/assets/other.js")).Status);
            Assert.Equal(421, (await host.Get("/", ("Host", "evil.example"))).Status);
            Assert.Equal(403, (await host.Get("/", ("Origin", "http://evil.example"))).Status);
        }
        finally
        {
            await host.DisposeAsync();
        }
    }

    [GeneratedRegex("<style|style=|<script(?![^>]*\\bsrc=)|\\son[a-z]+=", RegexOptions.IgnoreCase)]
    private static partial Regex InlineCode();

    [GeneratedRegex("(src|href)=\"(?<path>/assets/[^\"]+)\" integrity=\"sha384-(?<digest>[^\"]+)\"")]
    private static partial Regex Loaded();
}
