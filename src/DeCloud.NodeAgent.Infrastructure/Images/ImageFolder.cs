using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>
/// Where things are in the image folder. Every name is made of digests alone:
/// <c>sha256/&lt;hex&gt;</c> the image, <c>sha256/&lt;hex&gt;.json</c> what is known of it, <c>downloads/&lt;hex&gt;.part</c> what has come of a download and
/// <c>downloads/&lt;hex&gt;.part.meta</c> what is needed to resume it.
/// </summary>
/// <param name="root">The absolute path of the folder.</param>
internal sealed class ImageFolder(string root)
{
    /// <summary>The folder itself.</summary>
    public string Root { get; } = root;

    /// <summary>The images.</summary>
    public string Images { get; } = Path.Combine(root, "sha256");

    /// <summary>The downloads.</summary>
    public string Downloads { get; } = Path.Combine(root, "downloads");

    /// <summary>The folder without links in its path.</summary>
    public string RealRoot { get; private set; } = root;

    /// <summary>Where an image is.</summary>
    /// <param name="digest">The image.</param>
    public string PathOf(ImageDigest digest) => Path.Combine(Images, digest.Hex);

    /// <summary>Where what is known of an image is.</summary>
    /// <param name="digest">The image.</param>
    public string SidecarOf(ImageDigest digest) => PathOf(digest) + ".json";

    /// <summary>Where a download goes: a name for this address and this hash together, so that neither can spoil the other's.</summary>
    /// <param name="request">What is downloaded.</param>
    public string PartOf(ImageRequest request)
    {
        var name = SHA256.HashData(Encoding.UTF8.GetBytes($"{request.Expected?.ToString() ?? "any"}\n{request.Url}"));
        return Path.Combine(Downloads, Convert.ToHexStringLower(name) + ".part");
    }

    /// <summary>Makes what is missing and makes sure of what is there.</summary>
    [SupportedOSPlatform("linux")]
    public void Ensure()
    {
        RealRoot = OwnFolder.EnsureRoot(Root);
        OwnFolder.Ensure(Images);
        OwnFolder.Ensure(Downloads);
    }
}
