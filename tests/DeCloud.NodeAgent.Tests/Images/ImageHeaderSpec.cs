using System.Text;
using CsCheck;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Tests.Images;

public sealed class ImageHeaderSpec
{
    private const long Largest = 1L << 40;

    public static TheoryData<string, string> SpoiledHeaders()
    {
        var data = new TheoryData<string, string>();
        foreach (var (name, (_, word)) in Spoiled)
        {
            data.Add(name, word);
        }

        return data;
    }

    private static readonly Dictionary<string, (Func<Qcow2Bytes> Make, string Word)> Spoiled = new()
    {
        ["backing file"] = (() => new Qcow2Bytes().U64(8, 512).U32(16, 11).Text(512, "/etc/shadow"u8), "backing file"),
        ["backing offset alone"] = (() => new Qcow2Bytes().U64(8, 512), "backing file"),
        ["backing length alone"] = (() => new Qcow2Bytes().U32(16, 4), "backing file"),
        ["external data file"] = (() => new Qcow2Bytes().U64(72, 4), "external file"),
        ["raw external data"] = (() => new Qcow2Bytes().U64(88, 2), "external file"),
        ["encryption"] = (() => new Qcow2Bytes().U32(32, 2), "encrypted"),
        ["dirty"] = (() => new Qcow2Bytes().U64(72, 1), "qemu-img check"),
        ["corrupt"] = (() => new Qcow2Bytes().U64(72, 2), "qemu-img check"),
        ["extended l2"] = (() => new Qcow2Bytes().U64(72, 16), "extended level-2"),
        ["unknown bit"] = (() => new Qcow2Bytes().U64(72, 1ul << 63), "not known"),
        ["compression bit without type"] = (() => new Qcow2Bytes().U64(72, 8), "compression"),
        ["compression type without bit"] = (() => new Qcow2Bytes().U8(104, 1), "compression"),
        ["unknown compression"] = (() => new Qcow2Bytes().U64(72, 8).U8(104, 2), "compression"),
        ["snapshots"] = (() => new Qcow2Bytes().U32(60, 1), "snapshots"),
        ["tiny clusters"] = (() => new Qcow2Bytes().U32(20, 8), "clusters"),
        ["huge clusters"] = (() => new Qcow2Bytes().U32(20, 22), "clusters"),
        ["cluster bits beyond a word"] = (() => new Qcow2Bytes().U32(20, uint.MaxValue), "clusters"),
        ["short header"] = (() => new Qcow2Bytes().U32(100, 96), "header of 96"),
        ["odd header"] = (() => new Qcow2Bytes().U32(100, 105), "header of 105"),
        ["endless header"] = (() => new Qcow2Bytes().U32(100, 0xfffffff8), "header of"),
        ["refcount order"] = (() => new Qcow2Bytes().U32(96, 7), "references"),
        ["no level-1 table"] = (() => new Qcow2Bytes().U32(36, 0), "level-1"),
        ["small level-1 table"] = (() => new Qcow2Bytes().U32(36, 1), "level-1"),
        ["huge level-1 table"] = (() => new Qcow2Bytes().U32(36, uint.MaxValue), "level-1"),
        ["level-1 outside"] = (() => new Qcow2Bytes().U64(40, 1ul << 40), "outside"),
        ["level-1 far outside"] = (() => new Qcow2Bytes().U64(40, ulong.MaxValue & ~0xfffful), "outside"),
        ["level-1 unaligned"] = (() => new Qcow2Bytes().U64(40, 65537), "outside"),
        ["no refcount table"] = (() => new Qcow2Bytes().U32(56, 0), "reference count table"),
        ["huge refcount table"] = (() => new Qcow2Bytes().U32(56, uint.MaxValue), "reference count table"),
        ["refcount table at 0"] = (() => new Qcow2Bytes().U64(48, 0), "outside"),
        ["backing format"] = (() => new Qcow2Bytes().U32(112, 0xe2792aca).U32(116, 3).Text(120, "raw"u8), "backing file"),
        ["data file name"] = (() => new Qcow2Bytes().U32(112, 0x44415441).U32(116, 11).Text(120, "/etc/shadow"u8), "external data file"),
        ["encryption header"] = (() => new Qcow2Bytes().U32(112, 0x0537be77).U32(116, 16), "encrypted"),
        ["bitmaps"] = (() => new Qcow2Bytes().U32(112, 0x23852875).U32(116, 24), "bitmaps"),
        ["unknown extension"] = (() => new Qcow2Bytes().U32(112, 0xdeadbeef), "not known"),
        ["extension after the names"] = (() => new Qcow2Bytes().U32(112, 0x6803f857).U32(116, 5).U32(128, 0x44415441).U32(132, 1), "external data file"),
        ["extensions without end"] = (() => new Qcow2Bytes().U32(112, 0x6803f857).U32(116, uint.MaxValue), "without an end"),
        ["nothing to describe"] = (() => new Qcow2Bytes().U64(24, 0), "0 bytes"),
    };

