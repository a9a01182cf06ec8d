using System.Globalization;

namespace DeCloud.Orchestrator;

/// <summary>Where a node is.</summary>
/// <param name="Name">Its name, as in its certificate.</param>
/// <param name="Host">Its address.</param>
/// <param name="Port">Its port.</param>
/// <param name="Path">The path of its gateway.</param>
internal sealed record NodeAddress(string Name, string Host, int Port, string Path);

/// <summary>What the command line says.</summary>
internal sealed record Options
{
    public const string Usage = """
        Usage: decloud-orchestrator --cert FILE --key FILE --ca FILE --epoch N --node NAME=HOST:PORT ... [--nodes FILE] [--host ADDRESS] [--port N]
                                    [--heartbeat SECONDS] [--window N] [--json] [--quiet] [--do COMMAND ...]

        Attaches to every node that is named, and reads commands from its input, a line each; 'help' lists them. --do gives commands beforehand.
        --nodes     a file with a NAME=HOST:PORT a line
        --epoch     grows with every change of who is in charge; nodes refuse a lower one than they have seen
        --host      the address that nodes answer to (127.0.0.1)
        --json      one JSON object a line
        --quiet     no events, no heartbeats
        """;

    public required string Certificate { get; init; }

    public required string Key { get; init; }

    public required string Authority { get; init; }

    public required long Epoch { get; init; }

    public required IReadOnlyList<NodeAddress> Nodes { get; init; }

    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; }

    public int HeartbeatSeconds { get; init; } = 5;

    public int Window { get; init; } = 128;

    public int MaxFrameBytes { get; init; } = 128 << 10;

    public bool IsJson { get; init; }

    public bool IsQuiet { get; init; }

    public IReadOnlyList<string> Commands { get; init; } = [];

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">It is not understood; the message says why.</exception>
    public static Options Parse(string[] arguments)
    {
        var single = new Dictionary<string, string>();
        var nodes = new List<NodeAddress>();
        var commands = new List<string>();
        var (json, quiet) = (false, false);
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--json":
                    json = true;
                    break;
                case "--quiet":
                    quiet = true;
                    break;
                case "--node":
                    nodes.Add(Node(Next()));
                    break;
                case "--nodes":
                    nodes.AddRange(File.ReadLines(Next()).Where(line => line.Length > 0).Select(Node));
                    break;
                case "--do":
                    commands.Add(Next());
                    break;
                case "--cert" or "--key" or "--ca" or "--epoch" or "--host" or "--port" or "--heartbeat" or "--window" or "--frame":
                    single[arguments[i][2..]] = Next();
                    break;
                default:
                    throw new FormatException($"'{arguments[i]}' is not understood.");
            }

            string Next() => ++i < arguments.Length ? arguments[i] : throw new FormatException($"'{arguments[i - 1]}' has no value.");
        }

        return new()
        {
            Certificate = Of("cert"),
            Key = Of("key"),
            Authority = Of("ca"),
            Epoch = Number("epoch", null),
            Nodes = nodes,
            Host = single.GetValueOrDefault("host", "127.0.0.1"),
            Port = (int)Number("port", 0),
            HeartbeatSeconds = (int)Number("heartbeat", 5),
            Window = (int)Number("window", 128),
            MaxFrameBytes = (int)Number("frame", 128 << 10),
            IsJson = json,
            IsQuiet = quiet,
            Commands = commands,
        };

        string Of(string name) => single.TryGetValue(name, out var value) ? value : throw new FormatException($"--{name} is missing.");

        long Number(string name, long? fallback) =>
            !single.TryGetValue(name, out var text) && fallback is { } value ? value
            : long.TryParse(Of(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw new FormatException($"--{name} is no number.");
    }

    private static NodeAddress Node(string text)
    {
        if (text.Split('=', 2) is [{ Length: > 0 } name, var place])
        {
            var slash = place.IndexOf('/', StringComparison.Ordinal);
            var (address, path) = slash < 0 ? (place, NodeAgent.Contracts.Remote.RemoteProtocol.GatewayPath) : (place[..slash], place[slash..]);
            var colon = address.LastIndexOf(':');
            if (colon > 0 && int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            {
                return new(name, address[..colon], port, path);
            }
        }

        throw new FormatException($"'{text}' is no node; write NAME=HOST:PORT.");
    }
}
