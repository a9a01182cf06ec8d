using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;

namespace DeCloud.NodeAgent.Infrastructure.Orchestrator;

/// <summary>
/// An Ethereum wallet: a private key on secp256k1 that signs texts as wallets do (EIP-191, version 0x45, "personal_sign"). Nonces are those of RFC 6979, so no weak randomness can give the
/// key away.
/// </summary>
public sealed class WalletKey
{
    private static readonly ECDomainParameters Curve = Parameters();
    private static readonly BigInteger HalfOrder = Curve.N.ShiftRight(1);

    private readonly BigInteger _key;
    private readonly ECPoint _point;

    private WalletKey(BigInteger key)
    {
        _key = key;
        _point = Curve.G.Multiply(key).Normalize();
        Address = AddressOf(_point);
    }

    /// <summary>The wallet's address in lower case, <c>0x</c> and 40 hexadecimal digits: the last 20 bytes of the public key's Keccak-256.</summary>
    public string Address { get; }

    /// <summary>Reads a private key.</summary>
    /// <param name="text">64 hexadecimal digits, <c>0x</c> before them or not.</param>
    /// <param name="key">The key.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out WalletKey? key)
    {
        ArgumentNullException.ThrowIfNull(text);
        key = null;
        var digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        if (digits.Length != 64 || !digits.All(char.IsAsciiHexDigit))
        {
            return false;
        }

        var number = new BigInteger(digits, 16);
        if (number.SignValue <= 0 || number.CompareTo(Curve.N) >= 0)
        {
            return false;
        }

        key = new(number);
        return true;
    }

    /// <summary>Signs a text.</summary>
    /// <param name="message">The text.</param>
    /// <returns>r, s and v (27 or 28), as <c>0x</c> and 130 hexadecimal digits.</returns>
    public string Sign(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var hash = HashOf(message);
        var signer = new ECDsaSigner(new HMacDsaKCalculator(new Sha256Digest()));
        signer.Init(forSigning: true, new ECPrivateKeyParameters(_key, Curve));
        var parts = signer.GenerateSignature(hash);
        var (r, s) = (parts[0], parts[1]);
        if (s.CompareTo(HalfOrder) > 0)
        {
            s = Curve.N.Subtract(s);
        }

        for (var parity = 0; parity < 2; parity++)
        {
            if (Recover(hash, r, s, parity) is { } point && point.Equals(_point))
            {
                return string.Create(CultureInfo.InvariantCulture, $"0x{Hex(r)}{Hex(s)}{27 + parity:x2}");
            }
        }

        throw new InvalidOperationException("The signature leads back to no key.");
    }

    /// <summary>The address whose key signed a text; null when the signature is none.</summary>
    /// <param name="message">The text.</param>
    /// <param name="signature">r, s and v, as <c>0x</c> and 130 hexadecimal digits.</param>
    public static string? RecoverAddress(string message, string signature)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(signature);
        var digits = signature.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? signature[2..] : signature;
        if (digits.Length != 130 || !digits.All(char.IsAsciiHexDigit))
        {
            return null;
        }

        var (r, s) = (new BigInteger(digits[..64], 16), new BigInteger(digits[64..128], 16));
        var v = int.Parse(digits.AsSpan(128), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var isSound = v is 27 or 28 && r.SignValue > 0 && s.SignValue > 0 && r.CompareTo(Curve.N) < 0 && s.CompareTo(Curve.N) < 0;
        return isSound && Recover(HashOf(message), r, s, v - 27) is { } point ? AddressOf(point) : null;
    }

    /// <summary>Leaves the key out.</summary>
    public override string ToString() => $"{nameof(WalletKey)} {{ Address = {Address} }}";

    // SEC 1, section 4.1.6. The case of r above the field's order less the group's, which comes once in 2^127, is not looked for.
    private static ECPoint? Recover(byte[] hash, BigInteger r, BigInteger s, int parity)
    {
        ECPoint point;
        try
        {
            point = Curve.Curve.DecodePoint([(byte)(2 + parity), .. Bytes(r)]);
        }
        catch (ArgumentException)
        {
            return null;
        }

        var inverse = r.ModInverse(Curve.N);
        var e = new BigInteger(1, hash);
        var found = ECAlgorithms.SumOfTwoMultiplies(point, s.Multiply(inverse).Mod(Curve.N), Curve.G, e.Negate().Multiply(inverse).Mod(Curve.N)).Normalize();
        return found.IsInfinity ? null : found;
    }

    private static byte[] HashOf(string message)
    {
        var text = Encoding.UTF8.GetBytes(message);
        var prefix = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\u0019Ethereum Signed Message:\n{text.Length}"));
        return Keccak([.. prefix, .. text]);
    }

    private static string AddressOf(ECPoint point) => "0x" + Convert.ToHexStringLower(Keccak(point.GetEncoded(compressed: false).AsSpan(1)).AsSpan(12));

    private static byte[] Keccak(ReadOnlySpan<byte> bytes)
    {
        var digest = new KeccakDigest(256);
        digest.BlockUpdate(bytes);
        var hash = new byte[32];
        digest.DoFinal(hash);
        return hash;
    }

    private static string Hex(BigInteger number) => Convert.ToHexStringLower(Bytes(number));

    private static byte[] Bytes(BigInteger number)
    {
        var bytes = number.ToByteArrayUnsigned();
        return [.. new byte[32 - bytes.Length], .. bytes];
    }

    private static ECDomainParameters Parameters()
    {
        var curve = SecNamedCurves.GetByName("secp256k1");
        return new(curve.Curve, curve.G, curve.N, curve.H);
    }
}
