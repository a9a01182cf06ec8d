using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Api.Vms;

/// <summary>Judges VMs that orchestrators ask for as those that the REST API is asked for: the owner's limits hold for both.</summary>
/// <param name="validation">The rules.</param>
internal sealed class RemoteVmRules(CreateVmValidation validation) : IVmRequestRules
{
    /// <inheritdoc/>
    public string? Check(CreateVmRequest request, out VmSpec? spec)
    {
        var errors = validation.Check(request);
        spec = errors.IsEmpty ? CreateVmValidation.SpecOf(request) : null;
        return errors.IsEmpty ? null : string.Join(' ', errors.ByField.Select(f => $"'{f.Key}' {string.Join(' ', f.Value.Select(e => e.Reason))}"));
    }
}
