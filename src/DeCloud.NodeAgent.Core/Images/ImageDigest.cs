using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Core.Images;

/// <summary>The SHA-256 of an image file as it was downloaded: the image's identity and its only name in the cache.</summary>
[JsonConverter(typeof(ImageDigestJson))]
public readonly record struct ImageDigest
{
    private const string Prefix = "sha256:";
    private readonly string? _hex;

    private ImageDigest(string hex) => _hex = hex;

    /// <summary>The 64 lower-case hexadecimal digits.</summary>
    public string Hex => _hex ?? throw new InvalidOperationException("A default image digest names nothing.");

    /// <summary>A digest from its 32 bytes.</summary>
    /// <param name="sha256">The bytes.</param>
    /// <exception cref="ArgumentException">There are not 32 bytes.</exception>
    public static ImageDigest FromBytes(ReadOnlySpan<byte> sha256) =>
        sha256.Length == 32 ? new(Convert.ToHexStringLower(sha256)) : throw new ArgumentException("A SHA-256 has 32 bytes.", nameof(sha256));

    /// <summary>Reads <c>sha256:</c> and 64 hexadecimal digits of either case; nothing else, no spaces, no line ends.</summary>
    /// <param name="text">The text.</param>
    /// <param name="digest">The digest, when the text is one.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out ImageDigest digest)
    {
        digest = default;
        if (text is null || text.Length != Prefix.Length + 64 || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var c in text.AsSpan(Prefix.Length))
        {
            if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }
        }

        digest = new(text[Prefix.Length..].ToLowerInvariant());
        return true;
    }

    /// <summary>Reads a digest.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is not a digest.</exception>
    public static ImageDigest Parse(string text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException("An image digest is 'sha256:' and 64 hexadecimal digits.");

    /// <inheritdoc/>
    public override string ToString() => Prefix + Hex;
}

/// <summary>Writes an <see cref="ImageDigest"/> as its text.</summary>
public sealed class ImageDigestJson : JsonConverter<ImageDigest>
{
    /// <inheritdoc/>
    public override ImageDigest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ImageDigest.TryParse(reader.GetString(), out var digest) ? digest : throw new JsonException("not an image digest");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ImageDigest value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
