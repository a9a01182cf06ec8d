using System.ComponentModel;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Infrastructure.Qemu;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>
/// The packet filter of Linux. The frame of the rules is made by the program nft, at the start and when somebody broke it; what VMs and ports add to it are elements of sets, which go to the
/// kernel directly, as does the question whether anybody has changed something. For one rule in libvirt's own chain there is iptables, or nft where libvirt uses that. Calls follow each other, never at once.
/// </summary>
/// <param name="options">How it is used.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told what was mended.</param>
internal sealed partial class NftPacketFilter(PacketFilterOptions options, TimeProvider time, ILogger<NftPacketFilter> log) : IPacketFilter, IDisposable
{
    /// <summary>How often the frame is made anew when others change the ruleset at the same moment, before what is there then is taken for it.</summary>
    private const int TriesToMake = 3;

    /// <summary>More elements than this at once are made with the frame, in one transaction that need not fit into a socket's buffer.</summary>
    private const int MostChanges = 1000;

    /// <summary>Who restarts a firewall makes many changes in a row; they are looked at once.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _one = new(1);
    private readonly LibvirtPass[] _passes = [.. new[] { LibvirtBackend.Iptables, LibvirtBackend.Nftables }.Select(b => new LibvirtPass(b, options.Table, options.Deadline, time))];
    private RuleCheck? _check;
    private RulesetWatch? _watch;
    private NetworkRules? _applied;
    private HashSet<FilterElement> _elements = [];
    private byte[] _frame = [];
    private uint _generation;
    private bool _hasWarned;

    /// <inheritdoc/>
    public async Task<Failure?> ProbeAsync(CancellationToken cancellation)
    {
        if (!_hasWarned && options.RangeStart > 0 && await EphemeralPorts.OverlapAsync(options.RangeStart, options.RangeEnd, cancellation).ConfigureAwait(false) is var (start, end))
        {
            _hasWarned = true;
            LogEphemeral(start, end);
        }

        if (HostPrograms.Find("nft") is null)
        {
            return Unusable("the program nft is missing. Install the package nftables");
        }

        try
        {
            using (var kernel = NfTables.Open())
            {
                // Costs no program where the right is missing.
                kernel.Generation();
            }

            // A check needs the same kernel as the real thing, and changes nothing.
            _check ??= new(stop => NftAsync(["-c", "-f", "-"], RuleText.Of(options.Table, Smallest), stop), time);
            return await _check.RefusalAsync(cancellation).ConfigureAwait(false) is not { } refusal ? null : Unusable($"nft refuses the agent's rules: {refusal}. The agent needs CAP_NET_ADMIN, and the kernel nf_tables with NAT and bridge");
        }
        catch (Win32Exception refusal)
        {
            return Unusable($"the kernel answers: {refusal.Message}. The agent needs CAP_NET_ADMIN, and the kernel nf_tables with NAT and bridge");
        }
        catch (FailureException failure)
        {
            return Unusable(failure.Message);
        }
    }

