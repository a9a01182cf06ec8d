using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>A message about one VM.</summary>
public interface IVmMessage
{
    /// <summary>The VM.</summary>
    VmId VmId { get; }
}

/// <summary>A wish to change one VM.</summary>
public interface IVmCommand : IVmMessage
{
    /// <summary>Who asks, under which key.</summary>
    Request Request { get; }
}

/// <summary>What can be asked of a VM that exists.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VmChange>))]
public enum VmChange
{
    /// <summary>Make it; only ever asked through <see cref="VmCommands.Create"/>.</summary>
    Create,

    /// <summary>Run.</summary>
    Start,

    /// <summary>Ask the guest to power off; cut the power after the grace time.</summary>
    Stop,

    /// <summary>Cut the power, whatever else is going on.</summary>
    ForceStop,

    /// <summary>Ask the guest to reboot; reset the machine after the grace time.</summary>
    Restart,

    /// <summary>Press the reset button.</summary>
    Reset,

    /// <summary>Stop the virtual CPUs.</summary>
    Pause,

    /// <summary>Let the virtual CPUs run again.</summary>
    Resume,

    /// <summary>Cut the power and remove everything.</summary>
    Delete,
}

/// <summary>The commands a VM obeys. Each is answered by a <see cref="VmReply"/>.</summary>
public static class VmCommands
{
    /// <summary>Make a VM and run it.</summary>
    /// <param name="VmId">Its identity.</param>
    /// <param name="Spec">What it shall be.</param>
    /// <param name="UserData">cloud-init user data, or null.</param>
    /// <param name="Request">Who asks.</param>
    public sealed record Create(VmId VmId, VmSpec Spec, ReadOnlyMemory<byte>? UserData, Request Request) : IVmCommand
    {
        /// <summary>
        /// The GPUs that are asked for, each by its PCI address or as <see cref="GpuWish.Any"/>. Which they are is settled when the VM is let in; then they are in its spec.
        /// </summary>
        public ImmutableArray<string> Gpus { get; init; } = [];

        /// <summary>The trace that this is a part of; nothing when nobody follows.</summary>
        public ActivityContext Trace { get; init; }

        /// <summary>Whether it shall be attached to the node's overlay. Its address there is settled when the VM is let in; then it is in its spec.</summary>
        public bool Overlay { get; init; }
    }

    /// <summary>Change a VM.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="What">The change.</param>
    /// <param name="Request">Who asks.</param>
    public sealed record Change(VmId VmId, VmChange What, Request Request) : IVmCommand
    {
        /// <summary>The number of the operation that is given up by this; null for a change of its own accord. Refused when the operation can't be given up any more, and nothing is changed then.</summary>
        public long? GivesUp { get; init; }

        /// <summary>The trace that this is a part of; nothing when nobody follows.</summary>
        public ActivityContext Trace { get; init; }
    }
}

/// <summary>The questions a VM answers.</summary>
public static class VmQueries
{
    /// <summary>The VM as it is now; answered by <see cref="VmReply.Found"/> or <see cref="VmReply.Refused"/>.</summary>
    /// <param name="VmId">The VM.</param>
    public sealed record Get(VmId VmId) : IVmMessage;

    /// <summary>An operation; answered by <see cref="VmReply.Operation"/> or <see cref="VmReply.Refused"/>, at the latest when <paramref name="Wait"/> is over.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="Number">The operation's number.</param>
    /// <param name="Wait">How long to wait for its end; zero to answer at once.</param>
    public sealed record GetOperation(VmId VmId, long Number, TimeSpan Wait) : IVmMessage;

    /// <summary>Who asked for a VM that exists; answered by <see cref="Origin"/>.</summary>
    /// <param name="VmId">The VM.</param>
    public sealed record GetOrigin(VmId VmId) : IVmMessage;

    /// <summary>The answer to <see cref="GetOrigin"/>.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="By">Who asked for it; null when it does not exist (any more).</param>
    /// <param name="WasThere">Whether it existed and is gone.</param>
    public sealed record Origin(VmId VmId, string? By, bool WasThere);

    /// <summary>The operation that was accepted under an idempotency key, as it is now; answered by <see cref="VmReply.Operation"/> or <see cref="VmReply.Refused"/>.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="RequestId">The key.</param>
    public sealed record FindOperation(VmId VmId, string RequestId) : IVmMessage;

    /// <summary>The domains on this host that are not the agent's; answered by <see cref="ForeignDomains"/>.</summary>
    public sealed record GetForeign;

    /// <summary>The answer to <see cref="GetForeign"/>.</summary>
    /// <param name="Domains">The domains, ordered by name.</param>
    public sealed record ForeignDomains(IReadOnlyList<ForeignDomainResource> Domains);

    /// <summary>What the node offers, what is reserved and what is free; answered by <see cref="VmReply.Capacity"/> or <see cref="VmReply.Refused"/>.</summary>
    public sealed record GetCapacity;
}

/// <summary>Every command and question about a VM is answered by one of these; a repeated command gets the same answer.</summary>
public abstract record VmReply
{
    private VmReply()
    {
    }

    /// <summary>The command is stored and will be carried out, or was stored before under the same key.</summary>
    /// <param name="Resource">The operation.</param>
    /// <param name="Vm">The VM as it is now.</param>
    public sealed record Accepted(OperationResource Resource, VmResource Vm) : VmReply;

    /// <summary>Nothing was done.</summary>
    /// <param name="Failure">Why; <see cref="Failure.Code"/> decides the status of an HTTP answer.</param>
    public sealed record Refused(Failure Failure) : VmReply
    {
        /// <summary>What there is too little of, when that is why.</summary>
        public IReadOnlyList<ShortageResource> Shortages { get; init; } = [];
    }

    /// <summary>The VM.</summary>
    /// <param name="Vm">As it is now.</param>
    public sealed record Found(VmResource Vm) : VmReply;

    /// <summary>The operation.</summary>
    /// <param name="Resource">As it is now.</param>
    public sealed record Operation(OperationResource Resource) : VmReply;

    /// <summary>What the node offers.</summary>
    /// <param name="Resource">As it is now.</param>
    public sealed record Capacity(CapacityResource Resource) : VmReply;
}
