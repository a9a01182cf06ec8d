using DeCloud.NodeAgent.Core.Images;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>What the node tells an orchestrator of itself, and how it behaves towards it.</summary>
public sealed record OrchestratorSettings
{
    /// <summary>Where the orchestrator is; its scheme, host and port are its identity.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>The machine's stable id.</summary>
    public required string MachineId { get; init; }

    /// <summary>The wallet's address; empty when the node works with an API key alone.</summary>
    public required string Wallet { get; init; }

    /// <summary>The agent's version.</summary>
    public required string AgentVersion { get; init; }

    /// <summary>The node's name, for people.</summary>
    public string Name { get; init; } = "";

    /// <summary>ISO 3166 alpha-2 code of the country.</summary>
    public string Country { get; init; } = NodeIdentity.DefaultCountry;

    /// <summary>The orchestrator's word for the region.</summary>
    public string Region { get; init; } = NodeIdentity.DefaultRegion;

    /// <summary>The orchestrator's word for the zone.</summary>
    public string Zone { get; init; } = NodeIdentity.DefaultRegion;

    /// <summary>The address at which the node is reached from outside; empty when it is not.</summary>
    public string PublicIp { get; init; } = "";

    /// <summary>The port of the node's API, for pushed commands.</summary>
    public int AgentPort { get; init; }

    /// <summary>Time between the end of a report and the next.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The terms of service that the operator accepted; null when none.</summary>
    public Terms? AcceptedTerms { get; init; }

    /// <summary>Whether the node can register by itself: it can sign, or holds a message that was signed.</summary>
    public bool CanProve { get; init; }

    /// <summary>What the owner lets an orchestrator ask for.</summary>
    public required OrderLimits Limits { get; init; }

    /// <summary>Who the orchestrator is, to the journal and in VMs' origins: <c>orchestrator:https://host</c>.</summary>
    public string By => "orchestrator:" + BaseUrl.GetLeftPart(UriPartial.Authority);
}

/// <summary>What the owner of the machine lets an orchestrator ask for; nothing that an orchestrator says raises it.</summary>
/// <param name="MaxVCpus">The most virtual CPUs of one VM.</param>
/// <param name="MaxMemoryBytes">The most memory of one VM.</param>
/// <param name="MaxDiskBytes">The largest disk of one VM.</param>
/// <param name="Urls">Where images may come from. Files of this machine are refused whatever it says.</param>
public sealed record OrderLimits(int MaxVCpus, long MaxMemoryBytes, long MaxDiskBytes, ImageUrlPolicy Urls);

/// <summary>An edition of the orchestrator's terms of service.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Hash">SHA-256 of its text, in hexadecimal.</param>
public sealed record Terms(string Version, string Hash);
