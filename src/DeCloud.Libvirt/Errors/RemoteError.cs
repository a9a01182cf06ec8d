using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Networks;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Errors;

/// <summary>The error that a reply carries (<c>struct remote_error</c>).</summary>
internal static class RemoteError
{
    /// <summary>Reads an error. Fields that libvirt itself no longer uses are read past.</summary>
    public static LibvirtException Read(ref XdrReader reader)
    {
        var code = (LibvirtErrorCode)reader.ReadInt32();
        var domain = (LibvirtErrorDomain)reader.ReadInt32();
        var message = reader.ReadOptionalString();
        var level = (LibvirtErrorLevel)reader.ReadInt32();
        if (reader.ReadPresence())
        {
            DomainWire.Read(ref reader);
        }

        for (var i = 0; i < 3; i++)
        {
            reader.ReadOptionalString();
        }

        reader.ReadInt32();
        reader.ReadInt32();
        if (reader.ReadPresence())
        {
            NetworkWire.Read(ref reader);
        }

        return new LibvirtException(code, domain, level, message ?? $"libvirt reports error {(int)code} without a message");
    }
}
