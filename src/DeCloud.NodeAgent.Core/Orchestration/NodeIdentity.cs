using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>What the node is to an orchestrator: its id, the hash of its settings, and the text its wallet signs. All of it is fixed by the orchestrator's contract.</summary>
public static class NodeIdentity
{
    /// <summary>Where a node is that says nothing of it.</summary>
    public const string DefaultRegion = "default";

    /// <summary>The country of a node that says nothing of it (ISO 3166 user-assigned code).</summary>
    public const string DefaultCountry = "ZZ";

    /// <summary>What the orchestrator of today takes the default region for when it hashes the settings of a node by itself.</summary>
    private const string RegionMistaken = "unknown";

    /// <summary>The node's id: the first 16 bytes of a SHA-256 over machine and wallet, read as .NET reads a GUID's bytes.</summary>
    /// <param name="machineId">The machine's stable id.</param>
    /// <param name="wallet">The wallet's address.</param>
    public static Guid NodeIdOf(string machineId, string wallet)
    {
        ArgumentNullException.ThrowIfNull(wallet);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{machineId}:{Lower(wallet)}:decloud-node-v1"));
        return new(hash.AsSpan(0, 16));
    }

    /// <summary>The hash by which the orchestrator sees that a node's settings changed: SHA-256 in lower-case hexadecimal.</summary>
    /// <param name="country">ISO 3166 alpha-2 code.</param>
    /// <param name="region">The region.</param>
    /// <param name="wallet">The wallet's address.</param>
    public static string SettingsHash(string country, string region, string wallet)
    {
        ArgumentNullException.ThrowIfNull(country);
        ArgumentNullException.ThrowIfNull(region);
        ArgumentNullException.ThrowIfNull(wallet);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"country:{country.ToUpperInvariant()}\nregion:{Lower(region)}\nwallet:{Lower(wallet)}")));
    }

    /// <summary>
    /// Whether a drift of settings is the orchestrator's own mistake: it hashes "unknown" where the node rightly says "default", and would refuse the node's login for ever. The remedy is to
    /// send no hash.
    /// </summary>
    /// <param name="settings">The node's settings.</param>
    /// <param name="expectedHash">The hash that the orchestrator expects.</param>
    public static bool IsMistakenDrift(OrchestratorSettings settings, string? expectedHash)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings.Region.Equals(DefaultRegion, StringComparison.OrdinalIgnoreCase)
            && string.Equals(expectedHash, SettingsHash(settings.Country, RegionMistaken, settings.Wallet), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The text that the node's wallet signs to register. Its signature is also the acceptance of the terms of service it names.</summary>
    /// <param name="settings">The node's settings.</param>
    /// <param name="terms">The terms that the operator accepted.</param>
    /// <param name="at">Now.</param>
    public static string RegistrationMessage(OrchestratorSettings settings, Terms terms, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(terms);
        return string.Join(
            '\n',
            "DeCloud node registration",
            "",
            $"Wallet: {settings.Wallet}",
            $"Machine ID: {settings.MachineId}",
            $"Country: {settings.Country}",
            $"Region: {settings.Region}",
            $"Timestamp: {at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}",
            $"Terms of Service version: {terms.Version}",
            $"Terms of Service hash: {terms.Hash}");
    }

    /// <summary>Whether a text is an Ethereum address that is not zero.</summary>
    /// <param name="text">The text.</param>
    public static bool IsWallet(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length == 42 && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && text[2..].All(char.IsAsciiHexDigit) && text.AsSpan(2).IndexOfAnyExcept('0') >= 0;
    }

    // The contract hashes these in lower case.
#pragma warning disable CA1308
    private static string Lower(string text) => text.ToLowerInvariant();
#pragma warning restore CA1308
}
