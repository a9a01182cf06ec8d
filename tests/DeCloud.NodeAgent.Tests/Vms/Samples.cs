using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Vms;

/// <summary>Values that tests agree on.</summary>
internal static class Samples
{
    public static readonly ImageDigest Digest = ImageDigest.FromBytes(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());

    public static readonly VmSpec Spec = new(
        "web-1", 2, 512L << 20, 1L << 30, "https://images.example/base.qcow2", Digest, "", false, ImmutableSortedDictionary<string, string>.Empty);

    public static VmCommands.Create Create(VmId id, string key = "create-1", string body = "body", VmSpec? spec = null) => new(id, spec ?? Spec, null, new(key, body, "api"));

    public static VmCommands.Change Change(VmId id, VmChange what, string key, string body = "body") => new(id, what, new Request(key, body, "api"));
}
