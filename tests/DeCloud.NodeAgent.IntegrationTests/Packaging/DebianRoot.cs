using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Packaging;

/// <summary>A small Debian in a folder, of the archive of <c>scripts/make-test-chroot.sh</c>.</summary>
public sealed class DebianRoot : IAsyncDisposable
{
    private DebianRoot()
    {
    }

    /// <summary>The folder.</summary>
    public string Folder { get; } = Path.Combine("/var/tmp", "dcdebian-" + Guid.NewGuid().ToString("n")[..8]);

    /// <summary>Unpacks it.</summary>
    public static async Task<DebianRoot> CreateAsync()
    {
        var archive = (await Package.RunAsync(Path.Combine(LibvirtHost.RepositoryRoot(), "scripts", "make-test-chroot.sh"))).TrimEnd().Split('\n')[^1];
        var root = new DebianRoot();
        Directory.CreateDirectory(root.Folder);
        await Package.RunAsync("tar", "-xpf", archive, "-C", root.Folder, "--numeric-owner");
        return root;
    }

    /// <summary>Where a path of the Debian lies outside of it.</summary>
    public string At(string path) => Path.Join(Folder, path);

    /// <summary>Runs a program in it, with a proc file system and devices, and without this machine's processes or network.</summary>
    public Task<string> RunAsync(params string[] command) => Package.RunAsync("unshare", Unshared(command));

    /// <summary>The same, whatever its end is.</summary>
    public Task<(int Exit, string Output)> TryAsync(params string[] command) => Package.TryAsync("unshare", Unshared(command));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private string[] Unshared(string[] command) =>
        ["--mount", "--pid", "--net", "--fork", "--kill-child", "sh", "-c", "mount -t proc proc \"$0/proc\" && mount --bind /dev \"$0/dev\" && exec chroot \"$0\" \"$@\"", Folder, .. command];
}
