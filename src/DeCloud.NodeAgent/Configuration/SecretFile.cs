using DeCloud.NodeAgent.Infrastructure.Windows;

namespace DeCloud.NodeAgent.Configuration;

/// <summary>Reads files that hold one secret.</summary>
internal static class SecretFile
{
    private const int MostBytes = 4096;
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;

    /// <summary>The secret, without white space around it.</summary>
    /// <param name="path">The file. Nobody but its owner may write it, and nobody but owner and group may read it; on Windows nobody but the system, administrators and the agent's user.</param>
    public static Parsed<string> Read(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                return Parsed<string>.Wrong("does not exist.", OperatingSystem.IsWindows()
                    ? "Make it, with 32 or more random characters in it, and let only SYSTEM and Administrators read it."
                    : $"Make it: (umask 077; openssl rand -hex 32 > {path}).");
            }

            if (OperatingSystem.IsWindows())
            {
                if (FileAccessOfOthers.Of(file.GetAccessControl()) is { Count: > 0 } others)
                {
                    return Parsed<string>.Wrong($"can be read or written by {string.Join(", ", others)}.", $"Close it: icacls \"{path}\" /inheritance:r /grant:r *S-1-5-18:F *S-1-5-32-544:F.");
                }
            }
            else if ((file.UnixFileMode & Others) != 0)
            {
                return Parsed<string>.Wrong("can be read or written by others.", $"Close it: chmod 600 {path}.");
            }

            return file.Length <= MostBytes
                ? new(File.ReadAllText(path).Trim())
                : Parsed<string>.Wrong("is too large for a secret.", $"Give a file of at most {MostBytes} bytes.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Parsed<string>.Wrong($"cannot be read: {e.Message}", "Let the agent's user read it.");
        }
    }
}
