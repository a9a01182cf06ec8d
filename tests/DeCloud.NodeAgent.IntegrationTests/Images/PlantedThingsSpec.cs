using System.Security.Cryptography;
using System.Text;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.IntegrationTests.Images;

/// <summary>Somebody was there first: at each path that an import uses lies a link, a second name of another file, or a folder.</summary>
public sealed class PlantedThingsSpec : IAsyncLifetime
{
    private const string Precious = "precious";
    private readonly ImageLab _lab = new();
    private readonly byte[] _disk = ImageLab.RawDisk(1 << 20);
    private string _target = string.Empty;

    public Task InitializeAsync()
    {
        _target = Path.Combine(_lab.Outside, "target");
        File.WriteAllText(_target, Precious);
        Directory.CreateDirectory(Path.Combine(_lab.Images, "sha256"));
        Directory.CreateDirectory(Path.Combine(_lab.Images, "downloads"));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _lab.DisposeAsync();

    public static TheoryData<string, string> Places()
    {
        var data = new TheoryData<string, string>();
        foreach (var place in new[] { "part", "meta", "image", "sidecar" })
        {
            foreach (var thing in new[] { "link", "dangling link", "second name", "folder" })
            {
                data.Add(place, thing);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task What_was_planted_fails_the_import_and_its_target_stays_as_it_was(string place, string thing)
    {
        await using var server = new LiarServer((request, reply) => reply.HonestAsync(request, _disk, "\"v1\""));
        var digest = ImageLab.DigestOf(_disk);
        var url = server.Url("/a");
        var part = Path.Combine(_lab.Images, "downloads", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{digest}\n{url}"))) + ".part");
        var image = Path.Combine(_lab.Images, "sha256", digest.Hex);
        var path = place switch { "part" => part, "meta" => part + ".meta", "image" => image, _ => image + ".json" };
        if (place == "meta")
        {
            await File.WriteAllTextAsync(part, "x");
        }

        Plant(path, thing);
        var refusal = await _lab.RefusalOfAsync(url, digest);

        Assert.Equal(FailureCodes.HostError, refusal.Code);
        AssertUntouched(thing);
        Assert.DoesNotContain(await _lab.NewStore().ListAsync(CancellationToken.None), found => found.Digest == digest);
        AssertUntouched(thing);
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("downloads")]
    public async Task A_link_in_place_of_a_folder_fails_the_import(string name)
    {
        var away = Directory.CreateDirectory(Path.Combine(_lab.Outside, "away")).FullName;
        Directory.Delete(Path.Combine(_lab.Images, name));
        Directory.CreateSymbolicLink(Path.Combine(_lab.Images, name), away);
        await using var server = new LiarServer((_, reply) => reply.WholeAsync(_disk));

        Assert.Equal(FailureCodes.HostError, (await _lab.RefusalOfAsync(server.Url("/a"))).Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(away));
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("link")]
    [InlineData("second name")]
    [InlineData("folder on the way")]
    [InlineData("pipe")]
    public async Task A_file_address_that_leads_elsewhere_is_refused_for_good(string thing)
    {
        var path = Path.Combine(_lab.Images, "a.raw");
        switch (thing)
        {
            case "folder on the way":
                Directory.CreateSymbolicLink(Path.Combine(_lab.Images, "way"), _lab.Outside);
                path = Path.Combine(_lab.Images, "way", "target");
                break;
            case "pipe":
                await CliWrap.Cli.Wrap("mkfifo").WithArguments([path]).ExecuteAsync();
                break;
            default:
                Plant(path, thing);
                break;
        }

        var refusal = await _lab.RefusalOfAsync("file://" + path).WaitAsync(TimeSpan.FromSeconds(5));

        Assert.Equal((FailureCodes.ImageUrlRefused, true), (refusal.Code, refusal.IsPermanent));
        _lab.AssertNothingPublished();
    }

    [Fact]
    public async Task A_tenant_cannot_name_another_tenants_image_by_its_place_in_the_cache()
    {
        await using var server = new LiarServer((_, reply) => reply.WholeAsync(_disk));
        var image = await _lab.ImportAsync(server.Url("/private"));

        Assert.Equal(FailureCodes.ImageUrlRefused, (await _lab.RefusalOfAsync("file://" + _lab.ImagePath(image))).Code);
        Directory.CreateSymbolicLink(Path.Combine(_lab.Images, "way"), Path.Combine(_lab.Images, "sha256"));
        Assert.Equal(FailureCodes.ImageUrlRefused, (await _lab.RefusalOfAsync($"file://{_lab.Images}/way/{image.Digest.Hex}")).Code);
    }

    private void Plant(string path, string thing)
    {
        switch (thing)
        {
            case "link":
                File.CreateSymbolicLink(path, _target);
                break;
            case "dangling link":
                File.CreateSymbolicLink(path, _target + "-to-be");
                break;
            case "second name":
                HardLink.Create(path, _target);
                break;
            default:
                Directory.CreateDirectory(path);
                break;
        }
    }

    private void AssertUntouched(string thing)
    {
        Assert.Equal(Precious, File.ReadAllText(_target));
        Assert.False(thing == "dangling link" && File.Exists(_target + "-to-be"));
    }
}
