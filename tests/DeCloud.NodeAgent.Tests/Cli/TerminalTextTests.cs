using System.Text.Json;
using CsCheck;
using DeCloud.NodeAgent.Cli.Output;

namespace DeCloud.NodeAgent.Tests.Cli;

public sealed class TerminalTextTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("web-1", "web-1")]
    [InlineData("Ünï 名 🙂", "Ünï 名 🙂")]
    [InlineData("a\u001b[31mb", @"a\x1b[31mb")]
    [InlineData("a\u009b31mb", @"a\x9b31mb")]
    [InlineData("a\nb\tc\rd\0e\u007f", @"a\x0ab\x09c\x0dd\x00e\x7f")]
    [InlineData("a\u202eb\u2066c\u200bd", @"a\u{202e}b\u{2066}c\u{200b}d")]
    [InlineData("a\u2028b", @"a\u{2028}b")]
    public void What_a_terminal_would_obey_is_spelled_out(string text, string shown) => Assert.Equal(shown, TerminalText.Escape(text));

    [Fact]
    public void Half_a_character_is_spelled_out() => Assert.Equal(@"a\u{d800}b", TerminalText.Escape("a\ud800b"));

    [Fact]
    public void Lines_stay_lines_where_lines_are_meant() => Assert.Equal("a\n\tb\\x0d\\x1b", TerminalText.Escape("a\n\tb\r\u001b", keepsLines: true));

    [Fact]
    public void No_text_whatever_brings_a_control_character_to_the_terminal() =>
        Gen.String.Sample(text => Assert.DoesNotContain(TerminalText.Escape(text), c => char.IsControl(c)));

    [Fact]
    public void Json_says_the_same_after_it_was_made_harmless() => Gen.String.Where(IsSound).Sample(text =>
    {
        var json = JsonSerializer.Serialize(text, Relaxed);
        var shown = TerminalText.EscapeJson(json);
        Assert.DoesNotContain(shown, char.IsControl);
        Assert.Equal(text, JsonSerializer.Deserialize<string>(shown));
    });

    [Fact]
    public void Raw_controls_and_overrides_in_json_become_escapes() =>
        Assert.Equal("{\n\"a\":\"\\u009b\\u202e🙂\\u007f\"}", TerminalText.EscapeJson("{\n\"a\":\"\u009b\u202e🙂\u007f\"}"));

    private static bool IsSound(string text) => !text.Where((c, i) => char.IsSurrogate(c) && !(char.IsHighSurrogate(c) ? i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) : i > 0 && char.IsHighSurrogate(text[i - 1]))).Any();
}
