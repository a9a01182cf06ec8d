namespace DeCloud.Libvirt;

/// <summary>
/// What went wrong, as the daemon numbers it (<c>enum virErrorNumber</c> in <c>virterror.h</c>). Only codes that
/// a caller can act on have a name; any other arrives as its bare number.
/// </summary>
public enum LibvirtErrorCode
{
    /// <summary>No error.</summary>
    Ok = 0,

    /// <summary>Something inside libvirt failed; the message says what.</summary>
    InternalError = 1,

    /// <summary>The daemon has no memory left.</summary>
    NoMemory = 2,

    /// <summary>The driver does not have this call.</summary>
    NoSupport = 3,

    /// <summary>The daemon has no driver for the URI.</summary>
    NoConnect = 5,

    /// <summary>An argument is not valid.</summary>
    InvalidArgument = 8,

    /// <summary>The operation failed.</summary>
    OperationFailed = 9,

    /// <summary>The XML is not valid.</summary>
    XmlError = 27,

    /// <summary>A domain of this name exists.</summary>
    DomainExists = 28,

    /// <summary>The connection may not do this.</summary>
    OperationDenied = 29,

    /// <summary>The XML is not well formed.</summary>
    XmlDetail = 35,

    /// <summary>A system call failed.</summary>
    SystemError = 38,

    /// <summary>The daemon did not understand the message.</summary>
    Rpc = 39,

    /// <summary>There is no such domain.</summary>
    NoDomain = 42,

    /// <summary>There is no such network.</summary>
    NoNetwork = 43,

    /// <summary>Authentication failed.</summary>
    AuthenticationFailed = 45,

    /// <summary>The operation does not fit the state that the object is in.</summary>
    OperationInvalid = 55,

    /// <summary>The configuration asks for something that is not supported here.</summary>
    ConfigUnsupported = 67,

    /// <summary>The daemon gave up waiting, mostly for a lock that another operation on the domain holds.</summary>
    OperationTimeout = 68,

    /// <summary>An argument is not supported by this driver.</summary>
    ArgumentUnsupported = 74,

    /// <summary>The operation was cancelled.</summary>
    OperationAborted = 78,

    /// <summary>The domain has no such metadata.</summary>
    NoDomainMetadata = 80,

    /// <summary>The driver cannot do this for this object.</summary>
    OperationUnsupported = 84,

    /// <summary>The agent in the guest does not answer.</summary>
    AgentUnresponsive = 86,

    /// <summary>What the operation needs is in use.</summary>
    ResourceBusy = 87,

    /// <summary>Access control refused the operation.</summary>
    AccessDenied = 88,

    /// <summary>The CPU asked for does not fit this machine.</summary>
    CpuIncompatible = 91,

    /// <summary>The XML does not match its schema.</summary>
    XmlInvalidSchema = 92,

    /// <summary>Nobody could be asked for authorisation.</summary>
    AuthenticationUnavailable = 94,

    /// <summary>The agent in the guest is out of step.</summary>
    AgentUnsynchronised = 97,

    /// <summary>The device is not there.</summary>
    DeviceMissing = 99,
}
