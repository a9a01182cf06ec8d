using System.Buffers.Text;
using System.Text;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>The words of one line of a kernel's file, one after the other, without making strings of them.</summary>
internal ref struct Columns(ReadOnlySpan<byte> line)
{
    private ReadOnlySpan<byte> _rest = line;

    /// <summary>The next word; empty at the end.</summary>
    public ReadOnlySpan<byte> Word()
    {
        _rest = _rest.TrimStart(" \t"u8);
        var end = _rest.IndexOfAny((byte)' ', (byte)'\t');
        var word = end < 0 ? _rest : _rest[..end];
        _rest = _rest[word.Length..];
        return word;
    }

    /// <summary>The next word as text.</summary>
    public string Text() => Encoding.UTF8.GetString(Word());

    /// <summary>The next word as a whole number; 0 when it is none.</summary>
    public ulong Number() => Utf8Parser.TryParse(Word(), out ulong number, out _) ? number : 0;

    /// <summary>The next word as a number with a point; null when it is none.</summary>
    public double? Fraction() => Utf8Parser.TryParse(Word(), out double number, out _) ? number : null;

    /// <summary>Passes words over.</summary>
    public void Skip(int words)
    {
        for (var i = 0; i < words; i++)
        {
            Word();
        }
    }

    /// <summary>Cuts the first line off a text.</summary>
    public static ReadOnlySpan<byte> Line(ref ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)'\n');
        var line = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[(end + 1)..];
        return line;
    }
}
