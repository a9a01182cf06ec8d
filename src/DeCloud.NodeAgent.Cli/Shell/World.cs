namespace DeCloud.NodeAgent.Cli.Shell;

/// <summary>What the program sees of the machine beside the agent and the files it is told to read.</summary>
internal sealed record World
{
    /// <summary>Results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Progress, hints and errors.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether results go to a terminal.</summary>
    public required bool OutIsTerminal { get; init; }

    /// <summary>Whether a person types.</summary>
    public bool InIsTerminal { get; init; }

    /// <summary>Opens standard input for bytes.</summary>
    public Func<Stream> OpenIn { get; init; } = () => Stream.Null;

    /// <summary>Opens standard output for bytes.</summary>
    public Func<Stream> OpenOut { get; init; } = () => Stream.Null;

    /// <summary>Puts the terminal into raw mode until what is returned is disposed of; null when there is none.</summary>
    public Func<IDisposable?> MakeRaw { get; init; } = () => null;

    /// <summary>Whether progress goes to a terminal.</summary>
    public required bool ErrorIsTerminal { get; init; }

    /// <summary>Reads a variable of the environment; an empty one counts as none.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Where the agent's socket is when nothing is said.</summary>
    public string DefaultSocket { get; init; } = "/run/decloud/agent.sock";

    /// <summary>Where the machine's own catalogue of images is.</summary>
    public string SystemCatalogue { get; init; } = "/etc/decloud/images.json";

    /// <summary>The process that this is.</summary>
    public static World OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        InIsTerminal = !Console.IsInputRedirected,
        OpenIn = Consoles.Terminal.OpenInput,
        OpenOut = Console.OpenStandardOutput,
        MakeRaw = () => Consoles.Terminal.TryMakeRaw(),
        OutIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Environment = name => System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null,
        Time = TimeProvider.System,
    };
}
