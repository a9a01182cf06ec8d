using System.Runtime.Versioning;
using System.Text;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Vms;
using DeCloud.NodeAgent.IntegrationTests.Images;

namespace DeCloud.NodeAgent.IntegrationTests.Vms;

[SupportedOSPlatform("linux")]
public sealed class VmFilesSpec : IAsyncLifetime
{
    private const long DiskBytes = 64 << 20;
    private readonly ImageLab _lab = new();
    private readonly byte[] _disk = ImageLab.RawDisk(4 << 20);
    private readonly VmId _id = VmId.New();
    private VmFiles _files = null!;
    private CachedImage _image = null!;

    public async Task InitializeAsync()
    {
        _files = new(new() { VmFolder = _lab.Vms, ImageFolder = _lab.Images }, _lab.QemuImg);
        await using var server = new LiarServer((_, reply) => reply.WholeAsync(_disk));
        _image = await _lab.ImportAsync(server.Url("/a"));
    }

    public async Task DisposeAsync() => await _lab.DisposeAsync();

    [Fact]
    public async Task A_disk_is_an_overlay_on_the_cached_image_and_a_second_call_leaves_it_alone()
    {
        await _files.CreateDiskAsync(_id, _image.Digest, DiskBytes, CancellationToken.None);
        var path = _files.PathsOf(_id).Disk;
        Assert.Equal(_disk, (await _lab.GuestBytesAsync(path))[.._disk.Length]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(path));
        Assert.Contains("64 MiB", await ImageLab.QemuImgAsync("info", "-f", "qcow2", path), StringComparison.Ordinal);
        Assert.Equal([_image.Digest], await _lab.NewStore().ReferencedAsync(CancellationToken.None));

        var before = File.GetLastWriteTimeUtc(path);
        await _files.CreateDiskAsync(_id, _image.Digest, DiskBytes, CancellationToken.None);
        Assert.Equal(before, File.GetLastWriteTimeUtc(path));
    }

    [Fact]
    public async Task What_a_kill_left_of_a_disk_is_replaced()
    {
        await _files.StoreUserDataAsync(_id, "x"u8.ToArray(), CancellationToken.None);
        var path = _files.PathsOf(_id).Disk;
        await File.WriteAllTextAsync($"{path}.{Guid.NewGuid():N}.tmp", "half");
        await _files.CreateDiskAsync(_id, _image.Digest, DiskBytes, CancellationToken.None);

        Assert.Equal(["disk.qcow2", "user-data"], Directory.EnumerateFiles(Path.GetDirectoryName(path)!).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_disk_smaller_than_the_image_is_refused_for_good_and_a_missing_image_for_now()
    {
        var small = await FailureOfAsync(() => _files.CreateDiskAsync(_id, _image.Digest, 1 << 20, CancellationToken.None));
        Assert.Equal((FailureCodes.ImageTooLarge, true), (small.Code, small.IsPermanent));

        var missing = await FailureOfAsync(() => _files.CreateDiskAsync(_id, ImageLab.DigestOf([1]), DiskBytes, CancellationToken.None));
        Assert.Equal((FailureCodes.ImageMissing, false), (missing.Code, missing.IsPermanent));
        Assert.False(File.Exists(_files.PathsOf(_id).Disk));
    }

    [Fact]
    public async Task A_file_that_is_no_disk_on_the_image_is_neither_used_nor_replaced()
    {
        await _files.StoreUserDataAsync(_id, "x"u8.ToArray(), CancellationToken.None);
        await File.WriteAllTextAsync(_files.PathsOf(_id).Disk, "precious");
        Assert.Equal(FailureCodes.HostError, (await FailureOfAsync(() => _files.CreateDiskAsync(_id, _image.Digest, DiskBytes, CancellationToken.None))).Code);
        Assert.Equal("precious", await File.ReadAllTextAsync(_files.PathsOf(_id).Disk));
    }

    [Fact]
    public async Task User_data_and_seed_are_closed_to_others_and_the_seed_holds_the_tenants_bytes()
    {
        var userData = Encoding.UTF8.GetBytes("#cloud-config\n'\": [}\nünïcode\r\n");
        await _files.StoreUserDataAsync(_id, userData, CancellationToken.None);
        await _files.CreateSeedAsync(_id, new("i-1", "web", "ssh-ed25519 AAAA", _id.MacAddress), CancellationToken.None);

        var paths = _files.PathsOf(_id);
        var folder = Path.GetDirectoryName(paths.Seed)!;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "user-data")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(paths.Seed));
        Assert.Equal((UnixFileMode)0b111_001_001, File.GetUnixFileMode(folder));
        Assert.True((await File.ReadAllBytesAsync(paths.Seed)).AsSpan().IndexOf(userData) > 0);

        var before = File.GetLastWriteTimeUtc(paths.Seed);
        await _files.CreateSeedAsync(_id, new("i-1", "web", "ssh-ed25519 AAAA", _id.MacAddress), CancellationToken.None);
        Assert.Equal(before, File.GetLastWriteTimeUtc(paths.Seed));
        await _files.CreateSeedAsync(_id, new("i-1", "db", "ssh-ed25519 AAAA", _id.MacAddress), CancellationToken.None);
        Assert.True((await File.ReadAllBytesAsync(paths.Seed)).AsSpan().IndexOf("\"db\""u8) > 0);
    }

