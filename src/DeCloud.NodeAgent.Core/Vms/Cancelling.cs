using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>Which operations of VMs can be given up.</summary>
internal static class Cancelling
{
    /// <summary>Why an operation can't be given up, and what to do instead; null when it can be.</summary>
    public static string? Objection(OperationResource operation) => operation switch
    {
        { Status: not "running" } => $"The operation has ended: it {operation.Status}.",
        { Kind: not ("create" or "start" or "restart") } => $"Only a create, a start, a restart and an image pull can be cancelled. Another request for the VM takes the place of this {operation.Kind}.",
        { Error.NextTryAt: not null } => null,
        { Stage: var stage } when stage == VmWords.Of(VmStep.ResolveImage) => null,
        _ => $"The VM is at the step {operation.Stage ?? "that follows"}, neither waiting nor downloading. Wait for its end, or stop or delete the VM.",
    };
}
