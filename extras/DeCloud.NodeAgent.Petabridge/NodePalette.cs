using Akka.Actor;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;
using DeCloud.NodeAgent.Actors.Inspection;

namespace DeCloud.NodeAgent.Petabridge;

/// <summary>The commands of the palette <c>node</c>. They only read.</summary>
public static class NodePalette
{
    /// <summary>Prints the tree of actors.</summary>
    public static CommandDefinition Tree { get; } = Of("tree", "Shows the agent's actors with their state, waiting messages and restarts.");

    /// <summary>Prints one actor.</summary>
    public static CommandDefinition Show { get; } = Of("show", "Shows one actor with what its parent did with it.");

    /// <summary>Prints the busiest actors.</summary>
    public static CommandDefinition Top { get; } = new CommandDefinitionBuilder().WithName("top").WithDescription("Shows the busiest actors of the next second.").Build();

    /// <summary>Prints the latest messages that reached nobody.</summary>
    public static CommandDefinition DeadLetters { get; } = new CommandDefinitionBuilder().WithName("dead-letters").WithDescription("Shows the latest messages that reached nobody.").Build();

    /// <summary>All of them.</summary>
    public static CommandPalette Palette { get; } = new("node", [Tree, Show, Top, DeadLetters]);

    /// <summary>The path that was given; <c>/user</c> when none was.</summary>
    public static string PathOf(CommandDefinition definition, Command command)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(command);
        return command.Arguments.SingleOrDefault(a => definition.ArgumentsByName["path"].Switch.Contains(a.Item1))?.Item2 is { Length: > 0 } path ? path : ActorInspector.User;
    }

    private static CommandDefinition Of(string name, string description) => new CommandDefinitionBuilder()
        .WithName(name)
        .WithDescription(description)
        .WithArgument(b => b.WithName("path").WithDescription("Path of the actor. Default: /user").IsMandatory(false).WithSwitch("-p"))
        .Build();
}

/// <summary>Puts the palette's handler behind it.</summary>
/// <param name="inspector">What looks at the actors.</param>
/// <param name="deadLetters">Messages that reached nobody.</param>
public sealed class NodePaletteHandler(ActorInspector inspector, DeadLetterBoard deadLetters) : CommandPaletteHandler(NodePalette.Palette)
{
    private Props _handler = Props.Empty;

    /// <inheritdoc/>
    public override Props HandlerProps => _handler;

    /// <inheritdoc/>
    public override void OnRegister(PetabridgeCmd plugin)
    {
        _handler = Props.Create(() => new NodeCommandActor(inspector, deadLetters));
        base.OnRegister(plugin);
    }
}

/// <summary>Answers the commands of one connection.</summary>
internal sealed class NodeCommandActor : CommandHandlerActor
{
    private const int MostActors = 1000;
    private const int MostTop = 20;

    public NodeCommandActor(ActorInspector inspector, DeadLetterBoard deadLetters)
        : base(NodePalette.Palette)
    {
        Process(NodePalette.Tree.Name, command => Answer(
            inspector.List(NodePalette.PathOf(NodePalette.Tree, command), int.MaxValue, MostActors)?.Actors
                .Select(a => $"{a.Path} {a.Type} {a.State} mailbox={a.Mailbox} messages={a.Messages} restarts={a.Restarts}")));
        Process(NodePalette.Show.Name, command => Answer(
            inspector.Show(NodePalette.PathOf(NodePalette.Show, command)) is { } actor
                ? actor.Supervision.Select(s => $"{s.At:O} {s.Kind} {s.Cause}").Prepend($"{actor.Path} {actor.Type} {actor.State} {actor.Doing} mailbox={actor.Mailbox} restarts={actor.Restarts}")
                : null));
        Process(NodePalette.Top.Name, _ =>
        {
            var asker = Sender;
            inspector.TopAsync(MostTop, CancellationToken.None).ContinueWith(
                top =>
                {
                    foreach (var actor in top.IsCompletedSuccessfully ? top.GetAwaiter().GetResult().Actors : [])
                    {
                        asker.Tell(new CommandResponse($"{actor.BusyPercent,5:0.0} % {actor.RatePerSecond,8:0.0}/s {actor.Path}", false));
                    }

                    asker.Tell(CommandResponse.Empty);
                },
                TaskScheduler.Default);
        });
        Process(NodePalette.DeadLetters.Name, _ => Answer(deadLetters.Read().DeadLetters.Select(l => $"{l.At:O} {l.Type} to {l.To}")));
    }

    private void Answer(IEnumerable<string>? lines)
    {
        if (lines is null)
        {
            Sender.Tell(new ErroredCommandResponse("There is no such actor."));
            return;
        }

        foreach (var line in lines)
        {
            Sender.Tell(new CommandResponse(line, false));
        }

        Sender.Tell(CommandResponse.Empty);
    }
}
