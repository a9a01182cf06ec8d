using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>What follows from one thing that happened: the events to store in one write, the state after them, and what to do once they are stored.</summary>
/// <param name="Events">The events, to be stored together; may be none.</param>
/// <param name="After">The state after them.</param>
/// <param name="Run">The step to take once they are stored.</param>
/// <param name="Refusal">Why the command was refused; then there are no events.</param>
/// <param name="Operation">Number of the operation that answers the command, or 0.</param>
public sealed record VmTurn(ImmutableList<IVmEvent> Events, VmState After, StepInFlight? Run, Failure? Refusal, long Operation);
