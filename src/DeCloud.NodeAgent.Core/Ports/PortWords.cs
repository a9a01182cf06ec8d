namespace DeCloud.NodeAgent.Core.Ports;

/// <summary>The words of the API for ports.</summary>
public static class PortWords
{
    /// <summary>The word for a protocol: <c>tcp</c>, <c>udp</c> or <c>both</c>.</summary>
    /// <param name="protocol">The protocol.</param>
    public static string Of(PortProtocol protocol) => protocol switch
    {
        PortProtocol.Tcp => "tcp",
        PortProtocol.Udp => "udp",
        PortProtocol.Both => "both",
        _ => "none",
    };

    /// <summary>The protocol of a word; <see cref="PortProtocol.None"/> for any other text.</summary>
    /// <param name="word">The word.</param>
    public static PortProtocol ProtocolOf(string? word) => word switch
    {
        "tcp" => PortProtocol.Tcp,
        "udp" => PortProtocol.Udp,
        "both" => PortProtocol.Both,
        _ => PortProtocol.None,
    };
}
