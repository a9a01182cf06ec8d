using System.CommandLine;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Output;

namespace DeCloud.NodeAgent.Cli.Shell;

/// <summary>One run of a command: the agent it talks to and the screen it writes on.</summary>
internal sealed class Session : IDisposable
{
    private readonly Lazy<AgentClient> _agent;

    private Session(World world, Func<AgentAddress> find)
    {
        World = world;
        Screen = new(world);
        _agent = new(() =>
        {
            var address = find();
            if (address.ExposesToken)
            {
                Screen.Say($"decloud: warning: the token goes to {address.Shown} unencrypted; use https://.");
            }

            return new(address);
        });
    }

    /// <summary>The machine.</summary>
    public World World { get; }

    /// <summary>Results and messages.</summary>
    public Screen Screen { get; }

    /// <summary>The agent.</summary>
    /// <exception cref="CliException">Where it is was said in a way that can't be right.</exception>
    public AgentClient Agent => _agent.Value;

    /// <summary>Begins a run.</summary>
    public static Session Open(World world, ConnectionOptions connection, ParseResult parsed) =>
        new(world, () => AgentAddress.Find(parsed.GetValue(connection.Url), parsed.GetValue(connection.Socket), parsed.GetValue(connection.TokenFile), world));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_agent.IsValueCreated)
        {
            _agent.Value.Dispose();
        }
    }
}
