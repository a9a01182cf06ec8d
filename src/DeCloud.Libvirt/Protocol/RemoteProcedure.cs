namespace DeCloud.Libvirt.Protocol;

/// <summary>Procedures of the remote program that this client calls (<c>enum remote_procedure</c> in <c>remote_protocol.x</c>).</summary>
internal enum RemoteProcedure
{
    /// <summary>REMOTE_PROC_CONNECT_OPEN.</summary>
    ConnectOpen = 1,

    /// <summary>REMOTE_PROC_CONNECT_CLOSE.</summary>
    ConnectClose = 2,

    /// <summary>REMOTE_PROC_CONNECT_GET_TYPE.</summary>
    ConnectGetType = 3,

    /// <summary>REMOTE_PROC_CONNECT_GET_VERSION.</summary>
    ConnectGetVersion = 4,

    /// <summary>REMOTE_PROC_NODE_GET_INFO.</summary>
    NodeGetInfo = 6,

    /// <summary>REMOTE_PROC_CONNECT_GET_CAPABILITIES.</summary>
    ConnectGetCapabilities = 7,

    /// <summary>REMOTE_PROC_DOMAIN_GET_XML_DESC.</summary>
    DomainGetXml = 14,

    /// <summary>REMOTE_PROC_DOMAIN_LOOKUP_BY_NAME.</summary>
    DomainLookupByName = 23,

    /// <summary>REMOTE_PROC_DOMAIN_LOOKUP_BY_UUID.</summary>
    DomainLookupByUuid = 24,

    /// <summary>REMOTE_PROC_DOMAIN_REBOOT.</summary>
    DomainReboot = 27,

    /// <summary>REMOTE_PROC_DOMAIN_RESUME.</summary>
    DomainResume = 28,

    /// <summary>REMOTE_PROC_DOMAIN_SUSPEND.</summary>
    DomainSuspend = 34,

    /// <summary>REMOTE_PROC_NETWORK_CREATE.</summary>
    NetworkStart = 39,

    /// <summary>REMOTE_PROC_NETWORK_GET_XML_DESC.</summary>
    NetworkGetXml = 43,

    /// <summary>REMOTE_PROC_NETWORK_LOOKUP_BY_NAME.</summary>
    NetworkLookupByName = 46,

    /// <summary>REMOTE_PROC_NETWORK_LOOKUP_BY_UUID.</summary>
    NetworkLookupByUuid = 47,

    /// <summary>REMOTE_PROC_CONNECT_GET_HOSTNAME.</summary>
    ConnectGetHostname = 59,

    /// <summary>REMOTE_PROC_CONNECT_SUPPORTS_FEATURE.</summary>
    ConnectSupportsFeature = 60,

    /// <summary>REMOTE_PROC_AUTH_LIST.</summary>
    AuthList = 66,

    /// <summary>REMOTE_PROC_AUTH_POLKIT.</summary>
    AuthPolkit = 70,

    /// <summary>REMOTE_PROC_NETWORK_IS_ACTIVE.</summary>
    NetworkIsActive = 152,

    /// <summary>REMOTE_PROC_CONNECT_GET_LIB_VERSION.</summary>
    ConnectGetLibVersion = 157,

    /// <summary>REMOTE_PROC_DOMAIN_GET_BLOCK_INFO.</summary>
    DomainGetBlockInfo = 194,

    /// <summary>REMOTE_PROC_DOMAIN_CREATE_WITH_FLAGS.</summary>
    DomainCreate = 196,

    /// <summary>REMOTE_PROC_DOMAIN_OPEN_CONSOLE.</summary>
    DomainOpenConsole = 201,

    /// <summary>REMOTE_PROC_DOMAIN_GET_STATE.</summary>
    DomainGetState = 212,

    /// <summary>REMOTE_PROC_DOMAIN_UNDEFINE_FLAGS.</summary>
    DomainUndefine = 231,

    /// <summary>REMOTE_PROC_DOMAIN_DESTROY_FLAGS.</summary>
    DomainDestroy = 234,

    /// <summary>REMOTE_PROC_DOMAIN_RESET.</summary>
    DomainReset = 245,

    /// <summary>REMOTE_PROC_DOMAIN_BLOCK_RESIZE.</summary>
    DomainBlockResize = 251,

    /// <summary>REMOTE_PROC_DOMAIN_SHUTDOWN_FLAGS.</summary>
    DomainShutdown = 258,

    /// <summary>REMOTE_PROC_DOMAIN_SET_METADATA.</summary>
    DomainSetMetadata = 264,

    /// <summary>REMOTE_PROC_DOMAIN_GET_METADATA.</summary>
    DomainGetMetadata = 265,

    /// <summary>REMOTE_PROC_CONNECT_LIST_ALL_DOMAINS.</summary>
    ConnectListAllDomains = 273,

    /// <summary>REMOTE_PROC_CONNECT_LIST_ALL_NETWORKS.</summary>
    ConnectListAllNetworks = 283,

    /// <summary>REMOTE_PROC_CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY.</summary>
    ConnectDomainEventRegister = 316,

    /// <summary>REMOTE_PROC_CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY.</summary>
    ConnectDomainEventDeregister = 317,

    /// <summary>REMOTE_PROC_NETWORK_GET_DHCP_LEASES.</summary>
    NetworkGetDhcpLeases = 341,

    /// <summary>REMOTE_PROC_CONNECT_GET_DOMAIN_CAPABILITIES.</summary>
    ConnectGetDomainCapabilities = 342,

    /// <summary>REMOTE_PROC_CONNECT_GET_ALL_DOMAIN_STATS.</summary>
    ConnectGetAllDomainStats = 344,

    /// <summary>REMOTE_PROC_DOMAIN_DEFINE_XML_FLAGS.</summary>
    DomainDefineXml = 350,

    /// <summary>REMOTE_PROC_DOMAIN_INTERFACE_ADDRESSES.</summary>
    DomainInterfaceAddresses = 353,
}
