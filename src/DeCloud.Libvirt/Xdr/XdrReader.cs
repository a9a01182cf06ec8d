using System.Buffers.Binary;
using System.Text;

namespace DeCloud.Libvirt.Xdr;

/// <summary>Reads one value from an XDR stream.</summary>
/// <typeparam name="T">What is read.</typeparam>
/// <param name="reader">Where to read from; it advances.</param>
/// <returns>The value.</returns>
internal delegate T XdrDecode<out T>(ref XdrReader reader);

/// <summary>
/// Reads XDR (RFC 4506) from a buffer that the peer filled: big-endian words, everything padded to four bytes.
/// Nothing it returns refers to the buffer. Whatever does not fit the format or a limit throws
/// <see cref="LibvirtProtocolException"/>; nothing is allocated for elements that the buffer cannot hold.
/// </summary>
internal ref struct XdrReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly StringCache? _names;
    private int _position;

    /// <summary>Starts at the first byte.</summary>
    /// <param name="bytes">The encoded values.</param>
    /// <param name="names">Keeps names that come back in every reply; null for none.</param>
    public XdrReader(ReadOnlySpan<byte> bytes, StringCache? names = null)
    {
        _bytes = bytes;
        _names = names;
        _position = 0;
    }

    /// <summary>Bytes not yet read.</summary>
    public readonly int Remaining => _bytes.Length - _position;

    /// <summary>Reads an <c>int</c>.</summary>
    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    /// <summary>Reads an <c>unsigned int</c>.</summary>
    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    /// <summary>Reads a <c>hyper</c>.</summary>
    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    /// <summary>Reads an <c>unsigned hyper</c>.</summary>
    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    /// <summary>Reads a <c>double</c>.</summary>
    public double ReadDouble() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>Reads the word that says whether an optional value follows.</summary>
    public bool ReadPresence()
    {
        var word = ReadUInt32();
        return word switch
        {
            0 => false,
            1 => true,
            _ => throw new LibvirtProtocolException($"an optional value is marked with {word} instead of 0 or 1"),
        };
    }

    /// <summary>Reads an opaque field of fixed length with its padding.</summary>
    /// <param name="length">Bytes, without padding.</param>
    public ReadOnlySpan<byte> ReadFixed(int length) => Take(Padded(length))[..length];

    /// <summary>Reads a UUID: 16 bytes in the order in which it is written out.</summary>
    public Guid ReadUuid() => new(Take(16), bigEndian: true);

    /// <summary>Reads a string; bytes that are not UTF-8 become the replacement character.</summary>
    public string ReadString() => Encoding.UTF8.GetString(ReadStringBytes());

    /// <summary>Reads a string that is likely to come again, such as a parameter's name.</summary>
    public string ReadName()
    {
        var bytes = ReadStringBytes();
        return _names is null ? Encoding.UTF8.GetString(bytes) : _names.Get(bytes);
    }

    /// <summary>Reads a string that may be absent.</summary>
    public string? ReadOptionalString() => ReadPresence() ? ReadString() : null;

    /// <summary>Reads a list.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="limit">The most elements the protocol allows.</param>
    /// <param name="smallestElement">The fewest bytes one element takes; what follows must have room for all.</param>
    /// <param name="decode">Reads one element.</param>
    public T[] ReadList<T>(int limit, int smallestElement, XdrDecode<T> decode)
    {
        var count = ReadCount(limit, smallestElement);
        if (count == 0)
        {
            return [];
        }

        var list = new T[count];
        for (var i = 0; i < count; i++)
        {
            list[i] = decode(ref this);
        }

        return list;
    }

    /// <summary>Reads the number of elements of a list and refuses one that cannot be true.</summary>
    /// <param name="limit">The most elements the protocol allows.</param>
    /// <param name="smallestElement">The fewest bytes one element takes.</param>
    public int ReadCount(int limit, int smallestElement)
    {
        var count = ReadUInt32();
        if (count > (uint)limit)
        {
            throw new LibvirtProtocolException($"a list of {count} elements exceeds the limit of {limit}");
        }

        if ((long)count * smallestElement > Remaining)
        {
            throw new LibvirtProtocolException($"a list of {count} elements does not fit in the {Remaining} bytes that follow");
        }

        return (int)count;
    }

    /// <summary>All that follows, as it is: what packets of streams hold is no XDR.</summary>
    public ReadOnlySpan<byte> ReadRest() => Take(Remaining);

    /// <summary>Refuses bytes after the last value: the two sides would disagree on the format.</summary>
    public readonly void EnsureEnd()
    {
        if (Remaining != 0)
        {
            throw new LibvirtProtocolException($"{Remaining} bytes follow the last value of a message");
        }
    }

    private static int Padded(int length) => (length + 3) & ~3;

    private ReadOnlySpan<byte> ReadStringBytes()
    {
        var length = ReadUInt32();
        if (length > Protocol.ProtocolLimits.String)
        {
            throw new LibvirtProtocolException($"a string of {length} bytes exceeds the limit of {Protocol.ProtocolLimits.String}");
        }

        return ReadFixed((int)length);
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > Remaining)
        {
            throw new LibvirtProtocolException($"a value of {length} bytes is cut off after {Remaining}");
        }

        var taken = _bytes.Slice(_position, length);
        _position += length;
        return taken;
    }
}
