using System.Globalization;
using CliWrap;
using CliWrap.Buffered;
using DeCloud.Libvirt;

namespace DeCloud.NodeAgent.IntegrationTests.Lab;

/// <summary>Classes that share one private libvirt host and leave it as they found it.</summary>
[CollectionDefinition(Name)]
public sealed class LibvirtHostCollection : ICollectionFixture<LibvirtHost>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "a private libvirt host";
}

/// <summary>
/// A private libvirt host, made by <c>scripts/lab.sh</c>: libvirtd, virtlogd and their whole state in a folder of
/// their own. Classes that stop, freeze or kill the daemon take one of their own as class fixture.
/// </summary>
public sealed class LibvirtHost : IAsyncLifetime
{
    private static readonly TimeSpan ScriptDeadline = TimeSpan.FromSeconds(60);
    private static readonly string Script = Path.Combine(RepositoryRoot(), "scripts", "lab.sh");

    private readonly bool _hasOwnNetwork;

    /// <summary>A host in the machine's own network. The only public one, as xunit demands of a fixture.</summary>
    public LibvirtHost()
    {
    }

    private LibvirtHost(bool hasOwnNetwork) => _hasOwnNetwork = hasOwnNetwork;

    /// <summary>A host with a network namespace of its own.</summary>
    public static LibvirtHost WithOwnNetwork() => new(true);

    /// <summary>The address at which the machine reaches a host with a network of its own.</summary>
    public string Address => _hasOwnNetwork ? File.ReadAllText(Path.Combine(Folder, "address")).Trim() : "127.0.0.1";

    /// <summary>The folder that holds everything of this host. Short: a Unix socket's path has room for 108 bytes.</summary>
    public string Folder { get; } = Path.Combine("/var/tmp", "dclab-" + Guid.NewGuid().ToString("n")[..8]);

    /// <summary>libvirtd's socket.</summary>
    public string SocketPath => Path.Combine(Folder, "run/libvirt/libvirt-sock");

    /// <summary>The QEMU driver of this host.</summary>
    public LibvirtUri Uri => LibvirtUri.Parse($"qemu+unix:///system?socket={SocketPath}");

    /// <summary>libvirt's in-memory driver behind the same daemon.</summary>
    public LibvirtUri TestDriverUri => LibvirtUri.Parse($"test+unix:///default?socket={SocketPath}");

    /// <summary>A folder for disks and the like, gone with the host.</summary>
    public string Files => Path.Combine(Folder, "files");

    /// <summary>The process id of libvirtd, now.</summary>
    public int LibvirtdPid => ReadPid(Path.Combine(Folder, "pids/libvirtd.pid"));

    /// <summary>The process id of virtlogd.</summary>
    public int VirtlogdPid => ReadPid(Path.Combine(Folder, "pids/virtlogd.pid"));

    /// <summary>Where a path below /run/libvirt, /var/lib/libvirt, /var/log/libvirt or /var/cache/libvirt lies outside the host.</summary>
    /// <param name="parts">Parts of the path in the host's folder, such as <c>lib/libvirt/dnsmasq</c>.</param>
    public string Inside(params string[] parts) => Path.Combine([Folder, .. parts]);

    /// <summary>The process id of a running domain's QEMU.</summary>
    /// <param name="domainName">The domain's name.</param>
    public int QemuPid(string domainName) => ReadPid(Inside("run/libvirt/qemu", domainName + ".pid"));

    /// <summary>Connects to the QEMU driver.</summary>
    /// <param name="options">How the connection behaves; null for the defaults.</param>
    public Task<LibvirtConnection> ConnectAsync(LibvirtConnectionOptions? options = null) =>
        LibvirtConnection.ConnectAsync(Uri, options, CancellationToken.None);

    /// <summary>Ends libvirtd in good order; domains live on.</summary>
    public Task StopLibvirtdAsync() => RunAsync("stop-libvirtd", Folder);

    /// <summary>Starts libvirtd and waits until it answers.</summary>
    public Task StartLibvirtdAsync() => RunAsync("start-libvirtd", Folder);

    /// <summary>Ends libvirtd at once; domains live on.</summary>
    public Task KillLibvirtdAsync() => RunAsync("kill-libvirtd", Folder);

    /// <summary>Freezes libvirtd: its socket still accepts, nothing answers.</summary>
    public Task PauseLibvirtdAsync() => RunAsync("pause-libvirtd", Folder);

    /// <summary>Lets a frozen libvirtd go on.</summary>
    public Task ResumeLibvirtdAsync() => RunAsync("resume-libvirtd", Folder);

    /// <summary>Where a path that libvirt reports lies outside the host.</summary>
    /// <param name="path">Such as <c>/var/lib/libvirt/qemu/domain-1-name/vnc.sock</c>.</param>
    public async Task<string> OutsideAsync(string path) => (await RunAsync(Script, ["outside", Folder, path])).TrimEnd('\n');

    /// <summary>Runs a program inside the host's mount namespace, where its domains live.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <returns>What it printed.</returns>
    public Task<string> ExecuteInsideAsync(params string[] command) => RunAsync(Script, ["exec", Folder, .. command]);

    /// <summary>Sends a signal to one process.</summary>
    /// <param name="signal">Such as <c>KILL</c>.</param>
    /// <param name="pid">The process.</param>
    public static Task SignalAsync(string signal, int pid) =>
        RunAsync("kill", ["-" + signal, pid.ToString(CultureInfo.InvariantCulture)]);

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Files);
        await RunAsync(Script, _hasOwnNetwork ? ["up", Folder, "--netns"] : ["up", Folder]);
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        await RunAsync("down", Folder);
        Directory.Delete(Folder, recursive: true);
    }

    private static Task<string> RunAsync(string command, string folder) => RunAsync(Script, [command, folder]);

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        using var deadline = new CancellationTokenSource(ScriptDeadline);
        var result = await Cli.Wrap(program)
            .WithArguments(arguments)
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(deadline.Token);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{Path.GetFileName(program)} {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.StandardError}{result.StandardOutput}");
        }

        return result.StandardOutput;
    }

    private static int ReadPid(string file) => int.Parse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture);

    /// <summary>The folder that holds the solution.</summary>
    public static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DeCloud.NodeAgent.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No DeCloud.NodeAgent.sln above {AppContext.BaseDirectory}.");
    }
}
