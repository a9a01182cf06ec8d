namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>How the agent uses the host's packet filter.</summary>
public sealed record PacketFilterOptions
{
    /// <summary>The name of the agent's own tables, one of the family <c>inet</c> and one of <c>bridge</c>; a second agent on the same host needs another one.</summary>
    public string Table { get; init; } = "decloud";

    /// <summary>The lowest host port that is forwarded, for a warning; 0 for none.</summary>
    public int RangeStart { get; init; }

    /// <summary>The highest host port that is forwarded.</summary>
    public int RangeEnd { get; init; }

    /// <summary>How long one program may take.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);
}
