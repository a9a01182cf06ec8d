using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Resources;

namespace DeCloud.NodeAgent.Actors.Warnings;

/// <summary>What the keeper of warnings looks at beside the node's other parts.</summary>
/// <param name="Board">Where it shows them.</param>
/// <param name="Resources">What the machine is doing.</param>
/// <param name="Supervision">Failures of actors.</param>
/// <param name="JournalTroubleAsync">Tells why the journal can't be written; null when it can.</param>
/// <param name="ExposedAddress">The address at which other machines reach the API without encryption; null for none.</param>
public sealed record WarningParts(
    WarningBoard Board, ResourceBoard Resources, SupervisionBoard Supervision, Func<CancellationToken, Task<string?>> JournalTroubleAsync, string? ExposedAddress);

/// <summary>Somebody else changed the packet filter's rules. Published to whoever wants to hear of it.</summary>
internal sealed record PacketFilterTouched
{
    public static readonly PacketFilterTouched Instance = new();
}
