using System.Net;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Infrastructure.Orchestrator;

namespace DeCloud.NodeAgent.Configuration;

/// <summary>Reads and checks the section <c>Orchestrator</c>.</summary>
internal static class OrchestratorConfiguration
{
    private const int LongestKey = 4096;
    private const int LongestWord = 64;

    /// <summary>Reads the section.</summary>
    public static OrchestratorSection Read(SettingsReader reader, Func<string, Parsed<string>> readSecret)
    {
        var baseUrl = reader.Read("Orchestrator:BaseUrl", null, "none", "Where the orchestrator is: https, or http to this machine.", SettingFormats.WebUrl);
        var key = reader.Read<string?>("Orchestrator:ApiKey", null, "none", "What the node shows to the orchestrator, when it was issued to the operator.", ApiKey, isSecret: true);
        var keyFromFile = reader.Read<string?>(
            "Orchestrator:ApiKeyFile", null, "none", "The file that holds it; better than Orchestrator:ApiKey, which every reader of the environment or the process list sees.", text => Secret(text, readSecret, ApiKey));
        if (key is not null && keyFromFile is not null)
        {
            reader.Add("Orchestrator:ApiKeyFile", "is set together with Orchestrator:ApiKey.", "Set one of the two.");
        }

        var walletKey = reader.Read<WalletKey?>("Orchestrator:WalletKeyFile", null, "none", "The file that holds the wallet's private key in hexadecimal, with which the node registers by itself.", text => Secret(text, readSecret, PrivateKey));
        var wallet = reader.Read<string?>("Orchestrator:Wallet", null, "the wallet of WalletKeyFile", "The wallet's address.", Address);
        if (walletKey is not null && wallet is not null && !wallet.Equals(walletKey.Address, StringComparison.OrdinalIgnoreCase))
        {
            reader.Add("Orchestrator:Wallet", $"is not the wallet of Orchestrator:WalletKeyFile, which is {walletKey.Address}.", "Correct one of the two, or leave the address out.");
        }

        var message = reader.Read<string?>("Orchestrator:MessageFile", null, "none", "The file of a registration that was signed elsewhere.", Path);
        var signature = reader.Read<string?>("Orchestrator:SignatureFile", null, "none", "The file of its signature.", Path);
        var version = reader.Read<string?>("Orchestrator:AcceptTermsVersion", null, "none", "The version of the orchestrator's terms of service that the operator accepts.", Word);
        var hash = reader.Read<string?>("Orchestrator:AcceptTermsHash", null, "none", "The SHA-256 of their text.", Hash);
        return new(baseUrl, key ?? keyFromFile)
        {
            WalletKey = walletKey,
            Wallet = walletKey?.Address ?? wallet,
            MessageFile = message,
            SignatureFile = signature,
            MachineId = reader.Read<string?>("Orchestrator:MachineId", null, "/etc/machine-id", "What names the machine for good; the node's id comes from it and from the wallet.", Word),
            Name = reader.Read<string?>("Orchestrator:Name", null, "the host's name", "The node's name.", Word),
            Region = reader.Read("Orchestrator:Region", NodeIdentity.DefaultRegion, NodeIdentity.DefaultRegion, "The orchestrator's word for the region.", PlainWord),
            Zone = reader.Read("Orchestrator:Zone", NodeIdentity.DefaultRegion, NodeIdentity.DefaultRegion, "The orchestrator's word for the zone.", PlainWord),
            Country = reader.Read("Orchestrator:Country", NodeIdentity.DefaultCountry, NodeIdentity.DefaultCountry, "The country, by its two letters of ISO 3166; ZZ for none.", Country),
            PublicIp = reader.Read<IPAddress?>("Orchestrator:PublicIp", null, "none", "The address at which the node is reached from outside.", Ip),
            AgentPort = reader.Read("Orchestrator:AgentPort", 0, "the port of Http:Url", "The port at which the API is reached from outside, for pushed commands.", SettingFormats.Whole(0, 65535)),
            AcceptedTerms = version is not null && hash is not null ? new(version, hash) : null,
            BenchmarkScore = reader.Read("Orchestrator:BenchmarkScore", 1000, "1000", "The speed of a core, where 1000 is the orchestrator's baseline.", SettingFormats.Whole(1, 1_000_000)),
        };
    }

