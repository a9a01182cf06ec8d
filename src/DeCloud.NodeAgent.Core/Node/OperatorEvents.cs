namespace DeCloud.NodeAgent.Core.Node;

/// <summary>What an operator did to the agent itself, stored for ever.</summary>
public interface IOperatorEvent
{
    /// <summary>When.</summary>
    DateTimeOffset At { get; }
}

/// <summary>Everything that operators can do to the agent itself.</summary>
public static class OperatorEvents
{
    /// <summary>An actor was to be started again, and nothing stood against it.</summary>
    /// <param name="Path">The actor's path.</param>
    /// <param name="By">Who asked: how he showed to be an operator.</param>
    /// <param name="At">When.</param>
    public sealed record RestartAsked(string Path, string By, DateTimeOffset At) : IOperatorEvent;
}
