using System.Globalization;
using System.Text;

namespace DeCloud.NodeAgent.Cli.Output;

/// <summary>
/// Text that a terminal only shows and never obeys. Names, labels, guests' consoles and images' URLs come from tenants: a control character in them could move the cursor, retitle the window
/// or answer for the operator, and a bidirectional override could make text read as another.
/// </summary>
internal static class TerminalText
{
    /// <summary>Escapes control, format and separator characters and lone surrogates as <c>\xNN</c> or <c>\u{N}</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="keepsLines">Whether line feeds and tabs stay what they are.</param>
    public static string Escape(string text, bool keepsLines = false)
    {
        StringBuilder? escaped = null;
        for (var i = 0; i < text.Length;)
        {
            var isRune = Rune.TryGetRuneAt(text, i, out var rune);
            var length = isRune ? rune.Utf16SequenceLength : 1;
            if (isRune && (!IsObeyed(rune) || (keepsLines && rune.Value is '\n' or '\t')))
            {
                escaped?.Append(text, i, length);
            }
            else
            {
                escaped ??= new StringBuilder(text, 0, i, text.Length + 16);
                var value = isRune ? rune.Value : text[i];
                var hex = value.ToString("x2", CultureInfo.InvariantCulture);
                escaped.Append(value < 0x100 ? @"\x" + hex : @"\u{" + hex + "}");
            }

            i += length;
        }

        return escaped?.ToString() ?? text;
    }

    /// <summary>Escapes what a terminal would obey in JSON, where that can only be inside of strings: the document means the same afterwards.</summary>
    public static string EscapeJson(string json)
    {
        StringBuilder? escaped = null;
        for (var i = 0; i < json.Length; i++)
        {
            var c = json[i];
            var isWhole = !char.IsSurrogate(c) || (Rune.TryGetRuneAt(json, char.IsLowSurrogate(c) && i > 0 ? i - 1 : i, out var pair) && !IsObeyed(pair));
            if (c == '\n' || (isWhole && (char.IsSurrogate(c) || !IsObeyed(new Rune(c)))))
            {
                escaped?.Append(c);
            }
            else
            {
                escaped ??= new StringBuilder(json, 0, i, json.Length + 16);
                escaped.Append(CultureInfo.InvariantCulture, $@"\u{(int)c:x4}");
            }
        }

        return escaped?.ToString() ?? json;
    }

    private static bool IsObeyed(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
}
