namespace DeCloud.Libvirt.Protocol;

/// <summary>
/// What one message may hold at most. The numbers are those of libvirt's own <c>virnetprotocol.x</c> and
/// <c>remote_protocol.x</c>; a daemon that exceeds them is not speaking the protocol.
/// </summary>
internal static class ProtocolLimits
{
    /// <summary>Bytes of the length word before each message (VIR_NET_MESSAGE_LEN_MAX).</summary>
    public const int LengthWord = 4;

    /// <summary>Bytes of a message's header (VIR_NET_MESSAGE_HEADER_MAX).</summary>
    public const int Header = 24;

    /// <summary>Bytes of a message with its length word (VIR_NET_MESSAGE_MAX plus the word, which it does not count).</summary>
    public const int Frame = 33_554_432 + LengthWord;

    /// <summary>The shortest frame: a length word and a header.</summary>
    public const int SmallestFrame = LengthWord + Header;

    /// <summary>Bytes of one packet of a stream that every daemon takes (VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX).</summary>
    public const int StreamPacket = 262_120;

    /// <summary>Bytes of one string (REMOTE_STRING_MAX).</summary>
    public const int String = 4_194_304;

    /// <summary>Domains in one list (REMOTE_DOMAIN_LIST_MAX).</summary>
    public const int Domains = 16_384;

    /// <summary>Parameters of one domain's statistics (REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX).</summary>
    public const int StatisticsParameters = 262_144;

    /// <summary>Networks in one list (REMOTE_NETWORK_LIST_MAX).</summary>
    public const int Networks = 16_384;

    /// <summary>DHCP leases of one network (REMOTE_NETWORK_DHCP_LEASES_MAX).</summary>
    public const int DhcpLeases = 65_536;

    /// <summary>Interfaces of one domain (REMOTE_DOMAIN_INTERFACE_MAX).</summary>
    public const int Interfaces = 2_048;

    /// <summary>Addresses of one interface (REMOTE_DOMAIN_IP_ADDR_MAX).</summary>
    public const int InterfaceAddresses = 2_048;

    /// <summary>Ways to authenticate (REMOTE_AUTH_TYPE_LIST_MAX).</summary>
    public const int AuthenticationTypes = 20;
}
