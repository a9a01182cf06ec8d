namespace DeCloud.NodeAgent.Api.Images;

/// <summary>Checks where an image may come from, as far as the text alone tells; addresses are checked when they are connected to.</summary>
/// <param name="AllowHttp">Whether http:// is allowed.</param>
/// <param name="Folder">The folder that file:// URLs may name files in.</param>
internal sealed record ImageUrl(bool AllowHttp, string Folder)
{
    private const int MostCharacters = 2048;

    /// <summary>What is wrong with a URL, or null.</summary>
    public string? Check(string text)
    {
        if (text.Length is 0 or > MostCharacters)
        {
            return $"must be a URL of 1 to {MostCharacters} characters.";
        }

        if (text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == '\\'))
        {
            return "must not hold white space, control characters or backslashes; escape them with %.";
        }

        // A leading slash alone would be taken for a file.
        if (!text.Contains("://", StringComparison.Ordinal) || !Uri.TryCreate(text, UriKind.Absolute, out var url))
        {
            return "must be an absolute URL, such as https://cloud.example/image.qcow2.";
        }

        if (url.UserInfo.Length > 0)
        {
            return "must not hold a user name or password.";
        }

        if (url.Fragment.Length > 0)
        {
            return "must not have a fragment (#).";
        }

        return url.Scheme switch
        {
            "https" => HostOf(url),
            "http" => AllowHttp ? HostOf(url) : "must be https://; Images:AllowHttp is off.",
            "file" => IsInFolder(url) ? null : $"must name a file inside the image folder, file://{Folder}/….",
            _ => "must begin with https://, http:// or file://.",
        };
    }

    private static string? HostOf(Uri url) => url.Host.Length > 0 ? null : "must name a host.";

    // Links are looked at when the file is opened; this is about the name alone.
    private bool IsInFolder(Uri url)
    {
        var path = url.LocalPath;
        return url.Host.Length == 0
            && url.Query.Length == 0
            && !path.Any(char.IsControl)
            && path.StartsWith(Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            && !Path.EndsInDirectorySeparator(path)
            && Path.GetFullPath(path) == path;
    }
}
