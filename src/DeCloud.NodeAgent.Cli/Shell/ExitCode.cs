namespace DeCloud.NodeAgent.Cli.Shell;

/// <summary>How the program ends. Stable: scripts depend on the numbers.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The agent refused the request, or the operation failed or was superseded.</summary>
    public const int Refused = 1;

    /// <summary>The command line, or something it names such as a file, is wrong; an ambiguous name too.</summary>
    public const int Usage = 2;

    /// <summary>The agent can't be reached.</summary>
    public const int NotReachable = 3;

    /// <summary>What was named is not there (any more).</summary>
    public const int NotFound = 4;

    /// <summary>It took longer than <c>--timeout</c>. What was accepted goes on.</summary>
    public const int Timeout = 5;

    /// <summary>The agent asks for a token, and none or a wrong one was shown.</summary>
    public const int Unauthorized = 6;

    /// <summary><c>EX_SOFTWARE</c> of sysexits.h: a defect of this program.</summary>
    public const int Defect = 70;

    /// <summary>128 and the number of SIGINT, as shells have it. What was accepted goes on.</summary>
    public const int Interrupted = 130;

    /// <summary>The codes for people, as the help shows them.</summary>
    public const string Help =
        "Exit codes: 0 done; 1 refused by the agent, or the operation failed; 2 wrong usage; 3 agent not reachable; 4 not found; 5 timeout; 6 token missing or wrong; 130 interrupted.";
}

/// <summary>Ends the command with a message for people.</summary>
internal sealed class CliException(int exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>How the program ends.</summary>
    public int ExitCode => exitCode;
}
