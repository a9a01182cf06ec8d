using System.Diagnostics;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Vms;

/// <summary>What a VM and its domain actor say to each other.</summary>
internal static class DomainMessages
{
    /// <summary>Use this session; null when there is none.</summary>
    public sealed record UseSession(IHypervisorSession? Session);

    /// <summary>Take a step.</summary>
    public sealed record Take(StepInFlight Step, VmSpec Spec, ImageDigest? Image)
    {
        /// <summary>The trace that it is a part of; nothing when nobody follows.</summary>
        public ActivityContext Trace { get; init; }
    }

    /// <summary>The step in flight is not waited for any more.</summary>
    public sealed record Abandon
    {
        public static readonly Abandon Instance = new();
    }

    /// <summary>Ask libvirt what the domain is.</summary>
    public sealed record LookNow
    {
        public static readonly LookNow Instance = new();
    }

    /// <summary>libvirt's answer. <paramref name="Order"/> grows with the order of asking: an answer older than one already heard is worth nothing.</summary>
    public sealed record Looked(long Order, Look Look);

    /// <summary>A step was taken.</summary>
    public sealed record Taken(long Number, ImageDigest? Image, Looked? Looked)
    {
        /// <summary>A later step that was taken along with this one.</summary>
        public VmStep? Along { get; init; }
    }

    /// <summary>A step failed.</summary>
    public sealed record NotTaken(long Number, Failure Failure, Looked? Looked);

    /// <summary>How far a step is.</summary>
    public sealed record Progress(long Number, ImportProgress State);
}
