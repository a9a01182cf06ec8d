using System.Buffers.Binary;
using DeCloud.NodeAgent.Core.Images;

namespace DeCloud.NodeAgent.Tests.Images;

/// <summary>A qcow2 header under construction: sound until a test spoils a field.</summary>
internal sealed class Qcow2Bytes
{
    public const long FileLength = 5 * 65536;

    private readonly byte[] _bytes = new byte[ImageHeader.HeadBytes];

    public Qcow2Bytes(uint version = 3)
    {
        Qcow2Header.Magic.CopyTo(_bytes);
        U32(4, version).U32(20, 16).U64(24, 1 << 30).U32(36, 2).U64(40, 3 * 65536).U64(48, 65536).U32(56, 1);
        if (version == 3)
        {
            U32(96, 4).U32(100, 112);
        }
    }

    public ReadOnlySpan<byte> Head => _bytes;

    public Qcow2Bytes U32(int at, uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(at), value);
        return this;
    }

    public Qcow2Bytes U64(int at, ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(at), value);
        return this;
    }

    public Qcow2Bytes U8(int at, byte value)
    {
        _bytes[at] = value;
        return this;
    }

    public Qcow2Bytes Text(int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(_bytes.AsSpan(at));
        return this;
    }
}
