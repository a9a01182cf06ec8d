using System.Globalization;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Infrastructure;
using DeCloud.NodeAgent.Infrastructure.Linux.Resources;
using Microsoft.Extensions.Logging.Abstractions;

namespace DeCloud.NodeAgent.Tests.Resources;

/// <summary>
/// A machine from Fixtures/machines, unpacked into a folder. A line of the archive is a path, a tab and the file's content with \n, \t, \0 and \\ escaped, or "-> " and where a link
/// points; lines that begin with @ are what has to be asked for: arch, kvm, space (mount point, size, free bytes, inodes, free inodes), addr (interface, addresses), nvidia, and the
/// folders of vms and images.
/// </summary>
internal sealed class RecordedMachine : ILinuxCalls, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("machine-").FullName;
    private readonly Dictionary<string, FileSystemSpace> _spaces = [];
    private readonly Dictionary<string, IReadOnlyList<string>> _addresses = [];
    private bool _kvmOpens;

    public RecordedMachine(string name)
    {
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "machines", name + ".tree")))
        {
            var tab = line.IndexOf('\t', StringComparison.Ordinal);
            Unpack(line[..tab], line[(tab + 1)..]);
        }

        Tree = new(_root);
    }

    public HostTree Tree { get; }

    public string Architecture { get; private set; } = "";

    public string? Nvidia { get; set; }

    public int NvidiaRuns { get; private set; }

    public ResourceFolders Folders { get; private set; } = new("/var/lib/decloud/vms", "/var/lib/decloud/images");

    public Func<string, FileSystemSpace?>? Space { get; set; }

    public LinuxInventory Inventory => new(Tree, this, Folders, TimeProvider.System, NullLogger<LinuxInventory>.Instance);

    public Task<NodeResources> ReadAsync() => Inventory.ReadAsync(CancellationToken.None);

    public void Write(string path, string content) => Unpack(path, content);

    public void Remove(string path) => File.Delete(Tree.PathOf(path));

    /// <summary>The plain files, by their real paths.</summary>
    public IEnumerable<string> Files() =>
        Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).Where(f => new FileInfo(f).LinkTarget is null);

    public FileSystemSpace? SpaceAt(string path) => Space is null ? _spaces.TryGetValue(path, out var space) ? space : null : Space(path);

    public string Resolve(string path) => path;

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Addresses() => _addresses;

    public bool KvmOpens() => _kvmOpens;

    public Task<string?> NvidiaAsync(CancellationToken cancellation)
    {
        NvidiaRuns++;
        return Task.FromResult(Nvidia);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Unpack(string path, string content)
    {
        if (path.StartsWith('@'))
        {
            Answer(path[1..], Plain(content));
            return;
        }

        var file = Path.Join(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (content.StartsWith("-> ", StringComparison.Ordinal))
        {
            File.CreateSymbolicLink(file, content[3..]);
        }
        else
        {
            File.WriteAllText(file, Plain(content));
        }
    }

    private void Answer(string what, string told)
    {
        var words = told.Split(' ');
        switch (what)
        {
            case "arch":
                Architecture = told;
                break;
            case "kvm":
                _kvmOpens = bool.Parse(told);
                break;
            case "vms":
                Folders = Folders with { Vms = told };
                break;
            case "images":
                Folders = Folders with { Images = told };
                break;
            case "nvidia":
                Nvidia = told;
                break;
            case "addr":
                _addresses[words[0]] = words[1..];
                break;
            case "space":
                var numbers = words[^4..].Select(w => long.Parse(w, CultureInfo.InvariantCulture)).ToArray();
                _spaces[string.Join(' ', words[..^4])] = new(numbers[0], numbers[1], numbers[2], numbers[3]);
                break;
            default:
                throw new InvalidDataException(what);
        }
    }

    private static string Plain(string text) => text
        .Replace("\\\\", "\u0001", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal)
        .Replace("\\0", "\0", StringComparison.Ordinal).Replace('\u0001', '\\');
}
