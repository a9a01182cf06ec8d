namespace DeCloud.NodeAgent.Cli.Images;

/// <summary>What <c>sha256sum</c> writes: <c>HEX  FILE</c> (GNU; a star before the file means binary) or <c>SHA256 (FILE) = HEX</c> (BSD).</summary>
internal static class ChecksumFile
{
    private const int HexLength = 64;
    private const string BsdStart = "SHA256 (", BsdMiddle = ") = ";

    /// <summary>The checksum of a file.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="file">The file's name, without folder.</param>
    /// <returns>64 hexadecimal digits in lower case; null when there is none, or there are two that differ.</returns>
    public static string? Find(string text, string file)
    {
        var found = text.Split('\n').Select(line => Read(line.Trim(), file)).OfType<string>().Distinct().ToList();
        return found is [var one] ? one : null;
    }

    private static string? Read(string line, string file)
    {
        if (line.StartsWith(BsdStart, StringComparison.Ordinal))
        {
            return line[BsdStart.Length..].Split(BsdMiddle) is [var name, var hex] && name == file ? Hex(hex) : null;
        }

        return line.Split((char[])[' ', '\t'], 2, StringSplitOptions.TrimEntries) is [var digits, var rest] && rest.TrimStart('*').Replace("./", "", StringComparison.Ordinal) == file ? Hex(digits) : null;
    }

    private static string? Hex(string text) => text.Length == HexLength && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null;
}
