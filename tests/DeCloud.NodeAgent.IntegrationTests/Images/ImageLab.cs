using System.Security.Cryptography;
using CliWrap;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Images;
using DeCloud.NodeAgent.Infrastructure.Qemu;
using Microsoft.Extensions.Logging.Abstractions;

namespace DeCloud.NodeAgent.IntegrationTests.Images;

/// <summary>A folder of its own with an image store in it, and what tests need to make and find images.</summary>
internal sealed class ImageLab : IAsyncDisposable
{
    private readonly List<ImageStore> _stores = [];

    public ImageLab()
    {
        Root = Directory.CreateTempSubdirectory("decloud-images-").FullName;
        Images = Path.Combine(Root, "state", "images");
        Vms = Path.Combine(Root, "state", "vms");
        Outside = Directory.CreateDirectory(Path.Combine(Root, "outside")).FullName;
        Directory.CreateDirectory(Path.Combine(Root, "state"));
        Options = new()
        {
            Folder = Images,
            VmFolder = Vms,
            AllowHttp = true,
            AllowPrivateAddresses = true,
            MaxDownloadBytes = 256 << 20,
            MaxVirtualBytes = 8L << 30,
            MinimumFreeBytes = 1 << 20,
            IdleTimeout = TimeSpan.FromSeconds(1),
            ConnectTimeout = TimeSpan.FromSeconds(2),
            TotalTimeout = TimeSpan.FromSeconds(60),
            ResumeDelay = TimeSpan.FromMilliseconds(10),
        };
    }

    public string Root { get; }

    public string Images { get; }

    public string Vms { get; }

    /// <summary>A folder that the agent has no business in.</summary>
    public string Outside { get; }

    public ImageStoreOptions Options { get; set; }

    public QemuImg QemuImg { get; } = new(NullLogger<QemuImg>.Instance);

    /// <summary>A store over the same folder, as another process would have it.</summary>
    public ImageStore NewStore()
    {
        var store = new ImageStore(Options, QemuImg, TimeProvider.System, NullLogger<ImageStore>.Instance);
        _stores.Add(store);
        return store;
    }

    public Task<CachedImage> ImportAsync(string url, ImageDigest? expected = null, CancellationToken cancellation = default) =>
        NewStore().ImportAsync(new(url, expected), new Progress<ImportProgress>(), cancellation);

    public async Task<Failure> RefusalOfAsync(string url, ImageDigest? expected = null) =>
        (await Assert.ThrowsAsync<FailureException>(() => ImportAsync(url, expected))).Failure;

    public string ImagePath(CachedImage image) => Path.Combine(Images, "sha256", image.Digest.Hex);

    /// <summary>Every file of the state folder by its name in it.</summary>
    public string[] StateFiles() =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, "state"), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Path.Combine(Root, "state"), path)).Order(StringComparer.Ordinal)];

    /// <summary>Nothing is published, and no unfinished file lies about but downloads.</summary>
    public void AssertNothingPublished() => Assert.DoesNotContain(StateFiles(), name => name.Contains("sha256", StringComparison.Ordinal));

    public static async Task<string> QemuImgAsync(params string[] arguments)
    {
        var output = new System.Text.StringBuilder();
        await Cli.Wrap("qemu-img").WithArguments(arguments).WithStandardOutputPipe(PipeTarget.ToStringBuilder(output)).ExecuteAsync();
        return output.ToString();
    }

    /// <summary>A raw disk of random bytes between zeroes.</summary>
    public static byte[] RawDisk(int bytes, int seed = 1)
    {
        var disk = new byte[bytes];
        new Random(seed).NextBytes(disk.AsSpan(bytes / 4, bytes / 2));
        return disk;
    }

    public async Task<byte[]> Qcow2Async(byte[] raw, params string[] options)
    {
        var source = Path.Combine(Outside, Guid.NewGuid().ToString("N"));
        await File.WriteAllBytesAsync(source, raw);
        await QemuImgAsync(["convert", "-f", "raw", "-O", "qcow2", .. options, source, source + ".qcow2"]);
        return await File.ReadAllBytesAsync(source + ".qcow2");
    }

    /// <summary>What a guest would read from the image.</summary>
    public async Task<byte[]> GuestBytesAsync(string image)
    {
        var target = Path.Combine(Outside, Guid.NewGuid().ToString("N"));
        await QemuImgAsync("convert", "-f", "qcow2", "-O", "raw", image, target);
        return await File.ReadAllBytesAsync(target);
    }

    public static ImageDigest DigestOf(byte[] bytes) => ImageDigest.FromBytes(SHA256.HashData(bytes));

    public ValueTask DisposeAsync()
    {
        _stores.ForEach(store => store.Dispose());
        Directory.Delete(Root, recursive: true);
        return ValueTask.CompletedTask;
    }
}
