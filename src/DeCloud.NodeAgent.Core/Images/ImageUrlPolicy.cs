using System.Diagnostics.CodeAnalysis;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Core.Images;

/// <summary>Which addresses an image may come from. Judges the text; where a name leads is <see cref="ImageAddressPolicy"/>'s matter, at the moment of connecting.</summary>
/// <param name="Folder">The absolute path that <c>file:</c> addresses must lie under.</param>
/// <param name="ClosedFolders">Absolute paths under <paramref name="Folder"/> that are never read from: the cache's own, whose content may be another tenant's.</param>
/// <param name="AllowHttp">Whether unencrypted HTTP is allowed without a hash that pins the content.</param>
/// <param name="Ports">The ports allowed; empty for all.</param>
public sealed record ImageUrlPolicy(string Folder, IReadOnlyList<string> ClosedFolders, bool AllowHttp, IReadOnlySet<int> Ports)
{
    /// <summary>The longest address, in UTF-16 units.</summary>
    public const int LongestUrl = 2048;

    /// <summary>Judges an address.</summary>
    /// <param name="text">The address.</param>
    /// <param name="isPinned">Whether a hash of the content was given, so that nobody on the way can change it.</param>
    /// <param name="url">The address, when accepted.</param>
    /// <param name="refusal">Why not: <see cref="FailureCodes.ImageUrlRefused"/>, permanent.</param>
    /// <returns>True when it is accepted.</returns>
    public bool TryAccept(string text, bool isPinned, [NotNullWhen(true)] out ImageUrl? url, [NotNullWhen(false)] out Failure? refusal)
    {
        ArgumentNullException.ThrowIfNull(text);
        url = null;
        var fault = FaultOfText(text);
        // A bare path is a file address to Uri, but not to anybody who wrote one.
        if (fault is not null || !Uri.TryCreate(text, UriKind.Absolute, out var address) || !text.StartsWith(address.Scheme + "://", StringComparison.OrdinalIgnoreCase))
        {
            refusal = Refused(fault ?? "is not an absolute address");
            return false;
        }

        return TryAccept(address, isPinned, out url, out refusal);
    }

    /// <summary>Judges where a server redirects to. A server may not send the node to a file.</summary>
    /// <param name="target">The absolute target.</param>
    /// <param name="isPinned">Whether a hash of the content was given.</param>
    /// <param name="url">The address, when accepted.</param>
    /// <param name="refusal">Why not.</param>
    /// <returns>True when it is accepted.</returns>
    public bool TryAcceptRedirect(Uri target, bool isPinned, [NotNullWhen(true)] out ImageUrl? url, [NotNullWhen(false)] out Failure? refusal)
    {
        ArgumentNullException.ThrowIfNull(target);
        url = null;
        if (target.IsAbsoluteUri && target.IsFile)
        {
            refusal = Refused("redirects to a file");
            return false;
        }

        return TryAccept(target.OriginalString, isPinned, out url, out refusal);
    }

    private static string? FaultOfText(string text)
    {
        if (text.Length is 0 or > LongestUrl)
        {
            return $"must have 1 to {LongestUrl} characters";
        }

        foreach (var c in text)
        {
            if (char.IsControl(c) || char.IsWhiteSpace(c) || char.IsSurrogate(c) || c == '\\')
            {
                return "holds a space, a control character or another character that no address has";
            }
        }

        return null;
    }

    private bool TryAccept(Uri address, bool isPinned, [NotNullWhen(true)] out ImageUrl? url, [NotNullWhen(false)] out Failure? refusal)
    {
        url = null;
        string? path = null;
        var fault = address.Scheme switch
        {
            "https" => FaultOfHost(address),
            "http" when AllowHttp || isPinned => FaultOfHost(address),
            "http" => "is unencrypted. Use https, or give the image's hash",
            "file" => FaultOfFile(address, out path),
            _ => "is neither https nor a file of the image folder",
        };
        refusal = fault is null ? null : Refused(fault);
        if (refusal is not null)
        {
            return false;
        }

        url = new(address, path, DeclaredBy(path ?? address.AbsolutePath));
        return true;
    }

    private string? FaultOfHost(Uri address)
    {
        if (address.UserInfo.Length > 0)
        {
            return "holds a user name or password, which is not supported";
        }

        if (address.Host.Length == 0)
        {
            return "names no host";
        }

        if (address.Fragment.Length > 0)
        {
            return "has a fragment (#), which no server would see";
        }

        return Ports.Count > 0 && !Ports.Contains(address.Port) ? $"uses port {address.Port}, which is not allowed here" : null;
    }

    private string? FaultOfFile(Uri address, out string? path)
    {
        path = null;
        if (address.Host.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
        {
            return "must be file:/// and an absolute path";
        }

        var local = Uri.UnescapeDataString(address.AbsolutePath);
        foreach (var c in local)
        {
            if (char.IsControl(c))
            {
                return "holds a control character";
            }
        }

        if (!local.StartsWith('/'))
        {
            return "must be file:/// and an absolute path";
        }

        var full = Path.GetFullPath(local);
        if (!IsUnder(full, Folder))
        {
            return "points outside the image folder. Put the file into the image folder first";
        }

        foreach (var closed in ClosedFolders)
        {
            if (full == closed || IsUnder(full, closed))
            {
                return "points into the image cache. Name an image by its own address and hash";
            }
        }

        path = full;
        return null;
    }

    private static bool IsUnder(string path, string folder) =>
        path.Length > folder.Length + 1 && path.StartsWith(folder, StringComparison.Ordinal) && path[folder.Length] == '/';

    private static ImageFormat? DeclaredBy(string path) =>
        path.EndsWith(".qcow2", StringComparison.OrdinalIgnoreCase) ? ImageFormat.Qcow2
        : path.EndsWith(".raw", StringComparison.OrdinalIgnoreCase) ? ImageFormat.Raw
        : null;

    private static Failure Refused(string fault) => new(FailureCodes.ImageUrlRefused, $"The image address {fault}.", IsPermanent: true);
}
