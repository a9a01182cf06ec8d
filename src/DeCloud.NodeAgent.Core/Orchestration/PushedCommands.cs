using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>
/// A command that somebody sent to the node's own API. It is believed only with a signature: an HMAC-SHA256 over <c>timestamp.body</c> under the key that both sides have, the Base64
/// of the API key's SHA-256. Without one it is no more than a hint that commands may wait at the orchestrator, which confirms it by giving the same.
/// </summary>
public static class PushProof
{
    /// <summary>How far the signature's time may be from now.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(2);

    /// <summary>The header of the signature, <c>v1=</c> and 64 hexadecimal digits.</summary>
    public const string SignatureHeader = "X-DeCloud-Signature";

    /// <summary>The header of the time, in seconds since 1970.</summary>
    public const string TimestampHeader = "X-DeCloud-Timestamp";

    private const string Version = "v1=";

    /// <summary>The signature of a body.</summary>
    /// <param name="apiKey">The node's API key.</param>
    /// <param name="timestamp">Seconds since 1970.</param>
    /// <param name="body">The body.</param>
    public static string Sign(string apiKey, string timestamp, ReadOnlySpan<byte> body)
    {
        var key = Encoding.ASCII.GetBytes(Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(apiKey))));
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.ASCII.GetBytes(timestamp + "."));
        hmac.AppendData(body);
        return Version + Convert.ToHexStringLower(hmac.GetHashAndReset());
    }

    /// <summary>Whether a body was signed by who knows the API key, not long ago.</summary>
    /// <param name="apiKey">The node's API key.</param>
    /// <param name="timestamp">The header's time.</param>
    /// <param name="signature">The header's signature.</param>
    /// <param name="body">The body.</param>
    /// <param name="now">Now.</param>
    public static bool Holds(string apiKey, string? timestamp, string? signature, ReadOnlySpan<byte> body, DateTimeOffset now) =>
        signature is not null
        && long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && seconds < DateTimeOffset.MaxValue.ToUnixTimeSeconds()
        && (now - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() <= Window
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(signature), Encoding.UTF8.GetBytes(Sign(apiKey, timestamp!, body)));
}

/// <summary>How many pushes are listened to: some at once, then one a second, so that nobody can have the node ask the orchestrator without end. Pure.</summary>
/// <param name="Left">Pushes that may still come at once.</param>
/// <param name="At">When that was reckoned.</param>
public sealed record PushAllowance(double Left, DateTimeOffset At)
{
    /// <summary>The most at once.</summary>
    public const int Most = 20;

    private const double PerSecond = 1;

    /// <summary>Takes one.</summary>
    /// <param name="now">Now.</param>
    /// <returns>What is left, and whether there was one.</returns>
    public (PushAllowance After, bool IsAllowed) Take(DateTimeOffset now)
    {
        var left = Math.Min(Most, Left + (Math.Max(0, (now - At).TotalSeconds) * PerSecond));
        return left >= 1 ? (new(left - 1, now), true) : (new(left, now), false);
    }
}
