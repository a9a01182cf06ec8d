namespace DeCloud.NodeAgent.Infrastructure.Seed;

/// <summary>A directory record (ECMA-119 9.1).</summary>
internal static class IsoRecord
{
    private const int FixedBytes = 33;

    /// <summary>Writes a record.</summary>
    /// <param name="target">Where.</param>
    /// <param name="identifier">The name's bytes; 0 for the folder itself, 1 for its parent.</param>
    /// <param name="start">The first sector of the content.</param>
    /// <param name="length">Bytes of content.</param>
    /// <param name="isFolder">Whether it is a folder.</param>
    /// <param name="systemUse">What Rock Ridge adds, of even length.</param>
    /// <returns>The record's length, even.</returns>
    public static int Write(Span<byte> target, ReadOnlySpan<byte> identifier, int start, int length, bool isFolder, ReadOnlySpan<byte> systemUse)
    {
        // A name of even length is followed by a byte of padding, so that what follows begins at an even place.
        var named = FixedBytes + identifier.Length + (1 - identifier.Length % 2);
        var size = named + systemUse.Length;
        target[0] = checked((byte)size);
        IsoField.Both32(target[2..], start);
        IsoField.Both32(target[10..], length);
        IsoField.Date(target[18..]);
        target[25] = (byte)(isFolder ? 2 : 0);
        IsoField.Both16(target[28..], 1);
        target[32] = (byte)identifier.Length;
        identifier.CopyTo(target[FixedBytes..]);
        systemUse.CopyTo(target[named..]);
        return size;
    }
}
