using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Protocol;

/// <summary>The six words before every payload (<c>struct virNetMessageHeader</c>).</summary>
/// <param name="Procedure">Program and procedure.</param>
/// <param name="Type">What kind of message this is.</param>
/// <param name="Serial">Ties a reply to its call; 0 in notifications.</param>
/// <param name="Status">How a call ended.</param>
internal readonly record struct MessageHeader(Procedure Procedure, MessageType Type, uint Serial, MessageStatus Status)
{
    /// <summary>Every program has stayed at this version; libvirt only ever adds procedures.</summary>
    private const uint Version = 1;

    /// <summary>Reads a header.</summary>
    /// <exception cref="LibvirtProtocolException">The version is not one that this client speaks.</exception>
    public static MessageHeader Read(ref XdrReader reader)
    {
        var program = (RpcProgram)reader.ReadUInt32();
        var version = reader.ReadUInt32();
        var number = reader.ReadInt32();
        var type = (MessageType)reader.ReadInt32();
        var serial = reader.ReadUInt32();
        var status = (MessageStatus)reader.ReadInt32();
        return version == Version
            ? new MessageHeader(new Procedure(program, number), type, serial, status)
            : throw new LibvirtProtocolException($"program {(uint)program:x} has version {version} instead of {Version}");
    }

    /// <summary>Writes a header.</summary>
    public void Write(XdrWriter writer) => writer
        .UInt32((uint)Procedure.Program).UInt32(Version).Int32(Procedure.Number)
        .Int32((int)Type).UInt32(Serial).Int32((int)Status);
}
