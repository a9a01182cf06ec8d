using Akka.Actor;
using Akka.Event;
using Akka.Hosting.Logging;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace DeCloud.NodeAgent.Actors.Node;

/// <summary>What actors log, into the process's log: the actor's path and the text, one event one line.</summary>
public sealed partial class ActorLog : LoggerFactoryLogger
{
    private readonly ILogger _log = Context.System.Settings.Setup.Get<LoggerFactorySetup>().Value.LoggerFactory.CreateLogger("DeCloud.NodeAgent.Actors");

    /// <inheritdoc/>
    protected override void Log(LogEvent log, ActorPath path)
    {
        ArgumentNullException.ThrowIfNull(log);
        var level = log.LogLevel() switch
        {
            Akka.Event.LogLevel.DebugLevel => LogLevel.Debug,
            Akka.Event.LogLevel.InfoLevel => LogLevel.Information,
            Akka.Event.LogLevel.WarningLevel => LogLevel.Warning,
            _ => LogLevel.Error,
        };
        if (!_log.IsEnabled(level))
        {
            return;
        }

        var source = log.LogSource.Replace(path.Root.ToString().TrimEnd('/'), "", StringComparison.Ordinal);
        var text = log.Message?.ToString() ?? "";
        Write(_log, level, log.Cause, source, text);
    }

    [LoggerMessage(EventId = 1000, Message = "{Actor}: {Text}")]
    private static partial void Write(ILogger log, LogLevel level, Exception? cause, string actor, string text);
}
