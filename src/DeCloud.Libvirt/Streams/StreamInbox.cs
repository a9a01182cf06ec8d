using System.Threading.Channels;

namespace DeCloud.Libvirt.Streams;

/// <summary>What came of a stream and waits to be read; bounded, so that the receive loop never waits for a reader. One reader at a time.</summary>
/// <param name="capacity">Bytes that may wait.</param>
internal sealed class StreamInbox(int capacity)
{
    private readonly Channel<byte[]> _packets = Channel.CreateUnbounded<byte[]>(new() { SingleReader = true });
    private ReadOnlyMemory<byte> _rest;
    private long _held;

    /// <summary>Adds bytes that came; false when they are more than may wait.</summary>
    public bool TryAdd(ReadOnlySpan<byte> bytes)
    {
        if (Interlocked.Add(ref _held, bytes.Length) > capacity)
        {
            return false;
        }

        _packets.Writer.TryWrite(bytes.ToArray());
        return true;
    }

    /// <summary>Nothing more comes. What is here can still be read; only the first reason counts.</summary>
    /// <param name="cause">Why, when it is no end that was to be expected.</param>
    public void End(Exception? cause) => _packets.Writer.TryComplete(cause);

    /// <summary>Reads what is here, or waits for something to come.</summary>
    /// <returns>Bytes read; 0 at the end.</returns>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (_rest.IsEmpty)
        {
            if (!await _packets.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                return 0;
            }

            if (_packets.Reader.TryRead(out var packet))
            {
                _rest = packet;
            }
        }

        var count = Math.Min(_rest.Length, buffer.Length);
        _rest[..count].CopyTo(buffer);
        _rest = _rest[count..];
        Interlocked.Add(ref _held, -count);
        return count;
    }
}
