namespace DeCloud.NodeAgent.Cli.Consoles;

/// <summary>The key that leaves the console: Ctrl-], as in telnet and virsh.</summary>
internal static class EscapeKey
{
    private const byte ControlRightBracket = 0x1d;

    /// <summary>What of typed bytes goes to the guest, and whether the key to leave was among them; what is behind it goes nowhere.</summary>
    public static (ReadOnlyMemory<byte> ToGuest, bool Leaves) Split(ReadOnlyMemory<byte> typed)
    {
        var at = typed.Span.IndexOf(ControlRightBracket);
        return at < 0 ? (typed, false) : (typed[..at], true);
    }
}
