using System.Security.Cryptography;
using System.Text;

namespace DeCloud.NodeAgent.Security;

/// <summary>The token that callers must show. Only its hash is kept.</summary>
internal sealed class BearerToken(string token)
{
    private const string Scheme = "Bearer ";
    private readonly byte[] _hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Whether an Authorization header shows the token; takes as long for a wrong token as for a nearly right one.</summary>
    public bool IsShownBy(string? authorization) =>
        authorization is not null
        && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim())), _hash);
}
