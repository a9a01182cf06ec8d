using System.Text;
using CliWrap;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Infrastructure.Qemu;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>The packet filter of Linux, through nft and, for one rule in libvirt's own chain, iptables. Calls follow each other, never at once.</summary>
/// <param name="options">How it is used.</param>
/// <param name="log">Told what was mended.</param>
internal sealed partial class NftPacketFilter(PacketFilterOptions options, ILogger<NftPacketFilter> log) : IPacketFilter, IDisposable
{
    private const int LongestOutput = 16 << 20;
    private static readonly string[] Families = ["inet", "bridge"];
    private readonly SemaphoreSlim _one = new(1);
    private NetworkRules? _applied;
    private string? _listed;
    private bool? _hasPassed;
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
            // A check needs the same right and the same kernel as the real thing, and changes nothing.
            var text = RuleText.Of(options.Table, Smallest);
            var (exitCode, _, complaint) = await NftAsync(["-c", "-f", "-"], text, cancellation).ConfigureAwait(false);
            return exitCode == 0 ? null : Unusable($"nft refuses the agent's rules: {complaint}. The agent needs CAP_NET_ADMIN, and the kernel nf_tables with NAT and bridge");
        }
        catch (FailureException failure)
        {
            return Unusable(failure.Message);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> ApplyAsync(NetworkRules rules, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (rules.IsEmpty && rules.Equals(_applied))
            {
                // Who wants nothing watches nothing.
                return false;
            }

            var now = await ListAsync(cancellation).ConfigureAwait(false);
            var isTouched = _applied is not null && now != _listed;
            if (isTouched || !rules.Equals(_applied))
            {
                var (exitCode, _, complaint) = await NftAsync(["-f", "-"], RuleText.Of(options.Table, rules), cancellation).ConfigureAwait(false);
                if (exitCode != 0)
                {
                    throw FailureException.Transient(FailureCodes.PacketFilterUnavailable, $"nft refused the rules (exit code {exitCode}): {complaint}");
                }

                _listed = await ListAsync(cancellation).ConfigureAwait(false);
                _applied = rules;
                if (isTouched)
                {
                    LogMended(options.Table);
                }
            }

            return await PassLibvirtAsync(rules, cancellation).ConfigureAwait(false) || isTouched;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<int, PortProtocol>> BusyPortsAsync(CancellationToken cancellation) => HostSockets.BusyAsync(cancellation);

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private static NetworkRules Smallest => new("lo", true, [], 1, 2, [], []);

    private static Failure Unusable(string why) => new(FailureCodes.PacketFilterUnavailable, $"The host's packet filter can't be used: {why}.", false);

    /// <summary>Everything in the agent's tables, without counters; a table that is not there is an empty text.</summary>
    private async Task<string> ListAsync(CancellationToken cancellation)
    {
        var all = new StringBuilder();
        foreach (var family in Families)
        {
            var (exitCode, output, _) = await NftAsync(["-s", "list", "table", family, options.Table], "", cancellation).ConfigureAwait(false);
            all.Append(exitCode == 0 ? output : "").Append('\0');
        }

        return all.ToString();
    }

    /// <returns>Whether the rule had been there and had to be put back.</returns>
    private async Task<bool> PassLibvirtAsync(NetworkRules rules, CancellationToken cancellation)
    {
        if (LibvirtFirewall.Program is not { } iptables || (_hasPassed == false && rules.Forwards.IsEmpty))
        {
            return false;
        }

        var (listCode, listing, _) = await RunAsync(iptables, LibvirtFirewall.List, "", cancellation).ConfigureAwait(false);
        if (LibvirtFirewall.Repair(listCode == 0 ? listing : null, options.Table, rules) is { } repair)
        {
            var restore = LibvirtFirewall.RestoreProgram
                ?? throw FailureException.Transient(FailureCodes.PacketFilterUnavailable, "The program iptables-restore is missing. Install the package iptables.");
            var (exitCode, _, complaint) = await RunAsync(restore, LibvirtFirewall.Restore, repair, cancellation).ConfigureAwait(false);
            if (exitCode != 0)
            {
                throw FailureException.Transient(FailureCodes.PacketFilterUnavailable, $"iptables refused the rule in libvirt's chain (exit code {exitCode}): {complaint}");
            }

            var isMended = _hasPassed == true && !rules.Forwards.IsEmpty;
            _hasPassed = !rules.Forwards.IsEmpty;
            return isMended;
        }

        _hasPassed = !rules.Forwards.IsEmpty;
        return false;
    }

    private Task<(int ExitCode, string Output, string Complaint)> NftAsync(IReadOnlyList<string> arguments, string input, CancellationToken cancellation) =>
        RunAsync(HostPrograms.Find("nft") ?? throw FailureException.Transient(FailureCodes.PacketFilterUnavailable, "The program nft is missing. Install the package nftables."), arguments, input, cancellation);

    private async Task<(int ExitCode, string Output, string Complaint)> RunAsync(string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stop.CancelAfter(options.Deadline);
        var output = new StringBuilder();
        var complaint = new StringBuilder();
        try
        {
            var result = await Cli.Wrap(program)
                .WithArguments(arguments)
                .WithWorkingDirectory("/")
                .WithEnvironmentVariables(e => e.Set("LC_ALL", "C"))
                .WithStandardInputPipe(PipeSource.FromString(input))
                .WithStandardOutputPipe(PipeTarget.ToDelegate(line => Append(output, line, LongestOutput)))
                .WithStandardErrorPipe(PipeTarget.ToDelegate(line => Append(complaint, line, 1024)))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(stop.Token)
                .ConfigureAwait(false);
            return (result.ExitCode, output.ToString(), complaint.ToString().ReplaceLineEndings(" ").Trim());
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw FailureException.Transient(FailureCodes.Timeout, $"{Path.GetFileName(program)} did not end within {options.Deadline.TotalSeconds:0} s.");
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw FailureException.Transient(FailureCodes.PacketFilterUnavailable, $"{program} could not be started: {error.Message}");
        }
    }

    private static void Append(StringBuilder text, string line, int most)
    {
        if (text.Length + line.Length < most)
        {
            text.Append(line).Append('\n');
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Somebody changed or removed the packet filter's table '{Table}'; it is made anew")]
    private partial void LogMended(string table);

    [LoggerMessage(2, LogLevel.Warning, "Ports {Start} to {End} of Ports:RangeStart to Ports:RangeEnd lie in this host's range for outgoing connections (net.ipv4.ip_local_port_range), so a program of the host may hold one that is to be forwarded; choose a range outside of it")]
    private partial void LogEphemeral(int start, int end);
}
