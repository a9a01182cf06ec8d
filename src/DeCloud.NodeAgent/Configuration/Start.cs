using System.Reflection;
using System.Text.Json;
using DeCloud.NodeAgent.Api;
using DeCloud.NodeAgent.Contracts.Rest;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Memory;

namespace DeCloud.NodeAgent.Configuration;

/// <summary>What the start of the process comes to: options to run with, or an exit code after something was printed.</summary>
/// <param name="Options">What to run with; null to exit.</param>
/// <param name="Configuration">The settings as they were read, for the host's own sections.</param>
/// <param name="ExitCode">How to exit.</param>
internal sealed record Start(NodeOptions? Options, IConfigurationRoot Configuration, int ExitCode)
{
    /// <summary><c>EX_CONFIG</c> of sysexits.h: something is wrong with the configuration; starting again won't help.</summary>
    public const int ConfigurationExitCode = 78;

    /// <summary><c>EX_UNAVAILABLE</c> of sysexits.h: something the agent needs, such as its port, is not to be had.</summary>
    public const int UnavailableExitCode = 69;

    private const string EnvironmentPrefix = "DECLOUD__";

    /// <summary>The version of this program.</summary>
    public static string Version { get; } =
        typeof(Start).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    /// <summary>
    /// Reads <c>appsettings.json</c>, <c>conf.d/*.json</c> in the order of their names, the environment and the command line, each overriding those before it, and checks what comes out.
    /// </summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="output">Gets help and version.</param>
    /// <param name="errors">Gets what is wrong, a line each.</param>
    public static Start Read(string[] arguments, TextWriter output, TextWriter errors)
    {
        var none = new ConfigurationBuilder().Build();
        var commandLine = CommandLine.Parse(arguments);
        if (commandLine.WantsHelp || commandLine.WantsVersion)
        {
            output.WriteLine(commandLine.WantsHelp ? Help() : $"decloud-agent {Version}");
            return new(null, none, 0);
        }

        var found = new List<ConfigurationError>(commandLine.Errors);
        var configuration = Gather(commandLine, found);
        found.AddRange(NodeConfiguration.Read(Flatten(configuration), SecretFile.Read, out var options));
        if (commandLine.WantsSettings)
        {
            output.WriteLine(JsonSerializer.Serialize(Settings(configuration), WireJson.Types.ConfigurationResource));
        }

        if (found.Count == 0)
        {
            if (commandLine.WantsCheck)
            {
                output.WriteLine("The configuration is sound.");
            }

            return new(commandLine.WantsCheck || commandLine.WantsSettings ? null : options, configuration, 0);
        }

        errors.WriteLine($"decloud-agent does not start: {found.Count} {(found.Count == 1 ? "error" : "errors")} in its configuration.");
        foreach (var error in found)
        {
            errors.WriteLine($"  {error}");
        }

        return new(null, configuration, ConfigurationExitCode);
    }

    /// <summary>The settings as they came together, for people.</summary>
    /// <param name="configuration">What <see cref="Read"/> gave.</param>
    public static ConfigurationResource Settings(IConfigurationRoot configuration) => EffectiveSettings.Of(Flatten(configuration), NodeConfiguration.KnownKeys(), ShippedFile);

    private static string ShippedFile => Path.Join(AppContext.BaseDirectory, "appsettings.json");

    private static IConfigurationRoot Gather(CommandLine commandLine, List<ConfigurationError> errors)
    {
        var folder = commandLine.ConfigFolder is { } given ? Path.GetFullPath(given) : AppContext.BaseDirectory;
        if (!Directory.Exists(folder))
        {
            errors.Add(new("--config-folder", commandLine.ConfigFolder, "command line", "is not a folder.", "Give the folder that holds conf.d."));
        }

        var dropIns = Path.Join(folder, "conf.d");
        var files = Directory.Exists(dropIns) ? Directory.GetFiles(dropIns, "*.json").Order(StringComparer.Ordinal) : Enumerable.Empty<string>();
        var builder = new ConfigurationBuilder();
        foreach (var file in files.Prepend(ShippedFile).Where(File.Exists))
        {
            if (Load(file, errors) is { } settings)
            {
                builder.Add(settings);
            }
        }

        builder.Add(new EnvironmentVariablesConfigurationSource { Prefix = EnvironmentPrefix });
        builder.Add(new MemoryConfigurationSource { InitialData = commandLine.Settings });
        return builder.Build();
    }

    private static FileSettings? Load(string path, List<ConfigurationError> errors)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return new(path, new ConfigurationBuilder().AddJsonStream(stream).Build().AsEnumerable().ToDictionary());
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or System.Text.Json.JsonException or IOException or UnauthorizedAccessException)
        {
            errors.Add(new(path, null, null, $"cannot be read: {e.InnerException?.Message ?? e.Message}", "Repair or remove the file."));
            return null;
        }
    }

    private static Dictionary<string, Setting> Flatten(IConfigurationRoot root)
    {
        var settings = new Dictionary<string, Setting>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, _) in root.AsEnumerable())
        {
            var (provider, value) = root.Providers.Reverse().Select(p => (Provider: p, Value: p.TryGet(key, out var v) ? v ?? "" : null)).FirstOrDefault(p => p.Value is not null);
            if (value is not null)
            {
                settings[key] = new(value, provider is FileSettingsProvider file ? file.Path : provider is EnvironmentVariablesConfigurationProvider ? "environment" : "command line");
            }
        }

        return settings;
    }

    private static string Help() => $"""
        decloud-agent {Version}: runs virtual machines on this host for a decentralised cloud.

        Usage: decloud-agent [--Section:Key=value ...] [--config-folder=PATH]
               decloud-agent --check-config | --show-config | --help | --version

        --check-config tells everything that is wrong and ends; --show-config prints every setting with its origin as JSON, without secrets.

        Settings come from appsettings.json beside the program, conf.d/*.json in the configuration folder (the program's own unless given),
        the environment (DECLOUD__Section__Key) and the command line; the later override the earlier.
        Exit codes: 0 stopped; {UnavailableExitCode} the address is taken; {ConfigurationExitCode} something is wrong with the configuration.

        {string.Join(Environment.NewLine, NodeConfiguration.KnownKeys().Select(k => $"  {k.Key,-30} {k.Meaning} Default: {k.Default}."))}
        """;

    /// <summary>The settings of one file, which keep the name of the file they came from.</summary>
    private sealed class FileSettings(string path, IReadOnlyDictionary<string, string?> data) : IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => new FileSettingsProvider(path, data);
    }

    private sealed class FileSettingsProvider : ConfigurationProvider
    {
        public FileSettingsProvider(string path, IReadOnlyDictionary<string, string?> data)
        {
            Path = path;
            foreach (var (key, value) in data)
            {
                // A section has no value of its own; only an empty one must be seen, to be known or not.
                if (value is not null || !data.Keys.Any(k => k.StartsWith(key + ':', StringComparison.OrdinalIgnoreCase)))
                {
                    Data[key] = value;
                }
            }
        }

        public string Path { get; }
    }
}
