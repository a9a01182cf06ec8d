using System.Text.Json;
using System.Text.Json.Serialization;
using DeCloud.NodeAgent.Cli.Shell;

namespace DeCloud.NodeAgent.Cli.Images;

/// <summary>Well-known images by name: a file within this program, replaced as a whole by one of the machine or of the user.</summary>
internal static class ImageCatalogue
{
    /// <summary>Reads the catalogue: the file that is given, else the environment's, else the machine's, else the program's own.</summary>
    /// <exception cref="CliException">It can't be read.</exception>
    public static IReadOnlyList<CatalogueImage> Read(string? given, World world)
    {
        var file = given ?? world.Environment("DECLOUD_CATALOGUE") ?? (File.Exists(world.SystemCatalogue) ? world.SystemCatalogue : null);
        try
        {
            using var stream = file is not null ? File.OpenRead(file) : typeof(ImageCatalogue).Assembly.GetManifestResourceStream("catalogue.json")!;
            var images = JsonSerializer.Deserialize(stream, CatalogueJson.Default.CatalogueFile)?.Images ?? [];
            return images.GroupBy(i => i.Name).FirstOrDefault(g => g.Count() > 1) is { } doubled ? throw new JsonException($"'{doubled.Key}' is there twice.") : images;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"The catalogue of images {file} can't be read: {e.Message}", e);
        }
    }

    /// <summary>The catalogue in the form in which a file has it.</summary>
    public static string Json(IReadOnlyList<CatalogueImage> images) => JsonSerializer.Serialize(new CatalogueFile(images), CatalogueJson.Default.CatalogueFile);
}

/// <summary>The file.</summary>
/// <param name="Images">The images.</param>
internal sealed record CatalogueFile(IReadOnlyList<CatalogueImage> Images);

/// <summary>An image by name.</summary>
internal sealed record CatalogueImage
{
    /// <summary>What it is called.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required string Title { get; init; }

    /// <summary>Where it is.</summary>
    public required string Url { get; init; }

    /// <summary>Where its maker publishes its checksum: a file of <c>sha256sum</c>, in GNU or BSD form. Absent when the maker publishes no SHA-256.</summary>
    public string? Sha256Url { get; init; }
}

/// <summary>The file's JSON form.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, MaxDepth = 8)]
[JsonSerializable(typeof(CatalogueFile))]
internal sealed partial class CatalogueJson : JsonSerializerContext;
