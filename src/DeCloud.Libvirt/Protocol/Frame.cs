using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Protocol;

/// <summary>A frame on its way out: length word, header, payload, in a pooled buffer.</summary>
internal static class Frame
{
    private const int SerialOffset = ProtocolLimits.LengthWord + (4 * 4);

    /// <summary>Encodes a call; its serial is filled in when its turn comes to be sent.</summary>
    /// <exception cref="ArgumentException">An argument is more than the protocol can carry.</exception>
    public static XdrWriter Call<TArguments>(Procedure procedure, TArguments arguments, XdrEncode<TArguments> encode)
    {
        var writer = new XdrWriter();
        try
        {
            writer.UInt32(0);
            new MessageHeader(procedure, MessageType.Call, 0, MessageStatus.Ok).Write(writer);
            encode(writer, arguments);
            writer.Patch(0, (uint)writer.Written.Length);
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Fills in the serial of an encoded call.</summary>
    public static void SetSerial(XdrWriter frame, uint serial) => frame.Patch(SerialOffset, serial);

    /// <summary>Encodes a packet of a stream.</summary>
    /// <param name="procedure">The procedure that opened the stream.</param>
    /// <param name="serial">The serial of the call that opened it.</param>
    /// <param name="status">What the packet is.</param>
    /// <param name="data">What it carries.</param>
    public static XdrWriter Stream(Procedure procedure, uint serial, MessageStatus status, ReadOnlySpan<byte> data)
    {
        var length = ProtocolLimits.SmallestFrame + data.Length;
        var writer = new XdrWriter(length);
        writer.UInt32((uint)length);
        new MessageHeader(procedure, MessageType.Stream, serial, status).Write(writer);
        writer.Raw(data);
        return writer;
    }

    /// <summary>Encodes a keepalive message.</summary>
    public static XdrWriter KeepAlive(KeepAliveProcedure procedure)
    {
        var writer = new XdrWriter(ProtocolLimits.SmallestFrame);
        writer.UInt32(ProtocolLimits.SmallestFrame);
        new MessageHeader(new Procedure(RpcProgram.KeepAlive, (int)procedure), MessageType.Notification, 0, MessageStatus.Ok).Write(writer);
        return writer;
    }
}
