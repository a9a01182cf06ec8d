namespace DeCloud.Libvirt;

/// <summary>The daemon answered a call with an error. The connection stays usable.</summary>
public sealed class LibvirtException : Exception
{
    /// <summary>An error as the daemon reports it.</summary>
    /// <param name="code">What went wrong.</param>
    /// <param name="domain">Which part of libvirt says so.</param>
    /// <param name="level">How grave it is.</param>
    /// <param name="message">The daemon's own words; they may quote names that a user chose.</param>
    public LibvirtException(LibvirtErrorCode code, LibvirtErrorDomain domain, LibvirtErrorLevel level, string message)
        : base(message)
    {
        Code = code;
        Domain = domain;
        Level = level;
    }

    /// <summary>What went wrong.</summary>
    public LibvirtErrorCode Code { get; }

    /// <summary>Which part of libvirt says so.</summary>
    public LibvirtErrorDomain Domain { get; }

    /// <summary>How grave it is.</summary>
    public LibvirtErrorLevel Level { get; }
}
