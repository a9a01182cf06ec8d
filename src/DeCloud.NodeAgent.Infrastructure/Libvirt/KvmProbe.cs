using System.Runtime.InteropServices;

namespace DeCloud.NodeAgent.Infrastructure.Libvirt;

/// <summary>Looks at this host's hardware virtualisation, as far as files tell it.</summary>
internal static class KvmProbe
{
    private const string Device = "/dev/kvm";

    /// <summary>Whether the CPU has the flag that KVM needs (proc(5), <c>flags</c> in /proc/cpuinfo). Architectures other than x86 have none to look for.</summary>
    public static bool HasCpuFlag(string cpuInfo)
    {
        if (RuntimeInformation.OSArchitecture is not (Architecture.X64 or Architecture.X86))
        {
            return true;
        }

        foreach (var line in cpuInfo.AsSpan().EnumerateLines())
        {
            if (line.IndexOf(':') is not (>= 0 and var colon) || !line[..colon].Trim().SequenceEqual("flags"))
            {
                continue;
            }

            foreach (var range in line.Split(' '))
            {
                if (line[range] is "vmx" or "svm")
                {
                    return true;
                }
            }
        }

        return false;
    }

    public static async Task<bool> HasCpuFlagAsync(CancellationToken cancellation) =>
        File.Exists("/proc/cpuinfo") && HasCpuFlag(await File.ReadAllTextAsync("/proc/cpuinfo", cancellation).ConfigureAwait(false));

    public static bool DeviceOpens()
    {
        try
        {
            using var device = File.OpenHandle(Device, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
