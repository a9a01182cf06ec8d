using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using DeCloud.NodeAgent.Core.Overlay;

namespace DeCloud.NodeAgent.Infrastructure.WireGuard;

/// <summary>Reads <c>ip -json -details address show</c>: an array of interfaces with <c>ifname</c>, <c>ifalias</c>, <c>flags</c>, <c>linkinfo.info_kind</c> and <c>addr_info</c>.</summary>
internal static class LinkList
{
    /// <summary>The interfaces of a name or with a mark.</summary>
    /// <param name="json">What ip printed.</param>
    /// <param name="name">The name.</param>
    /// <param name="mark">The mark.</param>
    /// <exception cref="JsonException">It is not JSON of that form.</exception>
    public static ImmutableArray<SeenLink> Parse(string json, string name, string mark) => Parse(json, (n, alias) => n == name || alias == mark);

    /// <summary>The interfaces that matter.</summary>
    /// <param name="json">What ip printed.</param>
    /// <param name="matters">Whether one does, by its name and its alias.</param>
    /// <exception cref="JsonException">It is not JSON of that form.</exception>
    public static ImmutableArray<SeenLink> Parse(string json, Func<string, string?, bool> matters)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(matters);
        using var document = JsonDocument.Parse(json.Length == 0 ? "[]" : json);
        return [.. document.RootElement.EnumerateArray().Where(link => Text(link, "ifname") is { } name && matters(name, Text(link, "ifalias"))).Select(Read)];
    }

    private static SeenLink Read(JsonElement link) => new(
        Text(link, "ifname")!,
        link.TryGetProperty("linkinfo", out var info) ? Text(info, "info_kind") : null,
        Text(link, "ifalias"),
        link.TryGetProperty("flags", out var flags) && flags.EnumerateArray().Any(f => f.GetString() == "UP"),
        link.TryGetProperty("addr_info", out var addresses) ? [.. addresses.EnumerateArray().Select(Address).OfType<InterfaceAddress>()] : [])
    {
        MacAddress = Text(link, "address"),
        Master = Text(link, "master"),
    };

    // ip prints an empty object for an address that it was asked to leave out.
    private static InterfaceAddress? Address(JsonElement address) =>
        Text(address, "scope") != "link" && IPAddress.TryParse(Text(address, "local"), out var ip) && address.TryGetProperty("prefixlen", out var length)
            ? new(ip, length.GetInt32())
            : null;

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
