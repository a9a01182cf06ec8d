using System.Buffers;

namespace DeCloud.NodeAgent.Configuration;

/// <summary>What paths look like on the operating system that the agent runs on.</summary>
internal static class PlatformPaths
{
    // "Naming Files, Paths, and Namespaces", Windows App Development: characters that no name holds, and names that are devices in every folder, with or without an ending.
    private static readonly SearchValues<char> NotInNames = SearchValues.Create("<>:\"/|?*");
    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    /// <summary>Where the state is kept unless something else is configured.</summary>
    public static string DefaultState { get; } =
        OperatingSystem.IsWindows() ? Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "DeCloud") : "/var/lib/decloud";

    /// <summary>The same for people.</summary>
    public static string DefaultStateShown => OperatingSystem.IsWindows() ? @"%ProgramData%\DeCloud" : DefaultState;

    /// <summary>Whether a text is a full path in the one form that names it on this operating system.</summary>
    public static bool IsPlain(string path) => OperatingSystem.IsWindows() ? IsPlainOnWindows(path) : IsPlainOnUnix(path);

    /// <summary>A path from the root, without <c>.</c>, <c>..</c> and doubled separators.</summary>
    public static bool IsPlainOnUnix(string path) =>
        path.StartsWith('/') && !path.Any(char.IsControl) && (path == "/" || path[1..].Split('/').All(name => name is not ("" or "." or "..")));

    /// <summary>
    /// A path on a drive with a letter. Shares are refused because SQLite's locks don't hold there; device paths, streams (<c>file:stream</c>), device names and names that end in a dot
    /// or space because Windows takes them for something else than they say.
    /// </summary>
    public static bool IsPlainOnWindows(string path) =>
        path.Length >= 3 && char.IsAsciiLetter(path[0]) && path[1] == ':' && path[2] == '\\' && (path.Length == 3 || path[3..].Split('\\').All(IsName));

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 255
        && !name.Any(char.IsControl)
        && !name.AsSpan().ContainsAny(NotInNames)
        && name[^1] is not ('.' or ' ')
        && !IsDevice(name.Split('.')[0].TrimEnd());

    private static bool IsDevice(string stem) =>
        Devices.Contains(stem, StringComparer.OrdinalIgnoreCase)
        || (stem.Length == 4 && stem[3] is (>= '0' and <= '9') or '¹' or '²' or '³'
            && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase)));
}