    [Theory]
    [InlineData("disk.qcow2")]
    [InlineData("seed.img")]
    [InlineData("user-data")]
    [InlineData("console.log")]
    [InlineData("")]
    public async Task A_planted_link_or_second_name_fails_and_its_target_stays_as_it_was(string name)
    {
        foreach (var isLink in new[] { true, false })
        {
            var id = VmId.New();
            var folder = Path.GetDirectoryName(_files.PathsOf(id).Disk)!;
            var target = Path.Combine(_lab.Outside, $"target-{isLink}");
            Directory.CreateDirectory(_lab.Vms);
            if (name.Length == 0)
            {
                Directory.CreateDirectory(target);
                Directory.CreateSymbolicLink(folder, target);
            }
            else
            {
                await File.WriteAllTextAsync(target, "precious");
                Directory.CreateDirectory(folder);
                Plant(Path.Combine(folder, name), target, isLink);
            }

            var failure = await FailureOfAsync(async () =>
            {
                await _files.ReadConsoleTailAsync(id, 100, CancellationToken.None);
                await _files.StoreUserDataAsync(id, "x"u8.ToArray(), CancellationToken.None);
                await _files.CreateDiskAsync(id, _image.Digest, DiskBytes, CancellationToken.None);
                await _files.CreateSeedAsync(id, new("i-1", "web", string.Empty, id.MacAddress), CancellationToken.None);
            });
            Assert.Equal(FailureCodes.HostError, failure.Code);
            await _files.RemoveAsync(id, CancellationToken.None);
            Assert.False(Path.Exists(folder));
            Assert.True(name.Length == 0 ? !Directory.EnumerateFileSystemEntries(target).Any() : await File.ReadAllTextAsync(target) == "precious");
        }
    }

    [Fact]
    public async Task Removing_a_vm_removes_its_links_and_not_what_they_lead_to()
    {
        await _files.CreateDiskAsync(_id, _image.Digest, DiskBytes, CancellationToken.None);
        var folder = Path.GetDirectoryName(_files.PathsOf(_id).Disk)!;
        var kept = Directory.CreateDirectory(Path.Combine(_lab.Outside, "kept")).FullName;
        await File.WriteAllTextAsync(Path.Combine(kept, "file"), "precious");
        Directory.CreateSymbolicLink(Path.Combine(folder, "way"), kept);
        await _files.RemoveAsync(_id, CancellationToken.None);
        await _files.RemoveAsync(_id, CancellationToken.None);

        Assert.False(Directory.Exists(folder));
        Assert.Equal("precious", await File.ReadAllTextAsync(Path.Combine(kept, "file")));
        Assert.True(File.Exists(_files.PathOf(_image.Digest)));
        Assert.Empty(await _lab.NewStore().ReferencedAsync(CancellationToken.None));
    }

    [Fact]
    public async Task The_console_is_read_from_its_end_and_may_be_missing()
    {
        Assert.True((await _files.ReadConsoleTailAsync(_id, 10, CancellationToken.None)).IsEmpty);
        await _files.StoreUserDataAsync(_id, "x"u8.ToArray(), CancellationToken.None);
        await File.WriteAllTextAsync(_files.PathsOf(_id).ConsoleLog, "first\nsecond\n");

        Assert.Equal("second\n", Encoding.ASCII.GetString((await _files.ReadConsoleTailAsync(_id, 7, CancellationToken.None)).Span));
        Assert.Equal("first\nsecond\n", Encoding.ASCII.GetString((await _files.ReadConsoleTailAsync(_id, 1 << 20, CancellationToken.None)).Span));
    }

    [Fact]
    public async Task The_sweep_takes_only_folders_of_unknown_vms_that_hold_nothing_but_user_data()
    {
        var (orphan, known, withDisk) = (VmId.New(), VmId.New(), VmId.New());
        foreach (var id in new[] { orphan, known, withDisk })
        {
            await _files.StoreUserDataAsync(id, "x"u8.ToArray(), CancellationToken.None);
        }

        await _files.CreateDiskAsync(withDisk, _image.Digest, DiskBytes, CancellationToken.None);
        Directory.CreateDirectory(Path.Combine(_lab.Vms, "lost+found"));
        await _files.SweepAsync(new HashSet<VmId> { known }, CancellationToken.None);

        Assert.Equal(new[] { known.ToString(), withDisk.ToString(), "lost+found" }.Order(StringComparer.Ordinal), Directory.EnumerateDirectories(_lab.Vms).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static void Plant(string path, string target, bool isLink)
    {
        if (isLink)
        {
            File.CreateSymbolicLink(path, target);
        }
        else
        {
            HardLink.Create(path, target);
        }
    }

    private static async Task<Failure> FailureOfAsync(Func<Task> call) => (await Assert.ThrowsAsync<FailureException>(call)).Failure;
}
