namespace DeCloud.NodeAgent.Core.Images;

/// <summary>An address of an image that the policy accepted.</summary>
/// <param name="Address">The parsed address.</param>
/// <param name="FilePath">For <c>file:</c>, the absolute path, without <c>.</c> and <c>..</c>; otherwise null.</param>
/// <param name="Declared">The form that the name's ending promises (<c>.qcow2</c>, <c>.raw</c>); null when it promises none.</param>
public sealed record ImageUrl(Uri Address, string? FilePath, ImageFormat? Declared)
{
    /// <summary>The address for logs and messages: without query and fragment, which hold the secrets of pre-signed addresses.</summary>
    public string Shown => FilePath is null ? ShownOf(Address) : "file://" + FilePath;

    /// <summary>An address of an image as it may be shown: without query and fragment.</summary>
    /// <param name="text">The address as it was given.</param>
    public static string ShownOf(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && !address.IsFile ? ShownOf(address) : text;

    private static string ShownOf(Uri address) => address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}
