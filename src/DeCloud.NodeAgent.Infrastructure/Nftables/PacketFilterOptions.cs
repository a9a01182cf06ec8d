namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>How the agent uses the host's packet filter.</summary>
public sealed record PacketFilterOptions
{
    /// <summary>The name of the agent's own tables, one of the family <c>inet</c> and one of <c>bridge</c>; a second agent on the same host needs another one.</summary>
    public string Table { get; init; } = "decloud";

    /// <summary>How long one program may take.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);
}
