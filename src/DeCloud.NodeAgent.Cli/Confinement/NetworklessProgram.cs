using System.Runtime.InteropServices;

namespace DeCloud.NodeAgent.Cli.Confinement;

/// <summary>
/// <c>decloud without-network PROGRAM ARGUMENTS</c>: becomes a program that can open no socket, nor anything else that leads to one. For the agent, which runs programs on what strangers made;
/// a service that may make no namespaces can fence them in this way, since whoever can gain no privileges may give up system calls.
/// </summary>
internal static partial class NetworklessProgram
{
    /// <summary>The word that asks for it.</summary>
    public const string Word = "without-network";

    private const int NotStarted = 126;
    private const int SetNoNewPrivileges = 38, SetSeccomp = 22, FilterMode = 2;
    private const int BrokenPipe = 13;

    // The codes of classic BPF: load a word of the call's description, compare, return.
    private const ushort Load = 0x20, IsEqual = 0x15, IsAtLeast = 0x35, Return = 0x06;
    private const uint NumberAt = 0, ArchitectureAt = 4;
    private const uint Allow = 0x7fff0000, Deny = 0x00050000 | 13, Kill = 0x80000000;

    /// <summary>Numbers from here on are those of the x32 calls, a second way to all of them.</summary>
    private const uint OtherCalls = 0x40000000;

    /// <summary>The architecture as the kernel's audit names it, and the numbers of socket(2) and io_uring_setup(2).</summary>
    private static (uint Architecture, uint Socket, uint Ring)? Calls => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => (0xc000003e, 41, 425),
        Architecture.Arm64 => (0xc00000b7, 198, 425),
        _ => null,
    };

    /// <summary>Becomes the program.</summary>
    /// <param name="command">Its absolute path and its arguments.</param>
    /// <returns>Only when that did not go: why, as an exit code.</returns>
    public static unsafe int Become(ReadOnlySpan<string> command)
    {
        if (command.IsEmpty || !Path.IsPathRooted(command[0]))
        {
            Console.Error.WriteLine($"decloud: {Word} takes the absolute path of a program, and its arguments.");
            return Shell.ExitCode.Usage;
        }

        if (Calls is not { } calls)
        {
            Console.Error.WriteLine($"decloud: {Word} does not know the system calls of this processor.");
            return NotStarted;
        }

        ReadOnlySpan<Instruction> filter =
        [
            new(Load, 0, 0, ArchitectureAt),
            new(IsEqual, 1, 0, calls.Architecture),
            new(Return, 0, 0, Kill),
            new(Load, 0, 0, NumberAt),
            new(IsAtLeast, 3, 0, OtherCalls),
            new(IsEqual, 2, 0, calls.Socket),
            new(IsEqual, 1, 0, calls.Ring),
            new(Return, 0, 0, Allow),
            new(Return, 0, 0, Deny),
        ];
        fixed (Instruction* first = filter)
        {
            // It holds for this thread, which becomes the program.
            var program = new Filter((ushort)filter.Length, first);
            if (Control(SetNoNewPrivileges, 1, 0, 0, 0) != 0 || Control(SetSeccomp, FilterMode, (nuint)(&program), 0, 0) != 0)
            {
                Console.Error.WriteLine($"decloud: the kernel takes no filter of system calls: {Marshal.GetLastPInvokeErrorMessage()}");
                return NotStarted;
            }
        }

        // The runtime ignores it, and what is ignored stays so.
        Signal(BrokenPipe, 0);
        _ = Execute(command[0], [.. command, null]);
        Console.Error.WriteLine($"decloud: {command[0]} can't be started: {Marshal.GetLastPInvokeErrorMessage()}");
        return NotStarted;
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int number, nint handler);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, string?[] arguments);

    /// <summary>An instruction of the filter: what to do, how far to jump when it holds and when not, and with which number.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Number);

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly unsafe struct Filter(ushort length, Instruction* first)
    {
        private readonly ushort _length = length;
        private readonly Instruction* _first = first;
    }
}
