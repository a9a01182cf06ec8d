using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DeCloud.NodeAgent.Cli.Consoles;

/// <summary>
/// A terminal in raw mode: every key goes on at once and unchanged, Ctrl-C too, and nothing is echoed. Disposing puts it back as it was; so does the end of the process, whatever the cause,
/// short of SIGKILL.
/// </summary>
internal sealed partial class Terminal : IDisposable
{
    private const int Input = 0;
    private const int AtOnce = 0;

    /// <summary>More than any libc's <c>struct termios</c> takes (60 bytes on Linux).</summary>
    private const int TermiosBytes = 256;
    private readonly byte[] _before;
    private bool _isRestored;

    private Terminal(byte[] before)
    {
        _before = before;
        AppDomain.CurrentDomain.ProcessExit += Restore;
    }

    /// <summary>Puts the terminal of standard input into raw mode; null when it is none.</summary>
    public static Terminal? TryMakeRaw()
    {
        var before = new byte[TermiosBytes];
        if (GetAttributes(Input, before) != 0)
        {
            return null;
        }

        var raw = before.ToArray();
        MakeRaw(raw);
        var terminal = new Terminal(before);
        if (SetAttributes(Input, AtOnce, raw) == 0)
        {
            return terminal;
        }

        terminal.Dispose();
        return null;
    }

    /// <summary>
    /// Opens standard input for bytes as they come. Console.OpenStandardInput is no way to a terminal: it has lines edited and echoed, with settings of its own, and gives them out with the Enter key.
    /// </summary>
    public static Stream OpenInput() => new FileStream(new SafeFileHandle(Input, ownsHandle: false), FileAccess.Read, bufferSize: 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= Restore;
        Restore(null, EventArgs.Empty);
    }

    private void Restore(object? sender, EventArgs e)
    {
        if (!_isRestored)
        {
            _isRestored = true;
            _ = SetAttributes(Input, AtOnce, _before);
        }
    }

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetAttributes(int descriptor, [Out] byte[] termios);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetAttributes(int descriptor, int when, [In] byte[] termios);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    private static partial void MakeRaw([In, Out] byte[] termios);
}
