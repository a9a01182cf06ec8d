using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Remote;

/// <summary>Says what is wrong with a VM that an orchestrator asks for, by the same rules as the REST API.</summary>
public interface IVmRequestRules
{
    /// <summary>Everything that is wrong, in a sentence; null when nothing is.</summary>
    /// <param name="request">The VM.</param>
    /// <param name="spec">What it shall be, when nothing is wrong.</param>
    string? Check(CreateVmRequest request, out VmSpec? spec);
}

/// <summary>Commands of the wire as commands of the node. Pure.</summary>
public static class RemoteCommands
{
    /// <summary>What the idempotency keys of this protocol begin with.</summary>
    public const string KeyPrefix = "remote:";

    private const int MostIdCharacters = 100;
    private const int MostPeers = 256;

    /// <summary>Whether a text may be a command's id.</summary>
    /// <param name="id">The text.</param>
    public static bool IsId(string id) =>
        id is { Length: >= 1 and <= MostIdCharacters } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '-');

    /// <summary>The idempotency key of a command.</summary>
    /// <param name="command">The command.</param>
    public static string KeyOf(IRemoteCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        return KeyPrefix + command.CommandId;
    }

    /// <summary>The id of the command that a request came from; null when it came in another way.</summary>
    /// <param name="requestId">The request's key.</param>
    public static string? CommandIdOf(string requestId)
    {
        ArgumentNullException.ThrowIfNull(requestId);
        return requestId.StartsWith(KeyPrefix, StringComparison.Ordinal) ? requestId[KeyPrefix.Length..] : null;
    }

    /// <summary>Who asks for what, for the node: neither session nor deadline nor trace count, so that a command that is sent again in another session is the same.</summary>
    /// <param name="command">The command.</param>
    /// <param name="orchestrator">Who asks.</param>
    public static Request RequestOf(IRemoteCommand command, string orchestrator)
    {
        ArgumentNullException.ThrowIfNull(command);
        IRemoteCommand bare = command switch
        {
            // Labels have no order of their own; the same set must hash to the same.
            CreateVm c => c with { Session = Guid.Empty, Deadline = null, TraceParent = null, Labels = c.Labels?.ToImmutableSortedDictionary(StringComparer.Ordinal) },
            StartVm c => c with { Session = Guid.Empty, Deadline = null, TraceParent = null },
            StopVm c => c with { Session = Guid.Empty, Deadline = null, TraceParent = null },
            DeleteVm c => c with { Session = Guid.Empty, Deadline = null, TraceParent = null },
            ReconcilePeers c => c with { Session = Guid.Empty, Deadline = null, TraceParent = null },
            Drain c => c with { Session = Guid.Empty, Deadline = null, TraceParent = null },
            _ => command,
        };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(RemoteWire.ManifestOf(bare) + "\n"));
        hash.AppendData(RemoteWire.Write(bare));
        return new(KeyOf(command), Convert.ToHexStringLower(hash.GetHashAndReset()), "orchestrator:" + orchestrator);
    }

    /// <summary>The command for the VM's actor, or why there is none.</summary>
    /// <param name="command">The command.</param>
    /// <param name="request">Who asks.</param>
    /// <param name="rules">What a VM may be.</param>
    public static (IVmCommand? Command, Failure? Refusal) ToVm(IRemoteCommand command, Request request, IVmRequestRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return command switch
        {
            CreateVm c => Create(c, request, rules),
            StartVm c => Change(c.VmId, VmChange.Start, request),
            StopVm c => Change(c.VmId, c.Force ? VmChange.ForceStop : VmChange.Stop, request),
            DeleteVm c => Change(c.VmId, VmChange.Delete, request),
            _ => (null, null),
        };
    }

    /// <summary>The command for the overlay's actor, or why there is none.</summary>
    /// <param name="command">The command.</param>
    /// <param name="request">Who asks.</param>
    public static (OverlayCommands.Reconcile? Command, Failure? Refusal) ToOverlay(ReconcilePeers command, Request request)
    {
        ArgumentNullException.ThrowIfNull(command);
        var (peers, remove) = (command.Peers ?? [], command.Remove ?? []);
        if (peers.Count > MostPeers || remove.Count > MostPeers)
        {
            return (null, new(RefusalCodes.Invalid, $"'peers' and 'remove' must each hold at most {MostPeers} peers. Send several commands.", true));
        }

        var named = new HashSet<PublicKey>();
        var orders = new List<PeerOrder>();
        var keys = new List<PublicKey>();
        foreach (var peer in peers)
        {
            if (Fault("peers", peer?.PublicKey, out var key) is { } fault)
            {
                return (null, fault);
            }

            orders.Add(new(key, new(peer!.Endpoint, peer.AllowedIPs ?? [], peer.KeepaliveSeconds)));
        }

        foreach (var text in remove)
        {
            if (Fault("remove", text, out var key) is { } fault)
            {
                return (null, fault);
            }

            keys.Add(key);
        }

        return (new(orders, keys, request), null);

        Failure? Fault(string member, string? text, out PublicKey key) =>
            !PublicKey.TryParse(text, out key) ? new(RefusalCodes.Invalid, $"'{member}' has a public key that is none: it must be 44 characters of base64.", true)
            : !named.Add(key) ? new(RefusalCodes.Invalid, $"'{member}' names the peer {key}, which is named twice in this command.", true)
            : null;
    }

    private static (IVmCommand?, Failure?) Change(Guid id, VmChange what, Request request) =>
        id == Guid.Empty ? (null, new(RefusalCodes.Invalid, "'vmId' must be a UUID that is not empty.", true)) : (new VmCommands.Change(new(id), what, request), null);

    private static (IVmCommand?, Failure?) Create(CreateVm wanted, Request request, IVmRequestRules rules)
    {
        if (wanted.BaseImageUrl.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            // What lies in the image folder is the owner's affair, not that of somebody far away.
            return (null, new(FailureCodes.ImageUrlRefused, "'baseImageUrl' names a file of the node; an orchestrator may only name what can be fetched.", true));
        }

        var fault = rules.Check(
            new()
            {
                Id = wanted.VmId,
                Name = wanted.Name,
                VCpus = wanted.VCpus,
                MemoryBytes = wanted.MemoryBytes,
                DiskBytes = wanted.DiskBytes,
                BaseImageUrl = wanted.BaseImageUrl,
                BaseImageHash = wanted.BaseImageHash,
                SshPublicKey = wanted.SshPublicKey,
                UserData = wanted.UserData,
                Labels = wanted.Labels,
                Overlay = wanted.Overlay,
            },
            out var spec);

        // Cast, because a bare null would become memory of no bytes.
        var userData = spec is { HasUserData: true } ? Encoding.UTF8.GetBytes(wanted.UserData!) : (ReadOnlyMemory<byte>?)null;
        return spec is null ? (null, new(RefusalCodes.Invalid, fault ?? "", true)) : (new VmCommands.Create(new(wanted.VmId), spec, userData, request) { Overlay = wanted.Overlay }, null);
    }
}
