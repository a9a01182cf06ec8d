using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using DeCloud.Libvirt.Protocol;

namespace DeCloud.Libvirt.Xdr;

/// <summary>Writes the arguments of a call.</summary>
/// <typeparam name="TArguments">What is written.</typeparam>
/// <param name="writer">Where to write to.</param>
/// <param name="arguments">The arguments.</param>
internal delegate void XdrEncode<in TArguments>(XdrWriter writer, TArguments arguments);

/// <summary>
/// Writes XDR (RFC 4506) into a pooled buffer. What the protocol does not allow is refused with
/// <see cref="ArgumentException"/> here, before anything is sent.
/// </summary>
internal sealed class XdrWriter : IDisposable
{
    private byte[] _buffer;
    private int _length;

    /// <summary>Rents the first buffer.</summary>
    /// <param name="capacity">Bytes expected.</param>
    public XdrWriter(int capacity = 512) => _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>What was written, valid until <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    /// <summary>Writes an <c>int</c>.</summary>
    public XdrWriter Int32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Reserve(4), value);
        return this;
    }

    /// <summary>Writes an <c>unsigned int</c>.</summary>
    public XdrWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Reserve(4), value);
        return this;
    }

    /// <summary>Writes a <c>hyper</c>.</summary>
    public XdrWriter Int64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);
        return this;
    }

    /// <summary>Writes an <c>unsigned hyper</c>.</summary>
    public XdrWriter UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Reserve(8), value);
        return this;
    }

    /// <summary>Writes a <c>double</c>.</summary>
    public XdrWriter Double(double value)
    {
        BinaryPrimitives.WriteDoubleBigEndian(Reserve(8), value);
        return this;
    }

    /// <summary>Writes the word that says whether an optional value follows.</summary>
    public XdrWriter Presence(bool present) => UInt32(present ? 1u : 0u);

    /// <summary>Writes an opaque field of fixed length, padded.</summary>
    public XdrWriter Fixed(ReadOnlySpan<byte> bytes)
    {
        var padded = Reserve((bytes.Length + 3) & ~3);
        bytes.CopyTo(padded);
        padded[bytes.Length..].Clear();
        return this;
    }

    /// <summary>Writes bytes as they are, without a length and without padding: what packets of streams hold is no XDR.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>Writes a UUID: 16 bytes in the order in which it is written out.</summary>
    public XdrWriter Uuid(Guid value)
    {
        value.TryWriteBytes(Reserve(16), bigEndian: true, out _);
        return this;
    }

    /// <summary>Writes a string.</summary>
    /// <param name="value">No NUL: the daemon would read only what stands before it.</param>
    /// <exception cref="ArgumentException">It holds a NUL or is longer than the protocol allows.</exception>
    public XdrWriter String(string value)
    {
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A string sent to libvirt must not contain a NUL character.", nameof(value));
        }

        var length = Encoding.UTF8.GetByteCount(value);
        if (length > ProtocolLimits.String)
        {
            throw new ArgumentException($"A string sent to libvirt has {length} bytes; the limit is {ProtocolLimits.String}.", nameof(value));
        }

        UInt32((uint)length);
        var padded = Reserve((length + 3) & ~3);
        Encoding.UTF8.GetBytes(value, padded);
        padded[length..].Clear();
        return this;
    }

    /// <summary>Writes a string that may be absent.</summary>
    public XdrWriter OptionalString(string? value)
    {
        Presence(value is not null);
        return value is null ? this : String(value);
    }

    /// <summary>Overwrites a word written before, such as a length that is known only at the end.</summary>
    /// <param name="offset">Where the word begins.</param>
    /// <param name="value">Its new value.</param>
    public void Patch(int offset, uint value) => BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(offset, 4), value);

    /// <summary>Gives the buffer back to the pool, once, whoever comes first.</summary>
    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        _length = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private Span<byte> Reserve(int count)
    {
        var needed = _length + count;
        if (needed > ProtocolLimits.Frame)
        {
            throw new ArgumentException($"A message to libvirt would exceed {ProtocolLimits.Frame} bytes.");
        }

        if (needed > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _buffer.Length * 2));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var reserved = _buffer.AsSpan(_length, count);
        _length = needed;
        return reserved;
    }
}
