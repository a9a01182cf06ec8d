using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>Asks nft whether the kernel takes the agent's rules. Each time is a program, and what is missing seldom comes by itself: the longer it refuses, the more seldom it is asked.</summary>
/// <param name="check">Runs nft.</param>
/// <param name="time">The clock.</param>
internal sealed class RuleCheck(Func<CancellationToken, Task<ToolResult>> check, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private string? _refusal;
    private TimeSpan _pause;
    private long _askedAt;

    /// <summary>Why the rules are not taken, by what nft said last; null when they are.</summary>
    /// <param name="cancellation">Gives up.</param>
    public async Task<string?> RefusalAsync(CancellationToken cancellation)
    {
        if (_refusal is null || time.GetElapsedTime(_askedAt) >= _pause)
        {
            var result = await check(cancellation).ConfigureAwait(false);
            _askedAt = time.GetTimestamp();
            _pause = _refusal is null ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            _refusal = result.IsDone ? null : result.Complaint;
        }

        return _refusal;
    }
}
