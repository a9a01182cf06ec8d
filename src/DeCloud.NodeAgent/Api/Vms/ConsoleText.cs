using System.Buffers;

namespace DeCloud.NodeAgent.Api.Vms;

/// <summary>Makes what a guest printed safe to show: a terminal obeys escape sequences, and the guest is not to be trusted with anybody's terminal.</summary>
internal static class ConsoleText
{
    /// <summary>Replaces control characters other than newline and tab with <c>\xNN</c>, and drops carriage returns before newlines. Everything else, UTF-8 included, stays.</summary>
    public static ReadOnlyMemory<byte> Escape(ReadOnlySpan<byte> printed)
    {
        var safe = new ArrayBufferWriter<byte>(printed.Length + 64);
        for (var i = 0; i < printed.Length; i++)
        {
            var b = printed[i];
            var isC1 = b == 0xC2 && i + 1 < printed.Length && printed[i + 1] is >= 0x80 and < 0xA0;
            if (b == '\r' && i + 1 < printed.Length && printed[i + 1] == '\n')
            {
                continue;
            }

            if (isC1)
            {
                // U+0080 to U+009F are control characters too, and some terminals obey them.
                b = printed[++i];
            }

            if (isC1 || (b < 0x20 && b != '\n' && b != '\t') || b == 0x7F)
            {
                safe.Write("\\x"u8);
                safe.Write([Digit(b >> 4), Digit(b & 15)]);
            }
            else
            {
                safe.Write([b]);
            }
        }

        return safe.WrittenMemory;
    }

    private static byte Digit(int value) => (byte)"0123456789abcdef"[value];
}
