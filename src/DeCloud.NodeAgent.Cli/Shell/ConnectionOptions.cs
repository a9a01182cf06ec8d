using System.CommandLine;
using DeCloud.NodeAgent.Cli.Agent;

namespace DeCloud.NodeAgent.Cli.Shell;

/// <summary>The options that say where the agent is; every command has them.</summary>
internal sealed class ConnectionOptions
{
    /// <summary>The agent's URL.</summary>
    public Option<string?> Url { get; } = new("--url") { Description = $"The agent's URL. Environment: DECLOUD_URL. Default: {AgentAddress.DefaultUrl}", HelpName = "URL", Recursive = true };

    /// <summary>The agent's Unix socket.</summary>
    public Option<string?> Socket { get; } = new("--socket") { Description = "The agent's Unix socket. Environment: DECLOUD_SOCKET. Default: /run/decloud/agent.sock where it exists", HelpName = "PATH", Recursive = true };

    /// <summary>The file with the token.</summary>
    public Option<string?> TokenFile { get; } = new("--token-file") { Description = "File with the token to show at the URL. Environment: DECLOUD_TOKEN_FILE", HelpName = "FILE", Recursive = true };

    /// <summary>Adds them to the root.</summary>
    public void AddTo(RootCommand root)
    {
        root.Options.Add(Url);
        root.Options.Add(Socket);
        root.Options.Add(TokenFile);
    }
}
