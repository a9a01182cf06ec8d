namespace DeCloud.Libvirt.Protocol;

/// <summary>What kind of message a frame holds (<c>enum virNetMessageType</c>). Passed descriptors and holes in streams are not used here.</summary>
internal enum MessageType
{
    /// <summary>Client to daemon: the arguments of a call.</summary>
    Call = 0,

    /// <summary>Daemon to client: the result or the error of a call.</summary>
    Reply = 1,

    /// <summary>Either way: a notification with serial 0.</summary>
    Notification = 2,

    /// <summary>Either way: a packet of a stream, with the procedure and the serial of the call that opened it.</summary>
    Stream = 3,
}
