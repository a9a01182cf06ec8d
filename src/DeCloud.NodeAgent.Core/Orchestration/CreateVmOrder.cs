using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>Reads an order for a VM. What this node can't give is refused, never left out in silence.</summary>
internal static class CreateVmOrder
{
    private const long MiB = 1L << 20;
    private const long LeastMemory = 64 * MiB;
    private const int Sector = 512;
    private const int MostUserData = 64 * 1024;
    private const int LongestName = 63;

    public static CommandAction Translate(JsonElement json, VmId vm, Request request, OrderLimits limits)
    {
        if (Unable(json) is { } unable)
        {
            return CommandTranslation.Refuse(unable);
        }

        if (Wrong(json, limits) is { } wrong)
        {
            return CommandTranslation.Refuse(wrong);
        }

        var name = json.Text("name") ?? "";
        var userData = UserDataOf(json);
        var spec = new VmSpec(
            LabelOf(name, vm),
            (int)json.Whole("virtualCpuCores")!.Value,
            json.Whole("memoryBytes")!.Value,
            json.Whole("diskBytes")!.Value,
            json.Text("baseImageUrl")!,
            HashOf(json) is { } hash ? ImageDigest.Parse(hash) : null,
            json.Text("sshPublicKey")?.Trim() ?? "",
            userData is not null,
            ImmutableSortedDictionary<string, string>.Empty);
        var facts = new OrderedVm(
            name,
            json.Text("category") ?? "Tenant",
            json.Text("role") ?? "General",
            json.Text("ownerId") ?? "",
            (int)(json.Whole("qualityTier") ?? 0),
            (int)(json.Whole("computePointCost") ?? 0));
        var create = new VmCommands.Create(vm, spec, userData is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(userData), request)
        {
            Overlay = json.Flag("overlay") is true,
        };
        return new CommandAction.Create(create, facts);
    }

    private static string? Unable(JsonElement json)
    {
        if (json.Whole("deploymentMode") is not (null or 0) || json.Text("containerImage") is not null)
        {
            return "This node runs virtual machines, no containers.";
        }

        if (json.Whole("gpuMode") is not (null or 0))
        {
            return "This node gives no GPUs to VMs of an orchestrator.";
        }

        if (json.HasAny("chunkMap") || json.Text("manifestRootCid") is not null)
        {
            return "This node can't take over a disk from another node.";
        }

        return json.HasAny("artifacts") ? "This node fetches no artifacts."
            : json.HasAny("environmentVariables") ? "This node sets no environment variables in VMs; give them as cloud-init user data."
            : null;
    }

    private static string? Wrong(JsonElement json, OrderLimits limits)
    {
        if (json.Whole("virtualCpuCores") is not { } cpus || cpus < 1 || cpus > limits.MaxVCpus)
        {
            return $"VirtualCpuCores must be 1 to {limits.MaxVCpus} on this node.";
        }

        if (json.Whole("memoryBytes") is not { } memory || memory < LeastMemory || memory > limits.MaxMemoryBytes || memory % MiB != 0)
        {
            return $"MemoryBytes must be a multiple of 1 MiB, from {LeastMemory} to {limits.MaxMemoryBytes} on this node.";
        }

        if (json.Whole("diskBytes") is not { } disk || disk < MiB || disk > limits.MaxDiskBytes || disk % Sector != 0)
        {
            return $"DiskBytes must be a multiple of {Sector}, from {MiB} to {limits.MaxDiskBytes} on this node.";
        }

        var hash = HashOf(json);
        if (hash is not null && !ImageDigest.TryParse(hash, out _))
        {
            return "BaseImageHash must be the SHA-256 of the image: 64 hexadecimal digits.";
        }

        if (!limits.Urls.TryAccept(json.Text("baseImageUrl") ?? "", isPinned: hash is not null, out var url, out var refusal))
        {
            return refusal.Message;
        }

        if (url.FilePath is not null)
        {
            return "BaseImageUrl must not name a file of this machine.";
        }

        if (json.Text("sshPublicKey")?.Trim() is { Length: > 0 } key && SshPublicKey.Check(key) is { } keyFault)
        {
            return $"SshPublicKey {keyFault}";
        }

        if (json.Find("overlay") is not null && json.Flag("overlay") is null)
        {
            return "Overlay must be true or false.";
        }

        return UserDataOf(json) is { } userData && (userData.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(userData) > MostUserData)
            ? "CloudInitUserData must be at most 64 KiB in UTF-8, without NUL characters."
            : null;
    }

    private static string? HashOf(JsonElement json) =>
        json.Text("baseImageHash") is not { } hash ? null : hash.Contains(':', StringComparison.Ordinal) ? hash : "sha256:" + hash;

    /// <summary>The user data, with the password of the order in it. cloud-init takes several parts as a MIME message (its documentation, "MIME multi-part archive") and tells them apart by their first line.</summary>
    private static string? UserDataOf(JsonElement json)
    {
        var given = json.Text("cloudInitUserData");
        if (json.Text("password") is not { } password)
        {
            return given;
        }

        var ours = "#cloud-config\n" + WritePassword(password) + "\n";
        if (given is null)
        {
            return ours;
        }

        // Found in neither part by construction: it is made from both.
        var boundary = "decloud-" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(given + ours)))[..32];
        return $"""
            Content-Type: multipart/mixed; boundary="{boundary}"
            MIME-Version: 1.0

            --{boundary}
            Content-Type: text/plain; charset="utf-8"

            {ours}
            --{boundary}
            Content-Type: text/plain; charset="utf-8"

            {given}
            --{boundary}--

            """.ReplaceLineEndings("\n");
    }

    private static string WritePassword(string password)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("password", password);
            writer.WriteStartObject("chpasswd");
            writer.WriteBoolean("expire", false);
            writer.WriteEndObject();
            writer.WriteBoolean("ssh_pwauth", true);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>A DNS label that is as near to the name as can be: the guest is called so.</summary>
    private static string LabelOf(string name, VmId vm)
    {
        var label = new StringBuilder(LongestName);
        foreach (var c in name)
        {
            var lower = char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
            if (label.Length < LongestName && (char.IsAsciiLetterLower(lower) || (label.Length > 0 && (char.IsAsciiDigit(lower) || lower is '-' or '_' or '.' or ' '))))
            {
                label.Append(char.IsAsciiLetterOrDigit(lower) ? lower : '-');
            }
        }

        var text = label.ToString().TrimEnd('-');
        return text.Length > 0 ? text : $"vm-{vm.ToString()[..8]}";
    }
}
