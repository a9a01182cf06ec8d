using System.Collections;
using System.Diagnostics.CodeAnalysis;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Parameters;

/// <summary>
/// Named values as the daemon sent them, such as <c>cpu.time</c> or <c>block.0.rd.bytes</c>. Which names come depends
/// on the libvirt version, the driver and the state of the domain: read what is there, expect nothing.
/// </summary>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "Named as libvirt names it.")]
public sealed class TypedParameters : IReadOnlyDictionary<string, TypedValue>
{
    /// <summary>The fewest bytes a parameter takes: an empty name, a type, a 32-bit value.</summary>
    private const int Smallest = 4 + 4 + 4;

    private readonly Dictionary<string, TypedValue> _values;

    private TypedParameters(Dictionary<string, TypedValue> values) => _values = values;

    /// <inheritdoc/>
    public int Count => _values.Count;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _values.Keys;

    /// <inheritdoc/>
    public IEnumerable<TypedValue> Values => _values.Values;

    /// <inheritdoc/>
    public TypedValue this[string key] => _values[key];

    /// <summary>An unsigned number; null when it is absent or not one.</summary>
    /// <param name="name">The parameter's name.</param>
    public ulong? UInt64(string name) => _values.TryGetValue(name, out var value) ? value.AsUInt64 : null;

    /// <summary>A signed number; null when it is absent or not one.</summary>
    /// <param name="name">The parameter's name.</param>
    public long? Int64(string name) => _values.TryGetValue(name, out var value) ? value.AsInt64 : null;

    /// <summary>A string; null when it is absent or not one.</summary>
    /// <param name="name">The parameter's name.</param>
    public string? Text(string name) => _values.TryGetValue(name, out var value) ? value.AsString : null;

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _values.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, out TypedValue value) => _values.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, TypedValue>> GetEnumerator() => _values.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Reads a list of parameters; of two with one name the later counts.</summary>
    internal static TypedParameters Read(ref XdrReader reader, int limit)
    {
        var count = reader.ReadCount(limit, Smallest);
        var values = new Dictionary<string, TypedValue>(count, StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var name = reader.ReadName();
            values[name] = TypedValue.Read(ref reader);
        }

        return new TypedParameters(values);
    }
}
