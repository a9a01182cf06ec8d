namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>How patient the agent is with a VM.</summary>
public sealed record VmPolicy
{
    /// <summary>How long a guest has to power off or reboot when it was asked, before power is cut or the machine reset. 1 s to 1 h; the default is what aleph's stop ladder gives.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long after one request the guest is asked again: a guest that was still booting has not heard the first.</summary>
    public TimeSpan AskAgainAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The pause after the first failure; it doubles with each further one.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause between two tries.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After how many failed tries an operation ends as failed. The VM is tried on all the same.</summary>
    public int AttemptsPerOperation { get; init; } = 5;

    /// <summary>How long a VM must have run for its next crash to count as the first.</summary>
    public TimeSpan CrashForgottenAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long after a reboot further ones are taken for a part of it: firmware resets the machine once or twice more, and a guest that resets itself in a circle shall not fill the journal.</summary>
    public TimeSpan RebootSettlesWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The pause before a try, doubled per failure up to the longest, and spread by up to a fifth so that VMs that failed together do not return together.</summary>
    /// <param name="id">The VM; its UUID decides the spread, so that replays agree.</param>
    /// <param name="failures">How many failures there were, at least 1.</param>
    public TimeSpan PauseAfter(VmId id, int failures)
    {
        var doubled = FirstPause * Math.Pow(2, Math.Min(failures, 30) - 1);
        var bounded = doubled < LongestPause ? doubled : LongestPause;
        var spread = HashCode(id, failures) % 1000 / 5000.0;
        return bounded * (1 - spread);
    }

    private static uint HashCode(VmId id, int failures)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes);
        var hash = (uint)failures * 2654435761;
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash;
    }
}
