using System.Reflection;
using System.Security.Cryptography;

namespace DeCloud.NodeAgent.WebConsole;

/// <summary>One file of the web console, as it is embedded in the agent's assembly: plain and, where the build made them, compressed.</summary>
internal sealed class ConsoleFile
{
    /// <summary>What the names of embedded files begin with.</summary>
    public const string Prefix = "console/";

    private const string Brotli = "br";
    private const string Gzip = "gzip";

    private static readonly Assembly Assembly = typeof(ConsoleFile).Assembly;

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".txt"] = "text/plain; charset=utf-8",
    };

    private readonly Dictionary<string, string> _resources = new(StringComparer.Ordinal);
    private readonly Lazy<string> _digest;

    private ConsoleFile(string name, IReadOnlySet<string> resources)
    {
        ContentType = Types.GetValueOrDefault(Path.GetExtension(name), "application/octet-stream");
        _resources[""] = name;
        foreach (var (coding, suffix) in ((string, string)[])[(Brotli, ".br"), (Gzip, ".gz")])
        {
            if (resources.Contains(name + suffix))
            {
                _resources[coding] = name + suffix;
            }
        }

        // Whose name has the digest of its content never changes.
        IsImmutable = name.StartsWith(Prefix + "assets/", StringComparison.Ordinal);
        _digest = new(() =>
        {
            using var content = Open("");
            return Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 12));
        });
    }

    /// <summary>Every file by the path it is served at; <c>/</c> is the page. Empty in an agent that was built without the console.</summary>
    public static IReadOnlyDictionary<string, ConsoleFile> All { get; } = Find();

    /// <summary>Its media type.</summary>
    public string ContentType { get; }

    /// <summary>Whether a browser may keep it without ever asking again.</summary>
    public bool IsImmutable { get; }

    /// <summary>The best content coding for a caller: <c>br</c>, <c>gzip</c>, or empty for none.</summary>
    /// <param name="accepts">Whether the caller takes a coding.</param>
    public string CodingFor(Func<string, bool> accepts) =>
        ((string[])[Brotli, Gzip]).FirstOrDefault(coding => _resources.ContainsKey(coding) && accepts(coding)) ?? "";

    /// <summary>The entity tag of the file in a coding, in quotes.</summary>
    public string Tag(string coding) => coding.Length == 0 ? $"\"{_digest.Value}\"" : $"\"{_digest.Value}-{coding}\"";

    /// <summary>Opens it in a coding. The bytes lie in the assembly; nothing is copied.</summary>
    public Stream Open(string coding) => Assembly.GetManifestResourceStream(_resources[coding])!;

    private static Dictionary<string, ConsoleFile> Find()
    {
        var names = Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        return names
            .Where(name => !name.EndsWith(".br", StringComparison.Ordinal) && !name.EndsWith(".gz", StringComparison.Ordinal))
            .ToDictionary(name => name == Prefix + "index.html" ? "/" : name[(Prefix.Length - 1)..], name => new ConsoleFile(name, names), StringComparer.Ordinal);
    }
}
