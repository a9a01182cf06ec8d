using System.Globalization;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Parameters;

/// <summary>A value whose type the daemon chose (<c>union remote_typed_param_value</c>).</summary>
public readonly record struct TypedValue
{
    private readonly long _bits;
    private readonly string? _text;

    private TypedValue(TypedValueKind kind, long bits, string? text = null)
    {
        Kind = kind;
        _bits = bits;
        _text = text;
    }

    /// <summary>The type.</summary>
    public TypedValueKind Kind { get; }

    /// <summary>The value as an unsigned number; null when it is negative or no integer.</summary>
    public ulong? AsUInt64 => Kind switch
    {
        TypedValueKind.Int32 or TypedValueKind.Int64 when _bits >= 0 => (ulong)_bits,
        TypedValueKind.UInt32 or TypedValueKind.UInt64 => (ulong)_bits,
        _ => null,
    };

    /// <summary>The value as a signed number; null when it does not fit or is no integer.</summary>
    public long? AsInt64 => Kind switch
    {
        TypedValueKind.Int32 or TypedValueKind.Int64 or TypedValueKind.UInt32 => _bits,
        TypedValueKind.UInt64 when _bits >= 0 => _bits,
        _ => null,
    };

    /// <summary>The value as a floating-point number; null when it is none.</summary>
    public double? AsDouble => Kind == TypedValueKind.Double ? BitConverter.Int64BitsToDouble(_bits) : null;

    /// <summary>The value as a truth value; null when it is none.</summary>
    public bool? AsBoolean => Kind == TypedValueKind.Boolean ? _bits != 0 : null;

    /// <summary>The value as a string; null when it is none.</summary>
    public string? AsString => _text;

    /// <summary>The value for people.</summary>
    public override string ToString() => Kind switch
    {
        TypedValueKind.String => _text!,
        TypedValueKind.Double => AsDouble!.Value.ToString(CultureInfo.InvariantCulture),
        TypedValueKind.Boolean => _bits != 0 ? "true" : "false",
        TypedValueKind.UInt64 => ((ulong)_bits).ToString(CultureInfo.InvariantCulture),
        _ => _bits.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Reads a value.</summary>
    internal static TypedValue Read(ref XdrReader reader)
    {
        var kind = (TypedValueKind)reader.ReadInt32();
        return kind switch
        {
            TypedValueKind.Int32 or TypedValueKind.Boolean => new TypedValue(kind, reader.ReadInt32()),
            TypedValueKind.UInt32 => new TypedValue(kind, reader.ReadUInt32()),
            TypedValueKind.Int64 => new TypedValue(kind, reader.ReadInt64()),
            TypedValueKind.UInt64 => new TypedValue(kind, (long)reader.ReadUInt64()),
            TypedValueKind.Double => new TypedValue(kind, BitConverter.DoubleToInt64Bits(reader.ReadDouble())),
            TypedValueKind.String => new TypedValue(kind, 0, reader.ReadString()),
            _ => throw new LibvirtProtocolException($"a parameter has the unknown type {(int)kind}"),
        };
    }
}