    [Theory]
    [MemberData(nameof(SpoiledHeaders))]
    public void A_spoiled_qcow2_is_refused_and_the_reason_named(string name, string word)
    {
        var accepted = ImageHeader.TryAccept(Spoiled[name].Make().Head, [], Qcow2Bytes.FileLength, null, Largest, out _, out var refusal);

        Assert.False(accepted);
        Assert.Equal(FailureCodes.ImageRefused, refusal!.Code);
        Assert.True(refusal.IsPermanent);
        Assert.Contains(word, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void A_sound_qcow2_is_accepted_with_its_size(uint version)
    {
        Assert.True(ImageHeader.TryAccept(new Qcow2Bytes(version).Head, [], Qcow2Bytes.FileLength, ImageFormat.Qcow2, Largest, out var facts, out _));
        Assert.Equal(new ImageFacts(ImageFormat.Qcow2, 1 << 30), facts);
    }

    [Fact]
    public void Zstd_compression_and_feature_names_are_accepted()
    {
        var image = new Qcow2Bytes().U64(72, 8).U8(104, 1).U32(112, 0x6803f857).U32(116, 384);
        Assert.True(ImageHeader.TryAccept(image.Head, [], Qcow2Bytes.FileLength, null, Largest, out _, out _));
    }

    [Theory]
    [InlineData(1ul << 50)]
    [InlineData(ulong.MaxValue)]
    [InlineData((1ul << 40) + 1)]
    public void A_disk_above_the_limit_is_called_too_large(ulong size)
    {
        Assert.False(ImageHeader.TryAccept(new Qcow2Bytes().U64(24, size).Head, [], null, null, Largest, out _, out var refusal));
        Assert.Equal(FailureCodes.ImageTooLarge, refusal!.Code);
    }

    [Fact]
    public void A_truncated_qcow2_is_refused_even_when_no_hash_was_given()
    {
        Assert.False(ImageHeader.TryAccept(new Qcow2Bytes().Head, [], 70000, null, Largest, out _, out var refusal));
        Assert.Contains("incomplete", refusal!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("KDMV")]
    [InlineData("COWD")]
    [InlineData("# Disk DescriptorFile\nversion=1\n")]
    [InlineData("# disk descriptorfile\n")]
    [InlineData("  # a harmless comment\n\n#\n version=1\ncreateType=\"monolithicFlat\"")]
    [InlineData("version=3\n")]
    [InlineData("conectix")]
    [InlineData("vhdxfile")]
    [InlineData("QED\0")]
    [InlineData("WithoutFreeSpace")]
    [InlineData("Bochs Virtual HD Image")]
    [InlineData("BZh91AY")]
    [InlineData("PK\u0003\u0004")]
    [InlineData("\r\n<!DOCTYPE html><title>404</title>")]
    public void A_foreign_form_is_never_taken_for_raw(string start)
    {
        var head = new byte[4096];
        Encoding.ASCII.GetBytes(start, head);
        Assert.False(ImageHeader.TryAccept(head, [], 4096, ImageFormat.Raw, Largest, out _, out var refusal));
        Assert.Equal(FailureCodes.ImageRefused, refusal!.Code);
    }

    [Theory]
    [InlineData(0, "1f8b0800", "unpack")]
    [InlineData(0, "fd377a585a00", "unpack")]
    [InlineData(0, "28b52ffd", "unpack")]
    [InlineData(0, "4c554b53babe0001", "LUKS")]
    [InlineData(0, "514649fb00000001", "qcow")]
    [InlineData(0, "514649fb00000004", "qcow")]
    [InlineData(64, "7f10dabe", "VDI")]
    [InlineData(257, "7573746172", "tar")]
    public void Foreign_magic_numbers_are_named(int offset, string hex, string word)
    {
        var head = new byte[4096];
        Convert.FromHexString(hex).CopyTo(head, offset);
        Assert.False(ImageHeader.TryAccept(head, [], 4096, null, Largest, out _, out var refusal));
        Assert.Contains(word, refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trailer_counts_as_much_as_a_header()
    {
        var tail = new byte[512];
        "koly"u8.CopyTo(tail);
        Assert.False(ImageHeader.TryAccept(new byte[4096], tail, 8192, null, Largest, out _, out _));
    }

    [Fact]
    public void A_raw_disk_is_accepted_and_its_length_is_its_size()
    {
        Assert.True(ImageHeader.TryAccept(new byte[4096], new byte[512], 8192, ImageFormat.Raw, Largest, out var facts, out _));
        Assert.Equal(new ImageFacts(ImageFormat.Raw, 8192), facts);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(513)]
    [InlineData(1)]
    public void A_raw_disk_has_whole_sectors(long length)
    {
        Assert.False(ImageHeader.TryAccept(new byte[Math.Min(length, 4096)], [], length, null, Largest, out _, out var refusal));
        Assert.Equal(FailureCodes.ImageRefused, refusal!.Code);
    }

    [Fact]
    public void What_was_declared_must_be_what_is_found()
    {
        Assert.False(ImageHeader.TryAccept(new Qcow2Bytes().Head, [], Qcow2Bytes.FileLength, ImageFormat.Raw, Largest, out _, out _));
        Assert.False(ImageHeader.TryAccept(new byte[4096], [], 4096, ImageFormat.Qcow2, Largest, out _, out _));
    }

    [Fact]
    public void No_bytes_whatever_make_the_inspection_throw() =>
        Gen.Select(Gen.Byte.Array[0, 2048], Gen.Byte.Array[0, 512], Gen.Long.Nullable())
            .Sample(
                (head, tail, length) =>
                {
                    var accepted = ImageHeader.TryAccept(head, tail, length, null, Largest, out _, out var refusal);
                    return accepted == refusal is null;
                },
                iter: 20_000);

    [Fact]
    public void No_change_of_a_sound_header_makes_the_inspection_throw_or_lets_a_reference_through() =>
        Gen.Select(Gen.Int[4, 160], Gen.Byte.Array[1, 16], Gen.Long.Nullable(), Gen.Bool)
            .Sample(
                (at, bytes, length, isThree) =>
                {
                    var image = new Qcow2Bytes(isThree ? 3u : 2u).Text(at, bytes);
                    if (!ImageHeader.TryAccept(image.Head, [], length, null, Largest, out var facts, out _) || facts.Format == ImageFormat.Raw)
                    {
                        return true;
                    }

                    Assert.True(Qcow2Header.TryRead(image.Head, out var header));
                    return header.BackingFileOffset == 0 && (header.IncompatibleFeatures & ~8ul) == 0 && header.CryptMethod == 0 && header.Snapshots == 0
                        && facts.VirtualSizeBytes is > 0 and <= Largest;
                },
                iter: 50_000);

    [Fact]
    public void The_name_of_a_backing_file_is_read_within_bounds_only()
    {
        var name = "/images/base"u8;
        var image = new Qcow2Bytes().U64(8, 1024).U32(16, (uint)name.Length).Text(1024, name);
        Assert.True(Qcow2Header.TryRead(image.Head, out var header));
        Assert.Equal("/images/base", header.BackingFile(image.Head));
        Assert.Null(header.BackingFile(image.Head[..1030]));
        Assert.Null((header with { BackingFileOffset = ulong.MaxValue }).BackingFile(image.Head));
        Assert.Null((header with { BackingFileLength = uint.MaxValue }).BackingFile(image.Head));
    }
}
