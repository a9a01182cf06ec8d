namespace DeCloud.Libvirt.Protocol;

/// <summary>Messages of the keepalive program (<c>virkeepaliveprotocol.x</c>).</summary>
internal enum KeepAliveProcedure
{
    /// <summary>Asks the other side for a sign of life.</summary>
    Ping = 1,

    /// <summary>The sign of life.</summary>
    Pong = 2,
}
