using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Tests.Api;
using DeCloud.NodeAgent.Tests.Architecture;

namespace DeCloud.NodeAgent.Tests.Docs;

/// <summary>The pages that are made of the program say what the program says. <c>scripts/openapi.sh</c> has this write them.</summary>
public sealed class GeneratedDocsTests(ApiHost host) : IClassFixture<ApiHost>
{
    private const string Writes = "DECLOUD_WRITE_DOCS", Remedy = "Run scripts/openapi.sh and commit what it changes.";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    [Fact]
    public async Task The_openapi_file_is_the_apis_own_document()
    {
        var answer = await host.Get("/swagger/v1/swagger.json");
        Assert.Equal(200, answer.Status);

        await SameAsync("openapi.json", JsonSerializer.Serialize(answer.Json, Indented) + "\n");
    }

    [Fact]
    public async Task The_page_of_settings_has_every_key()
    {
        var page = new StringBuilder("# Every setting\n\nMade of the program by `scripts/openapi.sh`. How settings are given: [configure.md](configure.md).\n\n| Key | Default | |\n|---|---|---|\n");
        foreach (var key in NodeConfiguration.KnownKeys())
        {
            page.Append(CultureInfo.InvariantCulture, $"| `{key.Key}` | {Cell(key.Default)} | {Cell(key.Meaning)}{(key.IsSecret ? " Never shown." : "")} |\n");
        }

        await SameAsync("settings.md", page.ToString());
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    private static async Task SameAsync(string name, string wanted)
    {
        var path = Path.Join(Tree.Root, "docs", name);
        if (Environment.GetEnvironmentVariable(Writes) is { Length: > 0 })
        {
            await File.WriteAllTextAsync(path, wanted);
        }

        var there = File.Exists(path) ? await File.ReadAllTextAsync(path) : "";
        if (there != wanted)
        {
            Assert.Fail($"docs/{name} is not what the program says: {Difference(there, wanted)} {Remedy}");
        }
    }

    private static string Difference(string there, string wanted)
    {
        var (old, now) = (there.Split('\n'), wanted.Split('\n'));
        var line = Enumerable.Range(0, Math.Max(old.Length, now.Length)).First(i => old.ElementAtOrDefault(i) != now.ElementAtOrDefault(i));
        return string.Create(CultureInfo.InvariantCulture, $"line {line + 1} is '{old.ElementAtOrDefault(line)}' and should be '{now.ElementAtOrDefault(line)}'.");
    }
}
