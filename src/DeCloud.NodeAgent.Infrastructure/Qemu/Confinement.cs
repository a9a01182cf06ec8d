using System.Globalization;
using CliWrap;
using DeCloud.NodeAgent.Core.Node;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Qemu;

/// <summary>What a confined program may use.</summary>
/// <param name="FileBytes">The longest file it may write.</param>
/// <param name="MemoryBytes">Its address space.</param>
/// <param name="CpuSeconds">Processor time.</param>
internal sealed record ConfinementLimits(long FileBytes, long MemoryBytes, long CpuSeconds);

/// <summary>
/// Puts bounds around a program that reads what a stranger made: resource limits (prlimit), no new privileges (setpriv) and no network (unshare, or decloud's filter of system
/// calls where no namespace may be made, as in the packaged service), each by a small program that replaces itself by the next, so that the process that is killed on cancellation
/// is the tool itself. Without prlimit and setpriv nothing is run at all. Without any way to take the network away the program keeps the host's: the inspection of the
/// header has then refused what names a server already, and this second fence is missing; the log says so once.
/// </summary>
internal sealed partial class Confinement
{
    private static readonly TimeSpan ProbeDeadline = TimeSpan.FromSeconds(5);
    private readonly string _prlimit;
    private readonly IReadOnlyList<string> _withoutPrivileges;
    private readonly IReadOnlyList<string> _withoutNetwork;

    private Confinement(string prlimit, IReadOnlyList<string> withoutPrivileges, IReadOnlyList<string> withoutNetwork) =>
        (_prlimit, _withoutPrivileges, _withoutNetwork) = (prlimit, withoutPrivileges, withoutNetwork);

    /// <summary>Whether programs run without a network.</summary>
    public bool HasNoNetwork => _withoutNetwork.Count > 0;

    /// <summary>Finds the programs and tries which namespaces this process may make.</summary>
    /// <param name="log">Told what was found.</param>
    /// <param name="cancellation">Stops the trial.</param>
    /// <exception cref="FailureException">prlimit or setpriv is missing.</exception>
    public static async Task<Confinement> DiscoverAsync(ILogger log, CancellationToken cancellation)
    {
        var prlimit = HostPrograms.Find("prlimit") ?? throw Missing("prlimit");
        var setpriv = HostPrograms.Find("setpriv") ?? throw Missing("setpriv");

        // What holds for this process holds for all it starts, and the service's filter of system calls does not let setpriv say it once more.
        IReadOnlyList<string> withoutPrivileges = await HasNoNewPrivilegesAsync(cancellation) ? [] : [setpriv, "--no-new-privs"];
        (string Name, string? Program, string[] Arguments)[] ways =
        [
            ("a network namespace", HostPrograms.Find("unshare"), ["--net"]),
            ("a network namespace within a user namespace", HostPrograms.Find("unshare"), ["--user", "--map-current-user", "--net"]),
            ("a filter of system calls", HostPrograms.Find("decloud"), ["without-network"]),
        ];
        foreach (var (name, program, arguments) in ways)
        {
            if (program is not null && await WorksAsync([program, .. arguments, .. withoutPrivileges, prlimit, "--core=0"], cancellation))
            {
                LogConfined(log, name);
                return new(prlimit, withoutPrivileges, [program, .. arguments]);
            }
        }

        LogNetworkStays(log);
        return new(prlimit, withoutPrivileges, []);
    }

    /// <summary>The command that runs a program within bounds.</summary>
    /// <param name="program">Its absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="limits">What it may use.</param>
    /// <returns>The absolute path of the program to start, and its arguments.</returns>
    public (string Program, IReadOnlyList<string> Arguments) Wrap(string program, IReadOnlyList<string> arguments, ConfinementLimits limits)
    {
        // The limits come last of all, so that they are the program's and not those of what fences it in.
        IReadOnlyList<string> all =
        [
            .. _withoutNetwork,
            .. _withoutPrivileges,
            _prlimit,
            Limit("--fsize=", limits.FileBytes),
            Limit("--as=", limits.MemoryBytes),
            Limit("--cpu=", limits.CpuSeconds),
            "--core=0",
            "--nofile=256",
            program,
            .. arguments,
        ];
        return (all[0], [.. all.Skip(1)]);
    }

    private static string Limit(string name, long value) => string.Create(CultureInfo.InvariantCulture, $"{name}{value}");

    private static async Task<bool> HasNoNewPrivilegesAsync(CancellationToken cancellation)
    {
        const string status = "/proc/self/status";
        return File.Exists(status) && (await File.ReadAllLinesAsync(status, cancellation)).Contains("NoNewPrivs:\t1");
    }

    private static async Task<bool> WorksAsync(string[] command, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(ProbeDeadline);
        try
        {
            // Without a program behind them the limits of the process itself are printed.
            var result = await Cli.Wrap(command[0]).WithArguments(command[1..]).WithValidation(CommandResultValidation.None).ExecuteAsync(deadline.Token);
            return result.ExitCode == 0;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    private static FailureException Missing(string program) => FailureException.Permanent(
        FailureCodes.HostError, $"The program {program} is missing, without which images are not converted. Install the package util-linux.");

    [LoggerMessage(EventId = 2101, Level = LogLevel.Information, Message = "Image conversion runs with resource limits, no new privileges and no network, by {Way}.")]
    private static partial void LogConfined(ILogger logger, string way);

    [LoggerMessage(EventId = 2102, Level = LogLevel.Warning, Message = "Image conversion runs with resource limits and no new privileges, but keeps the host's network: no network namespace may be made here, and decloud is not installed.")]
    private static partial void LogNetworkStays(ILogger logger);
}
