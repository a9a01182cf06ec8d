using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Lab;
using Microsoft.Win32.SafeHandles;

namespace DeCloud.NodeAgent.IntegrationTests.Terminal;

/// <summary>A terminal without a screen, and a program that runs in it as in a person's: its session's own, on all three streams.</summary>
internal sealed class PseudoTerminal : IDisposable
{
    private const int ReadWrite = 0x2, NotMine = 0x100, CloseOnExec = 0x80000;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly FileStream _keyboard;
    private readonly SafeFileHandle _held;
    private readonly string _path;
    private readonly StringBuilder _shown = new();
    private Process? _program;

    /// <summary>A new one.</summary>
    public PseudoTerminal()
    {
        var master = new SafeFileHandle(Checked(OpenPty(ReadWrite | NotMine | CloseOnExec)), ownsHandle: true);
        Checked(Grant(master));
        Checked(Unlock(master));
        var name = new byte[64];
        Checked(NameOf(master, name, (nuint)name.Length));
        _path = Encoding.ASCII.GetString(name.AsSpan(0, Array.IndexOf(name, (byte)0)));

        // Settings last as long as somebody has it open.
        _held = new(Checked(Open(_path, ReadWrite | NotMine | CloseOnExec)), ownsHandle: true);
        _keyboard = new(master, FileAccess.ReadWrite, bufferSize: 0);
        _ = Task.Run(Watch);
    }

    /// <summary>What was printed so far.</summary>
    public string Shown
    {
        get
        {
            lock (_shown)
            {
                return _shown.ToString();
            }
        }
    }

    /// <summary>The process that runs in it.</summary>
    public int Pid => _program!.Id;

    /// <summary>Starts a program in it.</summary>
    public void Run(string program, params string[] arguments)
    {
        // The shell and setsid become the program, so that its number is known.
        var start = new ProcessStartInfo("sh", ["-c", "exec setsid --ctty \"$@\" <\"$0\" >\"$0\" 2>&1", _path, program, .. arguments]);
        start.Environment["TERM"] = "xterm";
        _program = Process.Start(start)!;
    }

    /// <summary>Presses keys.</summary>
    public void Type(string keys)
    {
        _keyboard.Write(Encoding.ASCII.GetBytes(keys));
        _keyboard.Flush();
    }

    /// <summary>Waits until something is on the screen.</summary>
    public Task ShowsAsync(string text) => Patience.UntilAsync($"the terminal shows '{text}'", Deadline, () => Task.FromResult(Shown.Contains(text, StringComparison.Ordinal)), () => Shown);

    /// <summary>Waits for the program's end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await _program!.WaitForExitAsync(deadline.Token);
        return _program.ExitCode;
    }

    /// <summary>Its settings: all of them in one word, or those that matter for people as stty tells them.</summary>
    /// <param name="form"><c>-g</c> or <c>-a</c>.</param>
    public Task<string> SettingsAsync(string form) => Packaging.Package.RunAsync("stty", form, "-F", _path);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_program is { HasExited: false } left)
        {
            left.Kill();
        }

        _program?.Dispose();
        _held.Dispose();
        _keyboard.Dispose();
    }

    private void Watch()
    {
        var buffer = new byte[4096];
        try
        {
            while (_keyboard.Read(buffer) is > 0 and var count)
            {
                lock (_shown)
                {
                    _shown.Append(Encoding.UTF8.GetString(buffer, 0, count));
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The terminal was closed.
        }
    }

    private static int Checked(int result) => result >= 0 ? result : throw new IOException($"There is no pseudo terminal: {Marshal.GetLastPInvokeErrorMessage()}");

    [DllImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    [SuppressMessage("Interoperability", "SYSLIB1054:Use LibraryImport", Justification = "A test's.")]
    private static extern int OpenPty(int flags);

    [DllImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    [SuppressMessage("Interoperability", "SYSLIB1054:Use LibraryImport", Justification = "A test's.")]
    private static extern int Grant(SafeFileHandle master);

    [DllImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    [SuppressMessage("Interoperability", "SYSLIB1054:Use LibraryImport", Justification = "A test's.")]
    private static extern int Unlock(SafeFileHandle master);

    [DllImport("libc", EntryPoint = "ptsname_r", SetLastError = true)]
    [SuppressMessage("Interoperability", "SYSLIB1054:Use LibraryImport", Justification = "A test's.")]
    private static extern int NameOf(SafeFileHandle master, byte[] name, nuint length);

    [DllImport("libc", EntryPoint = "open", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [SuppressMessage("Interoperability", "SYSLIB1054:Use LibraryImport", Justification = "A test's.")]
    private static extern int Open(string path, int flags);
}
