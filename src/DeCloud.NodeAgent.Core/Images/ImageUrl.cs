namespace DeCloud.NodeAgent.Core.Images;

/// <summary>An address of an image that the policy accepted.</summary>
/// <param name="Address">The parsed address.</param>
/// <param name="FilePath">For <c>file:</c>, the absolute path, without <c>.</c> and <c>..</c>; otherwise null.</param>
/// <param name="Declared">The form that the name's ending promises (<c>.qcow2</c>, <c>.raw</c>); null when it promises none.</param>
public sealed record ImageUrl(Uri Address, string? FilePath, ImageFormat? Declared)
{
    /// <summary>The address for logs and messages: without query and fragment, which hold the secrets of pre-signed addresses.</summary>
    public string Shown => FilePath is null ? Address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : "file://" + FilePath;
}
