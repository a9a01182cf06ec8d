using System.Text;

namespace DeCloud.Libvirt.Xdr;

/// <summary>
/// Keeps the names that a peer sends over and over (of statistics, mainly), so that a reply about a hundred
/// domains does not allocate each of them a hundred times. Bounded: a peer that invents names fills it once and
/// gains nothing more. Used by one thread at a time.
/// </summary>
internal sealed class StringCache
{
    private const int Slots = 1024;
    private const int LongestName = 64;

    private readonly string?[] _names = new string?[Slots];

    /// <summary>The string of these bytes, from the cache where possible.</summary>
    /// <param name="utf8">The bytes of the name.</param>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > LongestName || !Ascii.IsValid(utf8))
        {
            return Encoding.UTF8.GetString(utf8);
        }

        ref var slot = ref _names[Slot(utf8)];
        return slot is not null && Ascii.Equals(utf8, slot) ? slot : slot = Encoding.ASCII.GetString(utf8);
    }

    private static int Slot(ReadOnlySpan<byte> utf8)
    {
        var hash = 2166136261u;
        foreach (var value in utf8)
        {
            hash = (hash ^ value) * 16777619u;
        }

        return (int)(hash % Slots);
    }
}
