using System.Buffers.Binary;
using System.Text;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>Checks OpenSSH public keys: <c>type base64 comment</c> on one line (sshd(8), AUTHORIZED_KEYS FILE FORMAT), the base64 being fields with a 32-bit length each (RFC 4253, section 6.6).</summary>
public static class SshPublicKey
{
    /// <summary>The longest key that is accepted, in characters.</summary>
    public const int MostCharacters = 16 * 1024;

    // Number of fields behind the type, per type.
    private static readonly Dictionary<string, int> Types = new(StringComparer.Ordinal)
    {
        ["ssh-ed25519"] = 1,
        ["ssh-rsa"] = 2,
        ["ecdsa-sha2-nistp256"] = 2,
        ["ecdsa-sha2-nistp384"] = 2,
        ["ecdsa-sha2-nistp521"] = 2,
        ["sk-ssh-ed25519@openssh.com"] = 2,
        ["sk-ecdsa-sha2-nistp256@openssh.com"] = 3,
    };

    /// <summary>What is wrong with a key, or null.</summary>
    /// <param name="text">The key, one line.</param>
    public static string? Check(string text)
    {
        if (text.Length > MostCharacters)
        {
            return $"must be at most {MostCharacters} characters.";
        }

        if (text.Any(char.IsControl) || text.Contains('\u2028') || text.Contains('\u2029'))
        {
            return "must be one line without control characters; leave the newline at its end out.";
        }

        var parts = text.Split(' ', 3);
        if (!Types.TryGetValue(parts[0], out var fields))
        {
            return $"must begin with the key's type, without options: one of {string.Join(", ", Types.Keys)}.";
        }

        var blob = new byte[text.Length];
        if (parts.Length < 2 || !Convert.TryFromBase64String(parts[1], blob, out var length) || parts[1].Contains(' ', StringComparison.Ordinal))
        {
            return "must have the key in base64 behind the type.";
        }

        return IsOfType(blob.AsSpan(0, length), parts[0], fields) ? null : $"holds something else than a key of the type {parts[0]}; it may have been cut.";
    }

    private static bool IsOfType(ReadOnlySpan<byte> blob, string type, int fields)
    {
        if (!TryField(ref blob, out var inner) || !inner.SequenceEqual(Encoding.ASCII.GetBytes(type)))
        {
            return false;
        }

        for (var i = 0; i < fields; i++)
        {
            if (!TryField(ref blob, out var field) || field.IsEmpty || (i == 0 && type.Contains("ed25519", StringComparison.Ordinal) && field.Length != 32))
            {
                return false;
            }
        }

        return blob.IsEmpty;
    }

    private static bool TryField(ref ReadOnlySpan<byte> blob, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (blob.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(blob) is var length && length > blob.Length - 4)
        {
            return false;
        }

        field = blob.Slice(4, (int)length);
        blob = blob[(4 + (int)length)..];
        return true;
    }
}
