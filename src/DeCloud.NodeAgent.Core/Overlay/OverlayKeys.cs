using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>A Curve25519 public key as WireGuard names peers: 32 bytes, written as 44 characters of base64.</summary>
[JsonConverter(typeof(PublicKeyJson))]
public readonly record struct PublicKey
{
    private readonly string? _text;

    private PublicKey(string text) => _text = text;

    /// <summary>The key in base64 with its padding, 44 characters: the one form that the journal, the tools and the API use.</summary>
    public string Text => _text ?? throw new InvalidOperationException("A default public key names nobody.");

    /// <summary>A key from its bytes.</summary>
    /// <param name="bytes">The 32 bytes.</param>
    /// <exception cref="ArgumentException">There are not 32 bytes.</exception>
    public static PublicKey FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length == KeyText.Bytes ? new(Convert.ToBase64String(bytes)) : throw new ArgumentException("A public key has 32 bytes.", nameof(bytes));

    /// <summary>Reads a key in base64: 44 characters, canonical, and not the all-zero key, which names nobody.</summary>
    /// <param name="text">The text.</param>
    /// <param name="key">The key, when the text is one.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out PublicKey key)
    {
        key = default;
        if (!KeyText.TryRead(text, out var bytes) || bytes.AsSpan().IndexOfAnyExcept((byte)0) < 0)
        {
            return false;
        }

        key = new(text!);
        return true;
    }

    /// <summary>Reads a key as it stands in a path: base64url with or without padding, or base64 whose slashes are percent-encoded.</summary>
    /// <param name="segment">The segment of the path; the server may or may not have decoded it.</param>
    /// <param name="key">The key, when the segment is one.</param>
    public static bool TryParseSegment([NotNullWhen(true)] string? segment, out PublicKey key)
    {
        key = default;
        if (segment is null || segment.Length > 64)
        {
            return false;
        }

        var text = Uri.UnescapeDataString(segment).Replace('-', '+').Replace('_', '/');
        return TryParse(text.Length == KeyText.Characters - 1 ? text + '=' : text, out key);
    }

    /// <summary>Reads a key.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is not a key.</exception>
    public static PublicKey Parse(string text) =>
        TryParse(text, out var key) ? key : throw new FormatException("A WireGuard public key is 44 characters of base64.");

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Writes a <see cref="PublicKey"/> as its text.</summary>
public sealed class PublicKeyJson : JsonConverter<PublicKey>
{
    /// <inheritdoc/>
    public override PublicKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        PublicKey.TryParse(reader.GetString(), out var key) ? key : throw new JsonException("not a WireGuard public key");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, PublicKey value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
}

/// <summary>32 secret bytes. Shows itself nowhere by accident: its text has to be asked for by <see cref="Reveal"/>, which only the code that configures the interface does.</summary>
public abstract class SecretKey
{
    private readonly byte[] _bytes;

    private protected SecretKey(byte[] bytes) => _bytes = bytes;

    /// <summary>The key in base64, for the interface and for nothing else.</summary>
    public string Reveal() => Convert.ToBase64String(_bytes);

    /// <summary>Whether both hold the same bytes, in a time that does not depend on them.</summary>
    /// <param name="other">The other key; null is no key.</param>
    public bool IsSameAs(SecretKey? other) => other is not null && CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    /// <summary>Never the key.</summary>
    public sealed override string ToString() => "(secret)";
}

/// <summary>The interface's own key.</summary>
public sealed class PrivateKey : SecretKey
{
    private PrivateKey(byte[] bytes)
        : base(bytes)
    {
    }

    /// <summary>Reads a key in base64, 44 characters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="key">The key, when the text is one.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out PrivateKey? key)
    {
        key = KeyText.TryRead(text, out var bytes) ? new(bytes) : null;
        return key is not null;
    }
}

/// <summary>A key that two peers share beside their own, so that whoever breaks Curve25519 one day reads nothing of today.</summary>
public sealed class PresharedKey : SecretKey
{
    private PresharedKey(byte[] bytes)
        : base(bytes)
    {
    }

    /// <summary>Reads a key in base64: 44 characters, and not all zero, which means none to WireGuard.</summary>
    /// <param name="text">The text.</param>
    /// <param name="key">The key, when the text is one.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out PresharedKey? key)
    {
        key = KeyText.TryRead(text, out var bytes) && bytes.AsSpan().IndexOfAnyExcept((byte)0) >= 0 ? new(bytes) : null;
        return key is not null;
    }
}

/// <summary>How keys are written: the base64 of 32 bytes. Source: key_to_base64 and key_from_base64 of wireguard-tools.</summary>
internal static class KeyText
{
    public const int Bytes = 32;
    public const int Characters = 44;

    public static bool TryRead([NotNullWhen(true)] string? text, out byte[] bytes)
    {
        bytes = new byte[Bytes];
        if (text is not { Length: Characters } || !Convert.TryFromBase64String(text, bytes, out var read) || read != Bytes)
        {
            return false;
        }

        // The last sextet has two bits that mean nothing: a key shall have one text only, or it could be named twice.
        return Convert.ToBase64String(bytes) == text;
    }
}
