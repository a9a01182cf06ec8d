using System.Runtime.InteropServices;

namespace DeCloud.NodeAgent.IntegrationTests.Images;

/// <summary>Gives a file a second name.</summary>
internal static class HardLink
{
    public static void Create(string path, string target) => Assert.Equal(0, Link(target, path));

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string target, [MarshalAs(UnmanagedType.LPUTF8Str)] string path);
}
