using System.Text;

namespace DeCloud.NodeAgent.Infrastructure.Seed;

/// <summary>The fields that Rock Ridge adds to directory records: SUSP's SP and ER, RRIP's PX (owner and mode), NM (name) and TF (times).</summary>
internal static class RockRidge
{
    private const int FolderMode = 0x4000 | 0b101_101_101;
    private const int FileMode = 0x8000 | 0b100_100_100;

    /// <summary>The root folder's own record: says that the fields are there, and whose they are.</summary>
    public static byte[] OfRoot() => Even([.. Begins, .. Owner(FolderMode, 2), .. Times(), .. Extension()]);

    /// <summary>The record of the root's parent, which is the root.</summary>
    public static byte[] OfParent() => Even([.. Owner(FolderMode, 2), .. Times()]);

    /// <summary>A file's record.</summary>
    /// <param name="name">Its name.</param>
    public static byte[] OfFile(string name)
    {
        var bytes = Encoding.ASCII.GetBytes(name);
        return Even([.. Owner(FileMode, 1), .. Times(), .. "NM"u8, checked((byte)(5 + bytes.Length)), 1, 0, .. bytes]);
    }

    private static ReadOnlySpan<byte> Begins => [(byte)'S', (byte)'P', 7, 1, 0xbe, 0xef, 0];

    // PX of RRIP 1991A: mode, links, user, group, each in both byte orders; 36 bytes.
    private static byte[] Owner(int mode, int links)
    {
        var field = new byte[36];
        "PX"u8.CopyTo(field);
        field[2] = 36;
        field[3] = 1;
        IsoField.Both32(field.AsSpan(4), mode);
        IsoField.Both32(field.AsSpan(12), links);
        return field;
    }

    // TF with the flags MODIFY, ACCESS and ATTRIBUTES.
    private static byte[] Times()
    {
        var field = new byte[26];
        "TF"u8.CopyTo(field);
        field[2] = 26;
        field[3] = 1;
        field[4] = 0b1110;
        IsoField.Date(field.AsSpan(5));
        IsoField.Date(field.AsSpan(12));
        IsoField.Date(field.AsSpan(19));
        return field;
    }

    private static byte[] Extension()
    {
        var name = "RRIP_1991A"u8;
        var about = "THE ROCK RIDGE INTERCHANGE PROTOCOL"u8;
        var source = "IEEE P1282"u8;
        return [.. "ER"u8, (byte)(8 + name.Length + about.Length + source.Length), 1, (byte)name.Length, (byte)about.Length, (byte)source.Length, 1, .. name, .. about, .. source];
    }

    private static byte[] Even(byte[] fields) => fields.Length % 2 == 0 ? fields : [.. fields, 0];
}
