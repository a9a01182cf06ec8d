using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Infrastructure.WireGuard;

/// <summary>The host's tools for the network, and what their failures mean for the overlay.</summary>
internal static class NetworkTools
{
    private static readonly TimeSpan ToolDeadline = TimeSpan.FromSeconds(5);

    /// <summary>Runs a tool that must succeed.</summary>
    public static async Task<ToolResult> DoneAsync(string tool, IReadOnlyList<string> arguments, string what, CancellationToken cancellation, string? input = null)
    {
        var result = await RunAsync(tool, arguments, cancellation, input);
        return result.IsDone ? result : throw Failed(result, tool, what);
    }

    /// <summary>Runs a tool, whatever becomes of it.</summary>
    public static async Task<ToolResult> RunAsync(
        string tool, IReadOnlyList<string> arguments, CancellationToken cancellation, string? input = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        try
        {
            return await HostTool.RunAsync(tool, arguments, ToolDeadline, cancellation, input, environment);
        }
        catch (TimeoutException e)
        {
            throw Unavailable($"{e.Message} If the interface is wireguard-go's, its process may hang.", e);
        }
    }

    /// <summary>What a tool that failed comes to, with the remedy.</summary>
    public static FailureException Failed(ToolResult result, string tool, string what) =>
        result.ExitCode == ToolResult.NotInstalled ? Unavailable($"The program {tool} is missing. Install the package {(tool == "wg" ? "wireguard-tools" : tool == "ip" ? "iproute2" : tool == "nft" ? "nftables" : "util-linux")}.")
        : result.Says("Operation not permitted", "Permission denied") ? Unavailable($"The agent may not {what}. Run it as root, or give it CAP_NET_ADMIN.")
        : result.Says("Address already in use") ? Unavailable($"The agent could not {what}: the UDP port is taken. Stop the other program, or set WireGuard:ListenPort to another port.")
        : Unavailable($"The agent could not {what}: {Words(result)}");

    private static string Words(ToolResult result) => result.Complaint.Length > 0 ? $"{result.Complaint.TrimEnd('.')}." : $"exit code {result.ExitCode}.";

    /// <summary>The overlay can't be used for a cause that may pass.</summary>
    public static FailureException Unavailable(string message, Exception? cause = null) => FailureException.Transient(FailureCodes.WireGuardUnavailable, message, cause);
}
