using System.Globalization;
using System.Text;
using System.Text.Json;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Cli.Agent;

/// <summary>The agent refused a request.</summary>
internal sealed class ProblemException : Exception
{
    private const string TypePrefix = "/docs/errors#";

    /// <summary>Which option says what a field of a request says.</summary>
    private static readonly Dictionary<string, string> Options = new()
    {
        ["name"] = "NAME", ["vCpus"] = "--cpus", ["memoryBytes"] = "--memory", ["diskBytes"] = "--disk", ["baseImageUrl"] = "--image", ["baseImageHash"] = "--hash",
        ["sshPublicKey"] = "--ssh-key", ["userData"] = "--user-data", ["labels"] = "--label", ["id"] = "--id", ["url"] = "IMAGE", ["hash"] = "--hash", ["Idempotency-Key"] = "--idempotency-key",
    };

    private ProblemException(int status, string code, string body, string message)
        : base(message)
    {
        Status = status;
        Code = code;
        Body = body;
    }

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    /// <summary>The problem's code; empty when the answer is no problem document.</summary>
    public string Code { get; }

    /// <summary>The answer as it came.</summary>
    public string Body { get; }

    /// <summary>How the program ends.</summary>
    public int ExitCode => Status switch
    {
        401 => Shell.ExitCode.Unauthorized,
        404 or 410 => Shell.ExitCode.NotFound,
        _ => Shell.ExitCode.Refused,
    };

    /// <summary>Reads a refusal.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The answer.</param>
    /// <param name="address">Who answered.</param>
    public static ProblemException Of(int status, string body, AgentAddress address)
    {
        try
        {
            if (JsonSerializer.Deserialize(body, AgentClient.Types.ProblemResource) is { } problem)
            {
                var code = problem.Type.StartsWith(TypePrefix, StringComparison.Ordinal) ? problem.Type[TypePrefix.Length..] : problem.Type;
                return new(status, code, body, Describe(problem, code));
            }
        }
        catch (JsonException)
        {
            // A proxy in between, or no agent at all.
        }

        return new(status, "", body, string.Create(CultureInfo.InvariantCulture, $"{address.Shown} answered with HTTP status {status} and no word of an agent. Is this its address?"));
    }

    private static string Describe(ProblemResource problem, string code)
    {
        var text = new StringBuilder(problem.Detail);
        foreach (var (field, errors) in problem.Errors ?? new Dictionary<string, IReadOnlyList<FieldErrorResource>>())
        {
            var name = Options.TryGetValue(field, out var option) ? $"{option} ({field})" : field;
            foreach (var error in errors)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n  {name}: {error.Reason}{(error.Value is { } value ? $" Given was '{value}'." : "")}");
            }
        }

        if (code == "unauthorized")
        {
            text.Append("\nShow the agent's token with --token-file or DECLOUD_TOKEN_FILE, or go through its socket.");
        }

        return text.Append(CultureInfo.InvariantCulture, $"\nproblem {code}, status {problem.Status}, trace id {problem.TraceId}").ToString();
    }
}