    /// <summary>Checks what can only be judged together.</summary>
    public static void CheckTogether(SettingsReader reader, NodeOptions options)
    {
        var section = options.Orchestrator;
        if (OperatingSystem.IsWindows() && UrlOf(options) is not null)
        {
            reader.Add(section.BaseUrl is null ? "Heartbeat:OrchestratorUrl" : "Orchestrator:BaseUrl", "is set on a host that runs no VMs and so has nothing to offer.", "Leave it out; run the agent on Linux to take part.");
        }

        if (UrlOf(options) is { Scheme: "http", IsLoopback: false })
        {
            reader.Add(section.BaseUrl is null ? "Heartbeat:OrchestratorUrl" : "Orchestrator:BaseUrl", "would send the node's API key over an unencrypted connection.", "Use https://.");
        }

        if (section.BaseUrl is { } baseUrl && options.Heartbeat.OrchestratorUrl is { } beats && baseUrl != beats)
        {
            reader.Add("Heartbeat:OrchestratorUrl", "names another orchestrator than Orchestrator:BaseUrl.", "Leave one of the two out.");
        }

        if (section.MessageFile is null != section.SignatureFile is null)
        {
            reader.Add(section.MessageFile is null ? "Orchestrator:MessageFile" : "Orchestrator:SignatureFile", "is missing.", "Give the message and its signature, or neither.");
        }

        if (section is { MessageFile: not null, Wallet: null })
        {
            reader.Add("Orchestrator:Wallet", "is missing.", "Give the address of the wallet that signed Orchestrator:MessageFile.");
        }

        // Half of an acceptance is none, and must not pass for one.
        if (section.AcceptedTerms is null && (reader.IsSet("Orchestrator:AcceptTermsVersion") || reader.IsSet("Orchestrator:AcceptTermsHash")) && !reader.Errors.Any(e => e.Key.StartsWith("Orchestrator:AcceptTerms", StringComparison.OrdinalIgnoreCase)))
        {
            reader.Add("Orchestrator:AcceptTermsHash", "and Orchestrator:AcceptTermsVersion belong together, and one is missing.", "Give both: they name the text that you accept.");
        }
    }

    /// <summary>Where the orchestrator is; null for none.</summary>
    public static Uri? UrlOf(NodeOptions options) => options.Orchestrator.BaseUrl ?? options.Heartbeat.OrchestratorUrl;

    private static Parsed<T?> Secret<T>(string path, Func<string, Parsed<string>> readSecret, Func<string, Parsed<T?>> parse)
        where T : class
    {
        if (SettingFormats.AbsolutePath(path) is { Reason: { } reason } wrong)
        {
            return Parsed<T?>.Wrong(reason, wrong.Remedy);
        }

        var secret = readSecret(path);
        return secret.Reason is { } unreadable ? Parsed<T?>.Wrong(unreadable, secret.Remedy) : parse(secret.Value);
    }

    private static Parsed<string?> ApiKey(string text) =>
        text.Length is >= 32 and <= LongestKey && text.All(c => c is > ' ' and < '\x7f')
            ? new(text)
            : Parsed<string?>.Wrong("is no API key.", $"Give the key as the orchestrator issued it: 32 to {LongestKey} printable ASCII characters without spaces.");

    private static Parsed<WalletKey?> PrivateKey(string text) =>
        WalletKey.TryParse(text, out var key) ? new(key) : Parsed<WalletKey?>.Wrong("holds no private key of a wallet.", "Put 64 hexadecimal digits there.");

    private static Parsed<string?> Address(string text) =>
        NodeIdentity.IsWallet(text) ? new(text) : Parsed<string?>.Wrong("is no address of a wallet.", "Give 0x and 40 hexadecimal digits.");

    private static Parsed<string?> Path(string text) => NodeConfiguration.Nullable(SettingFormats.AbsolutePath(text));

    // Each is a line of the text that is signed.
    private static Parsed<string?> Word(string text) =>
        text.Length <= LongestWord && text.Trim() == text && !text.Any(char.IsControl)
            ? new(text)
            : Parsed<string?>.Wrong("is too long or holds control characters or outer spaces.", $"Give at most {LongestWord} characters on one line.");

    private static Parsed<string> PlainWord(string text) =>
        text.Length <= LongestWord && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? new(text)
            : Parsed<string>.Wrong("is no word.", $"Give at most {LongestWord} letters, digits, '-' and '_', as the orchestrator has them, for example eu-central.");

    private static Parsed<string> Country(string text) =>
        text.Length == 2 && text.All(char.IsAsciiLetter) ? new(text.ToUpperInvariant()) : Parsed<string>.Wrong("is no country.", "Give two letters, for example DE.");

    private static Parsed<string?> Hash(string text) =>
        text.Length == 64 && text.All(char.IsAsciiHexDigit) ? new(text) : Parsed<string?>.Wrong("is no SHA-256.", "Give the 64 hexadecimal digits that the orchestrator's GET /api/tos names.");

    private static Parsed<IPAddress?> Ip(string text) =>
        IPAddress.TryParse(text, out var address) && !IPAddress.Any.Equals(address) && !IPAddress.IPv6Any.Equals(address) ? new(address) : Parsed<IPAddress?>.Wrong("is no address.", "Give an IP address, for example 198.51.100.7.");
}
