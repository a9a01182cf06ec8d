using DeCloud.NodeAgent.Configuration;

namespace DeCloud.NodeAgent.Security;

/// <summary>Who has shown to be the node's operator: whoever could open the agent's socket, or knows its token. Being on the same machine is not enough.</summary>
/// <param name="Way">How: <c>socket</c> or <c>token</c>.</param>
/// <param name="Name">Who, for the log.</param>
internal sealed record Operator(string Way, string Name)
{
    /// <summary>The operator behind a request that passed the <see cref="Gate"/>; null when nothing shows that it is one.</summary>
    public static Operator? Of(HttpContext http, HttpSection options) =>
        LocalCaller.Is(http) ? new("socket", "operator on the agent's socket")
        : options.ApiToken is not null ? new("token", $"operator with the token at {http.Connection.RemoteIpAddress}")
        : null;

    /// <summary>How a caller who has shown nothing is named in the log.</summary>
    public static string Unknown(HttpContext http) => $"caller at {http.Connection.RemoteIpAddress}";
}
