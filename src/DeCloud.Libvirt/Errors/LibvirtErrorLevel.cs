namespace DeCloud.Libvirt;

/// <summary>How grave an error is (<c>enum virErrorLevel</c> in <c>virterror.h</c>).</summary>
public enum LibvirtErrorLevel
{
    /// <summary>Not said.</summary>
    None = 0,

    /// <summary>A warning.</summary>
    Warning = 1,

    /// <summary>An error.</summary>
    Error = 2,
}