    /// <inheritdoc/>
    public async Task<FilterOutcome> ApplyAsync(NetworkRules rules, bool isSuspect, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (rules.IsEmpty && rules.Equals(_applied))
            {
                // Who wants nothing watches nothing.
                return new(false, null);
            }

            using var kernel = NfTables.Open();
            return new(await FollowAsync(kernel, rules, cancellation).ConfigureAwait(false), await LetThroughAsync(kernel, rules, isSuspect, cancellation).ConfigureAwait(false));
        }
        catch (Win32Exception refusal)
        {
            throw FailureException.Transient(FailureCodes.PacketFilterUnavailable, $"The kernel's packet filter answers: {refusal.Message}.");
        }
        catch (TimeoutException late)
        {
            throw FailureException.Transient(FailureCodes.Timeout, late.Message);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public async Task ChangedAsync(CancellationToken cancellation)
    {
        _watch ??= new();
        while (!await IsChangedAsync(cancellation).ConfigureAwait(false))
        {
            await _watch.NextAsync(cancellation).ConfigureAwait(false);
            await Task.Delay(Settling, time, cancellation).ConfigureAwait(false);
            _watch.Drain();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<int, PortProtocol>> BusyPortsAsync(CancellationToken cancellation) => HostSockets.BusyAsync(cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch?.Dispose();
        _one.Dispose();
    }

    private static NetworkRules Smallest => new("lo", true, [], 1, 2, [], []);

    private static Failure Unusable(string why) => new(FailureCodes.PacketFilterUnavailable, $"The host's packet filter can't be used: {why}.", false);

    private async Task<bool> IsChangedAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_applied is null or { IsEmpty: true })
            {
                return false;
            }

            using var kernel = NfTables.Open();
            return !IsAsMade(kernel) || _passes.Any(p => p.IsTouched(kernel));
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>
    /// libvirt takes the agent's rule with it whenever it makes its chains anew, as its daemon does at every start: that is nobody's meddling. And who has a port forwarded must not keep
    /// others from starting when libvirt's firewall takes no rule.
    /// </summary>
    /// <returns>Why forwarded ports are not let through.</returns>
    private async Task<Failure?> LetThroughAsync(NfTables kernel, NetworkRules rules, bool isSuspect, CancellationToken cancellation)
    {
        Failure? refused = null;
        foreach (var pass in _passes)
        {
            try
            {
                if (await pass.FollowAsync(kernel, rules, isSuspect, cancellation).ConfigureAwait(false))
                {
                    LogPutBack();
                }
            }
            catch (FailureException refusal)
            {
                refused ??= refusal.Failure;
            }
        }

        return refused;
    }

    /// <returns>Whether somebody had changed what an earlier call made.</returns>
    private async Task<bool> FollowAsync(NfTables kernel, NetworkRules rules, CancellationToken cancellation)
    {
        var isTouched = _applied is not null && !IsAsMade(kernel);
        if (!isTouched && rules.Equals(_applied))
        {
            return false;
        }

        if (isTouched || _applied is null || !RuleText.IsSameFrame(_applied, rules) || !Change(kernel, rules))
        {
            await MakeAsync(kernel, rules, cancellation).ConfigureAwait(false);
        }

        if (isTouched)
        {
            LogMended(options.Table);
        }

        return isTouched;
    }

    /// <summary>Whether the tables are as they were left. As long as nobody has changed anything in this namespace, one number tells.</summary>
    private bool IsAsMade(NfTables kernel)
    {
        if (kernel.Generation() == _generation)
        {
            return true;
        }

        // Others change the ruleset without a pause: the next look may meet one.
        if (kernel.Look(options.Table) is not { } image)
        {
            return true;
        }

        if (!image.Is(_frame, _elements))
        {
            return false;
        }

        _generation = image.Generation;
        return true;
    }

    /// <summary>Has the elements follow without a program, in one transaction.</summary>
    /// <returns>False when that did not go, or not as it should.</returns>
    private bool Change(NfTables kernel, NetworkRules rules)
    {
        var wanted = FilterElement.Of(rules);
        var removed = _elements.Except(wanted).ToList();
        var added = wanted.Except(_elements).ToList();
        if (removed.Count + added.Count > MostChanges)
        {
            return false;
        }

        if (removed.Count + added.Count > 0)
        {
            if (kernel.Change(options.Table, _generation, removed, added) is { } refusal)
            {
                LogRefused(refusal);
                return false;
            }

            // The change was for this generation alone, so it made the next one; after the last number comes 1.
            _generation = _generation == uint.MaxValue ? 1 : _generation + 1;
        }

        _elements = wanted;
        _applied = rules;
        return true;
    }

    private async Task MakeAsync(NfTables kernel, NetworkRules rules, CancellationToken cancellation)
    {
        var text = RuleText.Of(options.Table, rules);
        var wanted = FilterElement.Of(rules);
        for (var tries = 1; ; tries++)
        {
            var before = kernel.Generation();
            var made = await NftAsync(["-f", "-"], text, cancellation).ConfigureAwait(false);
            if (!made.IsDone)
            {
                throw FailureException.Transient(FailureCodes.PacketFilterUnavailable, $"nft refused the rules ({made})");
            }

            if (kernel.Look(options.Table) is { } image && image.Elements.SetEquals(wanted) && (image.Generation == before + 1 || tries >= TriesToMake))
            {
                (_applied, _elements, _frame, _generation) = (rules, wanted, image.Frame, image.Generation);
                return;
            }

            if (tries >= TriesToMake)
            {
                throw FailureException.Transient(FailureCodes.PacketFilterUnavailable, $"Others keep changing the host's packet filter, so it is not sure that the rules of the table '{options.Table}' are in force.");
            }
        }
    }

    private async Task<ToolResult> NftAsync(IReadOnlyList<string> arguments, string input, CancellationToken cancellation) => HostPrograms.Find("nft") is { } nft
        ? await HostTool.RunFileAsync(nft, arguments, options.Deadline, cancellation, input).ConfigureAwait(false)
        : throw FailureException.Transient(FailureCodes.PacketFilterUnavailable, "The program nft is missing. Install the package nftables.");

    [LoggerMessage(1, LogLevel.Warning, "Somebody changed or removed the packet filter's table '{Table}'; it is made anew")]
    private partial void LogMended(string table);

    [LoggerMessage(2, LogLevel.Warning, "Ports {Start} to {End} of Ports:RangeStart to Ports:RangeEnd lie in this host's range for outgoing connections (net.ipv4.ip_local_port_range), so a program of the host may hold one that is to be forwarded; choose a range outside of it")]
    private partial void LogEphemeral(int start, int end);

    [LoggerMessage(3, LogLevel.Information, "The packet filter took no single changes, so its tables are made anew: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(4, LogLevel.Information, "libvirt made its firewall's chain anew; the rule that lets forwarded ports through is back in it")]
    private partial void LogPutBack();
}
