using System.Buffers.Binary;
using System.Text;

namespace DeCloud.NodeAgent.Infrastructure.Seed;

/// <summary>A file on the image.</summary>
/// <param name="Name">Its name: ASCII letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, at most 64 characters.</param>
/// <param name="ShortName">Its name for readers of plain ISO 9660: up to eight of A-Z, 0-9 and <c>_</c>, a point, up to three more.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record IsoFile(string Name, string ShortName, ReadOnlyMemory<byte> Content);

/// <summary>
/// Writes a small ISO 9660 image (ECMA-119) with one folder, with Joliet names for Windows and Rock Ridge names (IEEE P1282, RRIP 1991A) for Unix.
/// The same files give the same bytes: every date on it is the same.
/// </summary>
internal static class Iso9660
{
    private const int Sector = 2048;

    /// <summary>Readers that look for other file systems first read up to 68 KiB, and some take a shorter device for a broken one (busybox's findfs does): the image is never shorter.</summary>
    private const int FewestSectors = 64;
    private const int PrimaryAt = 16, JolietAt = 17, TerminatorAt = 18;
    private const int PathTablesAt = 19;
    private const int PrimaryFolderAt = 23, JolietFolderAt = 24, FilesAt = 25;
    private const int RootPathTableBytes = 10;

    /// <summary>Writes the image.</summary>
    /// <param name="volume">The volume's label, at most 16 ASCII characters.</param>
    /// <param name="files">The files, at most ten.</param>
    /// <returns>The image, whole sectors of 2048 bytes.</returns>
    /// <exception cref="ArgumentException">The label or the number of files does not fit.</exception>
    public static byte[] Write(string volume, IReadOnlyList<IsoFile> files)
    {
        if (volume.Length is 0 or > 16 || !Ascii.IsValid(volume) || files.Count > 10)
        {
            throw new ArgumentException("The label or the number of files does not fit.");
        }

        var starts = new int[files.Count];
        var next = FilesAt;
        for (var i = 0; i < files.Count; i++)
        {
            starts[i] = next;
            next += (files[i].Content.Length + Sector - 1) / Sector;
        }

        next = Math.Max(next, FewestSectors);
        var image = new byte[next * Sector];
        WriteDescriptor(SectorOf(image, PrimaryAt), volume, next, PrimaryFolderAt, PathTablesAt, isJoliet: false);
        WriteDescriptor(SectorOf(image, JolietAt), volume, next, JolietFolderAt, PathTablesAt + 2, isJoliet: true);
        WriteTerminator(SectorOf(image, TerminatorAt));
        WritePathTables(image, PathTablesAt, PrimaryFolderAt);
        WritePathTables(image, PathTablesAt + 2, JolietFolderAt);

        // Records stand in the order of their names, which differs between the two folders.
        var byShortName = Enumerable.Range(0, files.Count).OrderBy(i => files[i].ShortName, StringComparer.Ordinal);
        var byName = Enumerable.Range(0, files.Count).OrderBy(i => files[i].Name, StringComparer.Ordinal);
        WriteFolder(SectorOf(image, PrimaryFolderAt), PrimaryFolderAt, files, starts, byShortName, isJoliet: false);
        WriteFolder(SectorOf(image, JolietFolderAt), JolietFolderAt, files, starts, byName, isJoliet: true);
        for (var i = 0; i < files.Count; i++)
        {
            files[i].Content.Span.CopyTo(image.AsSpan(starts[i] * Sector));
        }

        return image;
    }

    private static Span<byte> SectorOf(byte[] image, int sector) => image.AsSpan(sector * Sector, Sector);

    // ECMA-119 8.4 (primary) and 8.5 (supplementary); the escape sequence %/E marks Joliet level 3.
    private static void WriteDescriptor(Span<byte> sector, string volume, int sectors, int folderAt, int pathTableAt, bool isJoliet)
    {
        sector[0] = (byte)(isJoliet ? 2 : 1);
        "CD001"u8.CopyTo(sector[1..]);
        sector[6] = 1;
        FillText(sector.Slice(8, 32), "LINUX", isJoliet);
        FillText(sector.Slice(40, 32), volume, isJoliet);
        IsoField.Both32(sector[80..], sectors);
        if (isJoliet)
        {
            "%/E"u8.CopyTo(sector[88..]);
        }

        IsoField.Both16(sector[120..], 1);
        IsoField.Both16(sector[124..], 1);
        IsoField.Both16(sector[128..], Sector);
        IsoField.Both32(sector[132..], RootPathTableBytes);
        BinaryPrimitives.WriteInt32LittleEndian(sector[140..], pathTableAt);
        BinaryPrimitives.WriteInt32BigEndian(sector[148..], pathTableAt + 1);
        IsoRecord.Write(sector[156..], [0], folderAt, Sector, isFolder: true, []);

        // Sets, publisher, preparer, application, then three file names: all empty, which is spaces.
        FillText(sector[190..702], string.Empty, isJoliet);
        FillText(sector[702..813], string.Empty, isJoliet: false);
        foreach (var at in new[] { 813, 830, 847, 864 })
        {
            // ECMA-119 8.4.26.1: sixteen digits 0 and an offset of 0 say "no date".
            sector.Slice(at, 16).Fill((byte)'0');
        }

        sector[881] = 1;
    }

    private static void WriteTerminator(Span<byte> sector)
    {
        sector[0] = 255;
        "CD001"u8.CopyTo(sector[1..]);
        sector[6] = 1;
    }

    // ECMA-119 9.4: the root folder alone; once with little-endian and once with big-endian numbers.
    private static void WritePathTables(byte[] image, int at, int folderAt)
    {
        var little = SectorOf(image, at);
        little[0] = 1;
        BinaryPrimitives.WriteInt32LittleEndian(little[2..], folderAt);
        BinaryPrimitives.WriteInt16LittleEndian(little[6..], 1);
        var big = SectorOf(image, at + 1);
        big[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(big[2..], folderAt);
        BinaryPrimitives.WriteInt16BigEndian(big[6..], 1);
    }

    private static void WriteFolder(Span<byte> sector, int folderAt, IReadOnlyList<IsoFile> files, int[] starts, IEnumerable<int> order, bool isJoliet)
    {
        var at = IsoRecord.Write(sector, [0], folderAt, Sector, isFolder: true, isJoliet ? [] : RockRidge.OfRoot());
        at += IsoRecord.Write(sector[at..], [1], folderAt, Sector, isFolder: true, isJoliet ? [] : RockRidge.OfParent());
        foreach (var i in order)
        {
            var name = isJoliet ? Encoding.BigEndianUnicode.GetBytes(files[i].Name) : Encoding.ASCII.GetBytes(files[i].ShortName + ";1");
            at += IsoRecord.Write(sector[at..], name, starts[i], files[i].Content.Length, isFolder: false, isJoliet ? [] : RockRidge.OfFile(files[i].Name));
        }
    }

    private static void FillText(Span<byte> field, string text, bool isJoliet)
    {
        if (!isJoliet)
        {
            field.Fill((byte)' ');
            Encoding.ASCII.GetBytes(text, field);
            return;
        }

        Encoding.BigEndianUnicode.GetBytes(text.PadRight(field.Length / 2), field);
    }
}
