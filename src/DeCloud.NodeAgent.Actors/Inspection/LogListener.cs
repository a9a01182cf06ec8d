using Akka.Actor;
using Akka.Event;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>Hears the log for as long as somebody watches an actor, and passes on what that actor writes.</summary>
internal sealed class LogListener : ReceiveActor
{
    private const int MostCharacters = 2000;

    public LogListener(MessageTap tap, string path)
    {
        Receive<LogEvent>(
            log => tap.Offer(new(new(log.Timestamp, TimeSpan.Zero), Level(log), MessageText.NameOf(log.LogClass), MessageText.Bounded(log.Message?.ToString() ?? "", MostCharacters))),
            log => ActorPath.TryParse(log.LogSource, out var source) && source.ToStringWithoutAddress() == path);
        ReceiveAny(_ => { });
    }

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(LogEvent));

    private static string Level(LogEvent log) => log.LogLevel() switch
    {
        LogLevel.DebugLevel => "debug",
        LogLevel.InfoLevel => "info",
        LogLevel.WarningLevel => "warning",
        _ => "error",
    };
}
