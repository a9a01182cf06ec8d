namespace DeCloud.Libvirt;

/// <summary>
/// Which part of libvirt reports an error (<c>enum virErrorDomain</c> in <c>virterror.h</c>). Parts that a host of
/// QEMU machines does not meet arrive as their bare number.
/// </summary>
public enum LibvirtErrorDomain
{
    /// <summary>Not said.</summary>
    None = 0,

    /// <summary>XML parsing.</summary>
    Xml = 5,

    /// <summary>Operations on domains.</summary>
    DomainObject = 6,

    /// <summary>The remote protocol.</summary>
    Rpc = 7,

    /// <summary>The QEMU driver.</summary>
    Qemu = 10,

    /// <summary>Operations on networks.</summary>
    NetworkObject = 11,

    /// <summary>The in-memory test driver.</summary>
    Test = 12,

    /// <summary>The remote driver.</summary>
    Remote = 13,

    /// <summary>Storage.</summary>
    Storage = 18,

    /// <summary>The network driver.</summary>
    Network = 19,

    /// <summary>Domain configuration.</summary>
    DomainConfiguration = 20,

    /// <summary>Security labels.</summary>
    Security = 24,

    /// <summary>CPU models.</summary>
    Cpu = 31,

    /// <summary>Events.</summary>
    Event = 40,

    /// <summary>Locks on resources.</summary>
    Locking = 42,

    /// <summary>Capabilities.</summary>
    Capabilities = 44,

    /// <summary>Authentication.</summary>
    Authentication = 46,

    /// <summary>Control groups.</summary>
    ControlGroup = 54,

    /// <summary>Access control.</summary>
    Access = 55,

    /// <summary>Authorisation by polkit.</summary>
    Polkit = 60,

    /// <summary>The log daemon.</summary>
    Logging = 63,
}
