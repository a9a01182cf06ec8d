using System.Buffers.Binary;
using System.Text;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>
/// Writes messages of netlink (linux/netlink.h, nfnetlink.h): a header of 16 bytes in the machine's order (length, type, flags, sequence number, sender), the 4 bytes of <c>nfgenmsg</c>
/// (family, version 0, resource in network order), then attributes, each of a length, a type and a value that is filled up to a multiple of 4 bytes. Numbers of nf_tables are in network order.
/// </summary>
internal sealed class NetlinkWriter
{
    private const int HeaderBytes = 16;
    private const ushort Nested = 0x8000;
    private byte[] _bytes = new byte[4096];
    private int _length;
    private int _message;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Begins a message; <see cref="EndMessage"/> ends it.</summary>
    /// <param name="type">Subsystem and kind (<see cref="NetlinkType"/>).</param>
    /// <param name="flags">What is asked (<see cref="NetlinkFlags"/>).</param>
    /// <param name="sequence">The number by which the kernel answers.</param>
    /// <param name="family">The family of the table; 0 for all.</param>
    /// <param name="resource">The subsystem of a batch; else 0.</param>
    public void BeginMessage(ushort type, ushort flags, uint sequence, byte family, ushort resource = 0)
    {
        _message = _length;
        var header = Take(HeaderBytes + 4);
        BitConverter.TryWriteBytes(header[4..], type);
        BitConverter.TryWriteBytes(header[6..], flags);
        BitConverter.TryWriteBytes(header[8..], sequence);
        header[16] = family;
        BinaryPrimitives.WriteUInt16BigEndian(header[18..], resource);
    }

    /// <summary>Ends the message that was begun.</summary>
    public void EndMessage() => BitConverter.TryWriteBytes(_bytes.AsSpan(_message), _length - _message);

    /// <summary>A text that ends in a zero.</summary>
    public void Text(ushort type, string text)
    {
        var start = BeginAttribute(type);
        Encoding.ASCII.GetBytes(text, Take(text.Length + 1));
        EndAttribute(start);
    }

    /// <summary>A number of 32 bits.</summary>
    public void Number(ushort type, uint number)
    {
        var start = BeginAttribute(type);
        BinaryPrimitives.WriteUInt32BigEndian(Take(4), number);
        EndAttribute(start);
    }

    /// <summary>Bytes as they are.</summary>
    public void Bytes(ushort type, ReadOnlySpan<byte> bytes)
    {
        var start = BeginAttribute(type);
        bytes.CopyTo(Take(bytes.Length));
        EndAttribute(start);
    }

    /// <summary>Begins an attribute that holds attributes; <see cref="EndNested"/> ends it.</summary>
    /// <returns>Where it begins.</returns>
    public int BeginNested(ushort type) => BeginAttribute((ushort)(type | Nested));

    /// <summary>Ends an attribute that holds attributes.</summary>
    /// <param name="start">Where it began.</param>
    public void EndNested(int start) => EndAttribute(start);

    private int BeginAttribute(ushort type)
    {
        var start = _length;
        BitConverter.TryWriteBytes(Take(4)[2..], type);
        return start;
    }

    private void EndAttribute(int start)
    {
        BitConverter.TryWriteBytes(_bytes.AsSpan(start), checked((ushort)(_length - start)));
        Take(-_length & 3);
    }

    private Span<byte> Take(int count)
    {
        if (_length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        }

        var taken = _bytes.AsSpan(_length, count);
        _length += count;
        return taken;
    }
}
