using System.Diagnostics;
using System.Text;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.IntegrationTests.Images;

/// <summary>The images that made other clouds read their hosts' files, made with QEMU's own tool, each pointing at a canary that must turn up nowhere.</summary>
public sealed class HostileImageSpec : IAsyncLifetime
{
    private const string Canary = "CANARY-4f1d-the-hosts-own-secret";
    private readonly ImageLab _lab = new();
    private string _canary = string.Empty;

    public async Task InitializeAsync()
    {
        _canary = Path.Combine(_lab.Outside, "canary");
        await PlantAsync();
    }

    public async Task DisposeAsync() => await _lab.DisposeAsync();

    [Theory]
    [InlineData("backing", ".qcow2")]
    [InlineData("backing", ".raw")]
    [InlineData("backing", ".img")]
    [InlineData("json-backing", ".qcow2")]
    [InlineData("nbd-backing", ".qcow2")]
    [InlineData("data-file", ".qcow2")]
    [InlineData("data-file", ".raw")]
    [InlineData("plain-qcow2", ".raw")]
    [InlineData("vmdk-flat", ".raw")]
    [InlineData("vmdk-flat", ".img")]
    [InlineData("vmdk-sparse", ".img")]
    [InlineData("encrypted", ".qcow2")]
    [InlineData("snapshot", ".qcow2")]
    [InlineData("pebibyte", ".qcow2")]
    [InlineData("vdi", ".img")]
    [InlineData("vhdx", ".img")]
    [InlineData("luks", ".raw")]
    public async Task A_hostile_image_is_refused_at_once_and_reads_nothing_of_the_host(string kind, string ending)
    {
        var image = await MakeAsync(kind);
        await using var server = new LiarServer((_, reply) => reply.WholeAsync(image));
        var before = _lab.NewStore().FreeBytes();
        var watch = Stopwatch.StartNew();
        var refusal = await _lab.RefusalOfAsync(server.Url("/hostile" + ending), ImageLab.DigestOf(image));

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"took {watch.Elapsed}");
        Assert.True(refusal.IsPermanent);
        Assert.Equal(kind == "pebibyte" ? FailureCodes.ImageTooLarge : FailureCodes.ImageRefused, refusal.Code);
        Assert.Empty(_lab.StateFiles());
        Assert.True(kind != "pebibyte" || before - _lab.NewStore().FreeBytes() < 1 << 20 || new DriveInfo(_lab.Root).DriveFormat != "tmpfs");
        Assert.Equal(Canary, (await File.ReadAllTextAsync(_canary)).TrimEnd('\0', '\n'));
    }

    [Fact]
    public async Task A_sparse_file_of_a_tebibyte_is_refused_by_its_length()
    {
        Directory.CreateDirectory(_lab.Images);
        var path = Path.Combine(_lab.Images, "sparse.raw");
        await using (var file = File.Create(path))
        {
            file.SetLength(1L << 40);
        }

        var watch = Stopwatch.StartNew();
        Assert.Equal(FailureCodes.ImageTooLarge, (await _lab.RefusalOfAsync("file://" + path)).Code);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"took {watch.Elapsed}");
    }

    [Fact]
    public async Task An_image_that_unpacks_into_the_reserve_is_stopped_by_the_limit_on_its_length()
    {
        var disk = ImageLab.RawDisk(64 << 20);
        var refusal = await Assert.ThrowsAsync<FailureException>(async () =>
        {
            var source = Path.Combine(_lab.Outside, "big.raw");
            var target = Path.Combine(_lab.Outside, "big.out");
            await File.WriteAllBytesAsync(source, disk);
            await File.WriteAllBytesAsync(target, []);
            await _lab.QemuImg.ConvertAsync(source, new(Core.Images.ImageFormat.Raw, disk.Length), target, 8 << 20, TimeSpan.FromSeconds(30), _ => { }, CancellationToken.None);
        });

        Assert.Equal((FailureCodes.DiskFull, false), (refusal.Failure.Code, refusal.Failure.IsPermanent));
        Assert.True(new FileInfo(Path.Combine(_lab.Outside, "big.out")).Length <= 8 << 20);
    }

    private async Task PlantAsync() => await File.WriteAllTextAsync(_canary, Canary.PadRight(1023, '\0') + "\n");

    private async Task<byte[]> MakeAsync(string kind)
    {
        var path = Path.Combine(_lab.Outside, "hostile");
        string[] arguments = kind switch
        {
            "backing" => ["create", "-f", "qcow2", "-F", "raw", "-b", _canary, path],
            "json-backing" => ["create", "-f", "qcow2", "-F", "raw", "-b", $"json:{{\"driver\":\"raw\",\"file\":{{\"driver\":\"file\",\"filename\":\"{_canary}\"}}}}", path],
            "nbd-backing" => ["create", "-u", "-f", "qcow2", "-F", "raw", "-b", "nbd://127.0.0.1:1/x", path, "1M"],
            "data-file" => ["create", "-f", "qcow2", "-o", $"data_file={_canary},data_file_raw=on", path, "1M"],
            "plain-qcow2" or "snapshot" => ["create", "-f", "qcow2", path, "1M"],
            "vmdk-sparse" => ["create", "-f", "vmdk", path, "1M"],
            "encrypted" => ["create", "-f", "qcow2", "--object", "secret,id=s,data=word", "-o", "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10", path, "1M"],
            "pebibyte" => ["create", "-f", "qcow2", "-o", "cluster_size=2M", path, "1P"],
            "vdi" => ["create", "-f", "vdi", path, "1M"],
            "vhdx" => ["create", "-f", "vhdx", path, "1M"],
            "luks" => ["create", "-f", "luks", "--object", "secret,id=s,data=word", "-o", "key-secret=s,iter-time=10", path, "1M"],
            _ => [],
        };
        if (kind == "vmdk-flat")
        {
            var text = $"# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\nRW 2 FLAT \"{_canary}\" 0\n";
            return Encoding.ASCII.GetBytes(text.PadRight(1024, '\n'));
        }

        await CreateAsync(arguments, path);
        if (kind == "snapshot")
        {
            await ImageLab.QemuImgAsync("snapshot", "-c", "one", path);
        }

        // Making an image with a data file empties that file.
        await PlantAsync();
        return await File.ReadAllBytesAsync(path);
    }

    // Where encryption is involved qemu-img now and then gives up with "Unable to get accurate CPU usage": a matter of its clock, not of the image.
    private static async Task CreateAsync(string[] arguments, string path)
    {
        for (var left = 20; ; left--)
        {
            try
            {
                await ImageLab.QemuImgAsync(arguments);
                return;
            }
            catch (CliWrap.Exceptions.CommandExecutionException) when (left > 0 && arguments.Contains("--object"))
            {
                File.Delete(path);
            }
        }
    }
}
