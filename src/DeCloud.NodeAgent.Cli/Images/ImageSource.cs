using System.CommandLine;
using DeCloud.NodeAgent.Cli.Shell;

namespace DeCloud.NodeAgent.Cli.Images;

/// <summary>Where an image comes from, and what it must hash to.</summary>
/// <param name="Url">Its URL.</param>
/// <param name="Hash"><c>sha256:</c> and 64 hexadecimal digits, or empty when nobody vouches for it.</param>
internal sealed record ImageSource(string Url, string Hash)
{
    private const int MostChecksumBytes = 1 << 20;
    private static readonly TimeSpan ChecksumDeadline = TimeSpan.FromSeconds(20);

    /// <summary><c>--hash</c>.</summary>
    public static Option<string?> HashOption() => new("--hash")
    {
        Description = "What the image must hash to, sha256:HEX; 'none' to take a named image without its maker's checksum. Default: the maker's checksum for a named image, else none",
        HelpName = "HASH",
    };

    /// <summary><c>--catalogue</c>.</summary>
    public static Option<string?> CatalogueOption() => new("--catalogue") { Description = "File with named images. Environment: DECLOUD_CATALOGUE. Default: /etc/decloud/images.json, else a list of this program's own", HelpName = "FILE" };

    /// <summary>Finds an image by name or URL. A named one is pinned to the checksum that its maker publishes, so that neither mirror nor network can give the node another.</summary>
    /// <exception cref="CliException">There is no such name, or its checksum can't be had.</exception>
    public static async Task<ImageSource> FindAsync(Session session, string image, string? hash, string? catalogue, CancellationToken cancellation)
    {
        if (image.Contains("://", StringComparison.Ordinal))
        {
            return new(image, hash is null or "none" ? "" : hash);
        }

        var images = ImageCatalogue.Read(catalogue, session.World);
        var known = images.FirstOrDefault(i => i.Name == image)
            ?? throw new CliException(ExitCode.NotFound, $"There is no image of the name '{image}'. Give a URL, or one of: {string.Join(", ", images.Select(i => i.Name))}.");
        if (hash is not null)
        {
            return new(known.Url, hash == "none" ? "" : hash);
        }

        if (known.Sha256Url is not { } sums)
        {
            session.Screen.Say($"decloud: no SHA-256 is published for {known.Name}: its hash will be recorded, and nobody vouches for it but its server.");
            return new(known.Url, "");
        }

        var file = known.Url[(known.Url.LastIndexOf('/') + 1)..];
        return ChecksumFile.Find(await ReadChecksumsAsync(sums, cancellation).ConfigureAwait(false), file) is { } hex
            ? new(known.Url, "sha256:" + hex)
            : throw new CliException(ExitCode.NotFound, $"{sums} has no SHA-256 of {file}. Give the hash with --hash, or do without: --hash none.");
    }

    private static async Task<string> ReadChecksumsAsync(string url, CancellationToken cancellation)
    {
        // A checksum that comes over an open line vouches for nothing.
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
        {
            throw new CliException(ExitCode.Usage, $"The checksum's address {url} in the catalogue must be https://.");
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(ChecksumDeadline);
        try
        {
            using var http = new HttpClient { MaxResponseContentBufferSize = MostChecksumBytes };
            return await http.GetStringAsync(address, end.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new CliException(ExitCode.Refused, $"The checksums at {url} can't be read: {e.Message} Give the hash with --hash, or do without: --hash none.", e);
        }
    }
}
