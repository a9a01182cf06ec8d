using System.Runtime.InteropServices;

namespace DeCloud.NodeAgent.Cli.Doctor;

/// <summary>What the kernel knows of its clock (adjtimex(2)).</summary>
internal static partial class KernelClock
{
    /// <summary>TIME_ERROR: nobody keeps the clock in step.</summary>
    private const int Unsynchronized = 5;

    /// <summary>More than struct timex takes on any architecture.</summary>
    private const int StructBytes = 512;

    /// <summary>Whether somebody keeps the clock in step; null when the kernel does not tell.</summary>
    public static unsafe bool? IsSynchronized()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // All zero: nothing is to be changed.
        var request = stackalloc byte[StructBytes];
        new Span<byte>(request, StructBytes).Clear();
        return Adjust(request) switch
        {
            < 0 => null,
            var state => state != Unsynchronized,
        };
    }

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    private static unsafe partial int Adjust(byte* request);
}
