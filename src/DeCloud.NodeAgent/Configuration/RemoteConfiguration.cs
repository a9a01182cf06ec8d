using System.Net;

namespace DeCloud.NodeAgent.Configuration;

/// <summary>Reads the section <c>Remote</c>.</summary>
internal static class RemoteConfiguration
{
    private const string Section = "Remote";

    /// <summary>What was configured; null when it is off or something is wrong with it.</summary>
    public static RemoteSection? Read(SettingsReader reader, Func<string, Parsed<string>> readSecret)
    {
        var before = reader.Errors.Count;
        var isEnabled = reader.Read($"{Section}:Enabled", false, "false", "Obey an orchestrator that connects over Akka.Remote, with mutual TLS.", SettingFormats.Flag);
        var host = reader.Read<IPAddress?>($"{Section}:Host", null, "none", "The address that orchestrators connect to; best the node's own in the overlay.", Address);
        var port = reader.Read($"{Section}:Port", 4190, "4190", "The TCP port that orchestrators connect to.", SettingFormats.Whole(0, 65535));
        var certificate = reader.Read($"{Section}:CertificateFile", "", "none", "The node's certificate, PEM; its first DNS name is the node's name.", SettingFormats.AbsolutePath);
        var key = reader.Read($"{Section}:KeyFile", "", "none", "The certificate's private key, PEM.", path => KeyFile(path, isEnabled, readSecret));
        var authority = reader.Read($"{Section}:AuthorityFile", "", "none", "Certificates of the authorities that sign for orchestrators, PEM. No other authority counts.", SettingFormats.AbsolutePath);
        var orchestrators = reader.ReadMany($"{Section}:Orchestrators", "Names of the orchestrators to obey, as in their certificates.", Name);
        var frame = reader.Read($"{Section}:MaxFrameBytes", 128L << 10, "128 KiB", "The longest message.", SettingFormats.Bytes(32L << 10, 4L << 20));
        if (!isEnabled)
        {
            return null;
        }

        Require(reader, before, "Host", host is not null, "Give the address that orchestrators connect to, for example 10.80.0.7.");
        Require(reader, before, "CertificateFile", certificate.Length > 0, "scripts/certs.sh makes certificates for development.");
        Require(reader, before, "KeyFile", key.Length > 0, "Give the file of the certificate's private key.");
        Require(reader, before, "AuthorityFile", authority.Length > 0, "Give the file of the authority that signs for orchestrators.");
        Require(reader, before, "Orchestrators", orchestrators.Count > 0, "Name at least one orchestrator; without one nobody could connect.");
        return reader.Errors.Count > before ? null : new(new(host!, port), (int)frame, certificate, key, authority, orchestrators);
    }

    private static void Require(SettingsReader reader, int before, string key, bool isThere, string remedy)
    {
        // Who gave something wrong is told that, and not that it is missing.
        if (!isThere && !reader.Errors.Skip(before).Any(e => e.Key.StartsWith($"{Section}:{key}", StringComparison.OrdinalIgnoreCase)))
        {
            reader.Add($"{Section}:{key}", $"is missing, and {Section}:Enabled is true.", remedy);
        }
    }

    private static Parsed<string> KeyFile(string path, bool isEnabled, Func<string, Parsed<string>> readSecret) =>
        SettingFormats.AbsolutePath(path) is var parsed && (parsed.Reason is not null || !isEnabled) ? parsed
        : readSecret(path) is { Reason: { } unreadable } file ? Parsed<string>.Wrong(unreadable, file.Remedy)
        : parsed;

    private static Parsed<IPAddress?> Address(string text) =>
        IPAddress.TryParse(text, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            ? new(address)
            : Parsed<IPAddress?>.Wrong("is not an address of this machine that peers could connect to.", "Give one IP address and no wildcard, for example 10.80.0.7.");

    private static Parsed<string> Name(string text) =>
        text.Length is >= 1 and <= 253 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
            ? new(text)
            : Parsed<string>.Wrong("is not a name in a certificate.", "Give 1 to 253 letters, digits, '-', '_' or '.', without wildcards, for example orchestrator.");
}
