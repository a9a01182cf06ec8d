using System.Buffers.Text;
using System.Text.Json;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>An API key of the orchestrator, a JSON Web Token (RFC 7519). Only its maker can judge it; what it says is read to know which node it was issued for.</summary>
public static class IssuedKey
{
    /// <summary>The node that the key was issued for; null when it does not tell.</summary>
    /// <param name="apiKey">The key.</param>
    public static string? NodeIdOf(string apiKey)
    {
        ArgumentNullException.ThrowIfNull(apiKey);
        if (apiKey.Split('.') is not [_, var claims, _])
        {
            return null;
        }

        try
        {
            return JsonElement.Parse(Base64Url.DecodeFromChars(claims)).Text("node_id");
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }
}
