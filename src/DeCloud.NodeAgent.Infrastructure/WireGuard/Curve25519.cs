using System.Security.Cryptography;
using DeCloud.NodeAgent.Core.Overlay;
using NSec.Cryptography;

namespace DeCloud.NodeAgent.Infrastructure.WireGuard;

/// <summary>Makes WireGuard's keys in this process: no tool sees them on its command line.</summary>
internal static class Curve25519
{
    private const int Bytes = 32;

    /// <summary>A new private key: random bytes, clamped as RFC 7748, section 5 says, which is the form that <c>wg genkey</c> writes too.</summary>
    public static PrivateKey NewPrivateKey()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(bytes);
        bytes[0] &= 248;
        bytes[31] = (byte)((bytes[31] & 127) | 64);
        var made = PrivateKey.TryParse(Convert.ToBase64String(bytes), out var key);
        CryptographicOperations.ZeroMemory(bytes);
        return made ? key! : throw new CryptographicException("A key that was just made can't be read.");
    }

    /// <summary>The public half of a key.</summary>
    /// <param name="key">The key.</param>
    public static Core.Overlay.PublicKey PublicKeyOf(PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var bytes = Convert.FromBase64String(key.Reveal());
        try
        {
            using var pair = Key.Import(KeyAgreementAlgorithm.X25519, bytes, KeyBlobFormat.RawPrivateKey);
            return Core.Overlay.PublicKey.FromBytes(pair.PublicKey.Export(KeyBlobFormat.RawPublicKey));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
