using System.Globalization;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;
using Spectre.Console;

namespace DeCloud.NodeAgent.Cli.Actors;

/// <summary>Actors as tables.</summary>
internal static class ActorTables
{
    private const int MostFailure = 60;

    /// <summary>Actors below one another, each indented by its depth below the first.</summary>
    public static Table Tree(IReadOnlyList<ActorResource> actors, DateTimeOffset now)
    {
        var table = Cells.Table("ACTOR", "TYPE", "STATE", "MAILBOX", "MESSAGES", "RESTARTS", "LAST FAILURE");
        var top = actors.Count > 0 ? Depth(actors[0].Path) : 0;
        foreach (var actor in actors)
        {
            var depth = Depth(actor.Path) - top;
            var name = depth <= 0 ? actor.Path : new string(' ', 2 * depth) + actor.Path[(actor.Path.LastIndexOf('/') + 1)..];
            table.AddRow(
                Cells.Of(name),
                Cells.Of(actor.Type),
                Cells.State(actor.State),
                Cells.Of(Number(actor.Mailbox)),
                Cells.Of(Number(actor.Messages)),
                Cells.Of(Number(actor.Restarts)),
                Cells.Of(actor.LastFailure is { } failure ? $"{Quantities.Show(now - failure.At)} ago: {(failure.Message.Length > MostFailure ? failure.Message[..MostFailure] + "…" : failure.Message)}" : null));
        }

        return table;
    }

    /// <summary>One actor.</summary>
    public static Table Facts(ActorDetailResource actor) => Cells.Facts(
        ("path", Cells.Of(actor.Path)),
        ("type", Cells.Of(actor.Type)),
        ("state", Cells.State(actor.State)),
        ("doing", Cells.Maybe(actor.Doing)),
        ("step", Cells.Maybe(actor.Step)),
        ("mailbox", Cells.Of(Number(actor.Mailbox))),
        ("messages", Cells.Of(Number(actor.Messages))),
        ("children", Cells.Of(Number(actor.Children))),
        ("restarts", Cells.Of(Number(actor.Restarts))),
        ("last failure", Cells.Warning(actor.LastFailure is { } failure ? $"{Quantities.Show(failure.At)} {failure.Message}" : null)));

    /// <summary>What a parent did with it.</summary>
    public static Table Supervision(IReadOnlyList<SupervisionResource> entries)
    {
        var table = Cells.Table("WHEN", "WHAT", "WHY");
        foreach (var entry in entries)
        {
            table.AddRow(Cells.Of(Quantities.Show(entry.At)), Cells.State(entry.Kind), Cells.Of(entry.Cause));
        }

        return table;
    }

    /// <summary>The busiest.</summary>
    public static Table Top(IReadOnlyList<ActorLoadResource> actors)
    {
        var table = Cells.Table("BUSY", "MESSAGES/S", "MAILBOX", "TYPE", "ACTOR");
        foreach (var actor in actors)
        {
            table.AddRow(
                Cells.Of(actor.BusyPercent.ToString("0.0", CultureInfo.InvariantCulture) + " %"),
                Cells.Of(actor.RatePerSecond.ToString("0.0", CultureInfo.InvariantCulture)),
                Cells.Of(Number(actor.Mailbox)),
                Cells.Of(actor.Type),
                Cells.Of(actor.Path));
        }

        return table;
    }

    private static int Depth(string path) => path.Count(c => c == '/');

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
