using DeCloud.NodeAgent.Cli.Shell;

namespace DeCloud.NodeAgent.Cli.Agent;

/// <summary>Where the agent is, and what is shown to it.</summary>
/// <param name="Url">Its URL; over a socket only a form.</param>
/// <param name="Socket">Its Unix socket; null for TCP.</param>
/// <param name="Token">The token; null for none.</param>
internal sealed record AgentAddress(Uri Url, string? Socket, string? Token)
{
    /// <summary>Where an agent listens when nothing is said.</summary>
    public const string DefaultUrl = "http://127.0.0.1:5100";

    private const int MostTokenBytes = 4096;

    /// <summary>The address for people.</summary>
    public string Shown => Socket ?? Url.GetLeftPart(UriPartial.Authority);

    /// <summary>Whether the token crosses a network that others may listen on.</summary>
    public bool ExposesToken => Token is not null && Socket is null && Url is { Scheme: "http", IsLoopback: false };

    /// <summary>Finds the agent: what the command line says, else the environment, else the socket where there is one, else the default URL.</summary>
    /// <param name="url">What <c>--url</c> says.</param>
    /// <param name="socket">What <c>--socket</c> says.</param>
    /// <param name="tokenFile">What <c>--token-file</c> says.</param>
    /// <param name="world">The environment.</param>
    /// <exception cref="CliException">Something of it can't be right.</exception>
    public static AgentAddress Find(string? url, string? socket, string? tokenFile, World world)
    {
        if (url is not null && socket is not null)
        {
            throw new CliException(ExitCode.Usage, "--url and --socket are two ways to the agent; give one of them.");
        }

        if (url is null && socket is null)
        {
            url = world.Environment("DECLOUD_URL");
            socket = url is not null ? null : world.Environment("DECLOUD_SOCKET") ?? (File.Exists(world.DefaultSocket) ? world.DefaultSocket : null);
        }

        return socket is not null
            ? new(new("http://localhost"), Path.GetFullPath(socket), null)
            : new(ParseUrl(url ?? DefaultUrl), null, (tokenFile ?? world.Environment("DECLOUD_TOKEN_FILE")) is { } file ? ReadToken(file) : null);
    }

    private static Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.PathAndQuery == "/" && url.UserInfo.Length == 0 && url.Fragment.Length == 0
            ? url
            : throw new CliException(ExitCode.Usage, $"'{text}' is not the URL of an agent. Give scheme, host and port alone, such as {DefaultUrl}.");

    private static string ReadToken(string file)
    {
        try
        {
            using var reader = File.OpenText(file);
            var buffer = new char[MostTokenBytes];
            var token = new string(buffer, 0, reader.ReadBlock(buffer)).Trim();
            return token.Length is > 0 and < MostTokenBytes && token.All(c => c is > ' ' and < '\x7f')
                ? token
                : throw new CliException(ExitCode.Usage, $"The token file {file} holds no token: it must be one line of printable ASCII characters.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"The token file {file} can't be read: {e.Message}", e);
        }
    }
}
