using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Streams;

namespace DeCloud.Libvirt.Connection;

/// <summary>
/// The streams of a session by the serial of the call that opened them, and their packets that wait to be sent. A stream stays here until the daemon has said its last
/// word on it, because packets of a stream that was given up are under way until then. Guarded by its owner's lock.
/// </summary>
internal sealed class StreamTable
{
    private readonly Dictionary<uint, LibvirtStream> _streams = [];
    private readonly Queue<OutgoingFrame> _packets = [];

    /// <summary>Adds a stream whose call is about to be sent.</summary>
    public void Add(LibvirtStream stream) => _streams.Add(stream.Serial, stream);

    /// <summary>Puts a packet at the end. A stream has one under way at most, so there are never more than streams.</summary>
    public void Send(OutgoingFrame packet) => _packets.Enqueue(packet);

    /// <summary>Takes the next packet to send.</summary>
    public bool TryTakeNext(out OutgoingFrame packet) => _packets.TryDequeue(out packet);

    /// <summary>A call was answered: there is no stream when it failed, and one too many when nobody waits for it any more.</summary>
    public void Answered(MessageHeader header, bool isWanted)
    {
        if (!_streams.TryGetValue(header.Serial, out var stream))
        {
            return;
        }

        if (header.Status != MessageStatus.Ok)
        {
            _streams.Remove(header.Serial);
        }
        else if (!isWanted)
        {
            stream.IsGivenUp = true;
            Send(new(Frame.Stream(stream.Procedure, stream.Serial, MessageStatus.Error, [])));
        }
    }

    /// <summary>The stream of a packet that came. Takes it out when the packet is its last.</summary>
    /// <exception cref="LibvirtProtocolException">There is no such stream.</exception>
    public LibvirtStream Find(MessageHeader header)
    {
        if (!_streams.TryGetValue(header.Serial, out var stream) || stream.Procedure != header.Procedure)
        {
            throw new LibvirtProtocolException($"a packet belongs to the stream {header.Serial} of {header.Procedure}, which is not open");
        }

        if (header.Status is MessageStatus.Ok or MessageStatus.Error)
        {
            _streams.Remove(header.Serial);
        }

        return stream;
    }

    /// <summary>Takes everything: the session has ended.</summary>
    public (IReadOnlyList<LibvirtStream> Open, IReadOnlyList<OutgoingFrame> Unsent) TakeAll()
    {
        (IReadOnlyList<LibvirtStream>, IReadOnlyList<OutgoingFrame>) all = ([.. _streams.Values], [.. _packets]);
        _streams.Clear();
        _packets.Clear();
        return all;
    }
}
