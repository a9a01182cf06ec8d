using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Api.Vms;

/// <summary>Says everything that is wrong with a VM that is asked for, before anything is touched. Pure.</summary>
/// <param name="Limits">What a VM may be.</param>
/// <param name="Urls">Where its image may come from.</param>
internal sealed partial record CreateVmValidation(VmsSection Limits, ImageUrlPolicy Urls)
{
    private const long MiB = 1L << 20;
    private const long LeastMemory = 64 * MiB;
    private const int Sector = 512;
    private const int MostUserData = 64 * 1024;
    private const int MostLabels = 32;
    private const int MostLabelValue = 255;

    /// <summary>Everything that is wrong.</summary>
    public FieldErrors Check(CreateVmRequest request)
    {
        var errors = new FieldErrors();
        if (request.Id == Guid.Empty)
        {
            errors.Add("id", request.Id.ToString(), "must not be the empty UUID; leave it out to have one made up.");
        }

        if (!Name().IsMatch(request.Name))
        {
            errors.Add("name", request.Name, "must be a DNS label: 1 to 63 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen.");
        }

        if (request.VCpus < 1 || request.VCpus > Limits.MaxVCpus)
        {
            errors.Add("vCpus", Show(request.VCpus), $"must be 1 to {Limits.MaxVCpus}.");
        }

        if (request.MemoryBytes < LeastMemory || request.MemoryBytes > Limits.MaxMemoryBytes || request.MemoryBytes % MiB != 0)
        {
            errors.Add("memoryBytes", Show(request.MemoryBytes), $"must be a multiple of 1 MiB (1048576), from {SettingFormats.ShowBytes(LeastMemory)} to {SettingFormats.ShowBytes(Limits.MaxMemoryBytes)}.");
        }

        if (request.DiskBytes < MiB || request.DiskBytes > Limits.MaxDiskBytes || request.DiskBytes % Sector != 0)
        {
            errors.Add("diskBytes", Show(request.DiskBytes), $"must be a multiple of {Sector}, from 1 MiB to {SettingFormats.ShowBytes(Limits.MaxDiskBytes)}.");
        }

        CheckImage(errors, Urls, "baseImageUrl", request.BaseImageUrl, "baseImageHash", request.BaseImageHash);
        if (request.SshPublicKey.Length > 0 && SshPublicKey.Check(request.SshPublicKey) is { } key)
        {
            errors.Add("sshPublicKey", request.SshPublicKey, key);
        }

        // Not repeated: user data holds secrets as a rule.
        if (request.UserData is { } userData && (userData.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(userData) > MostUserData))
        {
            errors.Add("userData", null, "must be at most 64 KiB in UTF-8, without NUL characters.");
        }

        CheckGpus(errors, request.Gpus);
        CheckLabels(errors, request.Labels);
        return errors;
    }

    /// <summary>Says what is wrong with an image that is asked for.</summary>
    public static void CheckImage(FieldErrors errors, ImageUrlPolicy urls, string urlField, string url, string hashField, string hash)
    {
        if (!urls.TryAccept(url, isPinned: hash.Length > 0, out _, out var refusal))
        {
            errors.Add(urlField, url, refusal.Message);
        }

        if (hash.Length > 0 && !ImageDigest.TryParse(hash, out _))
        {
            errors.Add(hashField, hash, "must be 'sha256:' and 64 hexadecimal digits, or empty to accept and record what comes.");
        }
    }

    /// <summary>What a request that was found right asks for.</summary>
    public static VmSpec SpecOf(CreateVmRequest request) => new(
        request.Name,
        request.VCpus,
        request.MemoryBytes,
        request.DiskBytes,
        request.BaseImageUrl,
        request.BaseImageHash.Length > 0 ? ImageDigest.Parse(request.BaseImageHash) : null,
        request.SshPublicKey,
        !string.IsNullOrEmpty(request.UserData),
        (request.Labels ?? ImmutableSortedDictionary<string, string>.Empty).ToImmutableSortedDictionary(StringComparer.Ordinal));

    private static void CheckGpus(FieldErrors errors, IReadOnlyList<string>? gpus)
    {
        if (gpus is null)
        {
            return;
        }

        if (gpus.Count > GpuWish.Most)
        {
            errors.Add("gpus", null, $"must be at most {GpuWish.Most}; there are {gpus.Count}.");
        }

        foreach (var gpu in gpus.Where(g => g is null || !GpuWish.IsOne(g)))
        {
            errors.Add("gpus", gpu, $"has an item that is neither '{GpuWish.Any}' nor a PCI address in lower case, such as 0000:65:00.0.");
        }

        foreach (var twice in gpus.Where(g => g is not (null or GpuWish.Any)).CountBy(g => g).Where(g => g.Value > 1))
        {
            errors.Add("gpus", twice.Key, "is asked for more than once.");
        }
    }

    private static void CheckLabels(FieldErrors errors, IReadOnlyDictionary<string, string>? labels)
    {
        if (labels is null)
        {
            return;
        }

        if (labels.Count > MostLabels)
        {
            errors.Add("labels", null, $"must be at most {MostLabels}; there are {labels.Count}.");
        }

        foreach (var (key, value) in labels)
        {
            if (!LabelKey().IsMatch(key))
            {
                errors.Add("labels", key, "has a key that is not 1 to 63 ASCII letters, digits, '.', '_', '-' or '/', beginning and ending with a letter or digit.");
            }
            else if (value.Length > MostLabelValue || value.Any(char.IsControl))
            {
                errors.Add($"labels.{key}", value, $"must be at most {MostLabelValue} characters without control characters.");
            }
        }
    }

    private static string Show(long value) => value.ToString(CultureInfo.InvariantCulture);

    // \z and not $: the latter would let a newline at the end pass.
    [GeneratedRegex(@"\A[a-z]([-a-z0-9]{0,61}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[A-Za-z0-9]([-._/A-Za-z0-9]{0,61}[A-Za-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex LabelKey();
}
