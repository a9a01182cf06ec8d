namespace DeCloud.Libvirt.Parameters;

/// <summary>The types of parameter values (<c>enum virTypedParameterType</c>).</summary>
public enum TypedValueKind
{
    /// <summary>A signed 32-bit integer.</summary>
    Int32 = 1,

    /// <summary>An unsigned 32-bit integer.</summary>
    UInt32 = 2,

    /// <summary>A signed 64-bit integer.</summary>
    Int64 = 3,

    /// <summary>An unsigned 64-bit integer.</summary>
    UInt64 = 4,

    /// <summary>A floating-point number.</summary>
    Double = 5,

    /// <summary>A truth value.</summary>
    Boolean = 6,

    /// <summary>A string.</summary>
    String = 7,
}
