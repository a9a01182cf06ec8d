using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace DeCloud.NodeAgent.Infrastructure.Linux;

/// <summary>The memory that the runtime, its compiler and SQLite have from the C library.</summary>
[SupportedOSPlatform("linux")]
public static partial class NativeHeap
{
    /// <summary>Gives what is free in it back to the kernel (<c>malloc_trim(3)</c>). Does nothing where the C library has no such call, as musl has not.</summary>
    public static void Trim()
    {
        if (NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "malloc_trim", out _))
        {
            _ = MallocTrim(0);
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint keep);
}
