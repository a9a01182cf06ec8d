namespace DeCloud.NodeAgent.Security;

/// <summary>Writes down what operators do to the agent itself, under event ids and a category of their own, so that they can be found and kept.</summary>
internal sealed partial class Audit(ILogger<Audit> log)
{
    /// <summary>An actor was started again.</summary>
    public void Restarted(string who, string path) => LogRestarted(log, who, path);

    /// <summary>An actor should have been started again and was not.</summary>
    public void RestartRefused(string who, string path, string code) => LogRestartRefused(log, who, path, code);

    [LoggerMessage(1, LogLevel.Information, "Audit: {Who} started actor {Actor} again")]
    private static partial void LogRestarted(ILogger log, string who, string actor);

    [LoggerMessage(2, LogLevel.Warning, "Audit: {Who} asked for actor {Actor} to be started again and was refused: {Code}")]
    private static partial void LogRestartRefused(ILogger log, string who, string actor, string code);
}
