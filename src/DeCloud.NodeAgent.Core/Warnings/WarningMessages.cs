using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Core.Warnings;

/// <summary>Something that the keeper of warnings is asked.</summary>
public interface IWarningMessage
{
    /// <summary>Which warning.</summary>
    string Id { get; }
}

/// <summary>What can be done with a warning.</summary>
public static class WarningCommands
{
    /// <summary>Notes that somebody has seen it. Done twice it changes who and when.</summary>
    /// <param name="Id">Which.</param>
    /// <param name="By">Who.</param>
    /// <param name="Note">What he says; null for nothing.</param>
    public sealed record Acknowledge(string Id, string By, string? Note) : IWarningMessage;

    /// <summary>Takes that back.</summary>
    /// <param name="Id">Which.</param>
    /// <param name="By">Who.</param>
    public sealed record Unacknowledge(string Id, string By) : IWarningMessage;
}

/// <summary>The answer.</summary>
public abstract record WarningReply
{
    private WarningReply()
    {
    }

    /// <summary>It is stored.</summary>
    /// <param name="Warning">The warning now.</param>
    public sealed record Kept(WarningResource Warning) : WarningReply;

    /// <summary>Nothing was done.</summary>
    /// <param name="Failure">Why.</param>
    public sealed record Refused(Failure Failure) : WarningReply;
}
