using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using DeCloud.Libvirt.Protocol;

namespace DeCloud.Libvirt.Connection;

/// <summary>
/// Cuts the byte stream into frames. One pooled buffer serves all frames that fit it; a larger one is taken only
/// as its bytes arrive, so that a length word alone allocates nothing, and is given back afterwards.
/// </summary>
internal sealed class FrameReceiver : IDisposable
{
    private const int Usual = 64 * 1024;

    private readonly Socket _socket;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Usual);
    private int _start;
    private int _end;

    /// <summary>Reads from a socket that someone else owns.</summary>
    public FrameReceiver(Socket socket) => _socket = socket;

    /// <summary>
    /// The next message, header first and without its length word; valid until the next call. Null at the end of
    /// the stream.
    /// </summary>
    /// <exception cref="LibvirtProtocolException">The length cannot be true, or the stream ends within a frame.</exception>
    /// <exception cref="SocketException">The socket failed.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTakeFrame(out var frame, out var missing))
            {
                return frame;
            }

            MakeRoom(missing);
            var received = await _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            if (received == 0)
            {
                return _end == _start ? null : throw new LibvirtProtocolException($"the stream ends {_end - _start} bytes into a frame");
            }

            _end += received;
        }
    }

    /// <summary>Gives the buffer back. Only when nothing receives any more.</summary>
    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool TryTakeFrame(out ReadOnlyMemory<byte> frame, out int missing)
    {
        frame = default;
        var available = _end - _start;
        missing = ProtocolLimits.LengthWord - available;
        if (missing > 0)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start));
        if (length is < ProtocolLimits.SmallestFrame or > ProtocolLimits.Frame)
        {
            throw new LibvirtProtocolException(
                $"a frame of {length} bytes is outside {ProtocolLimits.SmallestFrame} to {ProtocolLimits.Frame}");
        }

        missing = (int)length - available;
        if (missing > 0)
        {
            return false;
        }

        frame = _buffer.AsMemory(_start + ProtocolLimits.LengthWord, (int)length - ProtocolLimits.LengthWord);
        _start += (int)length;
        return true;
    }

    private void MakeRoom(int missing)
    {
        var held = _end - _start;
        if (held == 0)
        {
            _start = _end = 0;
            if (_buffer.Length > 2 * Usual)
            {
                Exchange(Usual, 0);
            }

            return;
        }

        // The frame fits behind what is held already: nothing has to move.
        if (_end + missing <= _buffer.Length)
        {
            return;
        }

        if (held + missing <= _buffer.Length || _start >= _buffer.Length / 2)
        {
            _buffer.AsSpan(_start, held).CopyTo(_buffer);
            _start = 0;
            _end = held;
            return;
        }

        Exchange(Math.Min(held + missing, _buffer.Length * 2), held);
    }

    private void Exchange(int size, int held)
    {
        var other = ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(_start, held).CopyTo(other);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = other;
        _start = 0;
        _end = held;
    }
}
