namespace DeCloud.NodeAgent.Infrastructure.Qemu;

/// <summary>Finds the host's programs by absolute path.</summary>
internal static class HostPrograms
{
    // Looked in even when the agent's PATH is shorter, as it is under some service managers.
    private static readonly string[] UsualFolders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"];

    /// <summary>The absolute path of a program.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Null when it is not installed.</returns>
    public static string? Find(string name)
    {
        var path = Environment.GetEnvironmentVariable("PATH")?.Split(':') ?? [];
        return path.Concat(UsualFolders).Where(Path.IsPathRooted).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }
}
