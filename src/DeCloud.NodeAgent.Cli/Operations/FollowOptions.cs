using System.CommandLine;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Shell;

namespace DeCloud.NodeAgent.Cli.Operations;

/// <summary>The options of every command that changes something, and what becomes of the operation that the agent answers with.</summary>
internal sealed class FollowOptions
{
    private readonly Option<bool> _json = Shared.Json();
    private readonly Option<bool> _wait = new("--wait") { Description = "Wait for the end of the operation; the default" };
    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Do not wait for the end of the operation" };
    private readonly Option<TimeSpan> _timeout = Shared.Duration("--timeout", "How long to wait; the operation goes on. Default: until it ends", TimeSpan.Zero);
    private readonly Option<string?> _key = Shared.Key();

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_wait);
        command.Options.Add(_noWait);
        command.Options.Add(_timeout);
        command.Options.Add(_key);
        command.Options.Add(_json);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_wait) && result.GetValue(_noWait))
            {
                result.AddError("--wait and --no-wait contradict each other.");
            }
        });
    }

    /// <summary>The idempotency key: the given one, or a new one.</summary>
    public string KeyOf(ParseResult parsed) => parsed.GetValue(_key) ?? Guid.NewGuid().ToString();

    /// <summary>Waits for the operation's end, unless it is not wanted.</summary>
    /// <param name="session">The run.</param>
    /// <param name="parsed">The options.</param>
    /// <param name="reply">What the agent answered.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> FollowAsync(Session session, ParseResult parsed, Reply reply, CancellationToken cancellation)
    {
        var accepted = reply.As(AgentClient.Types.AcceptedResource);
        var subject = accepted.Vm is { } vm ? $"{vm.Name} ({vm.Id})" : accepted.Operation.Resource;
        if (!parsed.GetValue(_noWait))
        {
            return await new OperationWait(session, subject, parsed.GetValue(_json), parsed.GetValue(_timeout)).UntilEndAsync(accepted.Operation.Id, cancellation).ConfigureAwait(false);
        }

        if (parsed.GetValue(_json))
        {
            session.Screen.Json(reply.Body);
            return ExitCode.Done;
        }

        session.Screen.Line($"{accepted.Operation.Kind} {subject}: accepted as {accepted.Operation.Id}");
        session.Screen.Say($"Follow it with: decloud op wait {accepted.Operation.Id}");
        return ExitCode.Done;
    }
}
