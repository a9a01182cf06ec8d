using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Operations;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;
using Spectre.Console;

namespace DeCloud.NodeAgent.Cli.Images;

/// <summary><c>decloud image ...</c></summary>
internal static class ImageCommands
{
    private const string DigestPrefix = "sha256:";
    private const int LeastDigits = 6;
    private const int WholeDigits = 64;

    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var command = new Command("image", "The cache of base images");
        command.Subcommands.Add(List(decloud));
        command.Subcommands.Add(Pull(decloud));
        command.Subcommands.Add(Remove(decloud));
        command.Subcommands.Add(Catalogue(decloud));
        return command;
    }

    private static Command List(Decloud decloud)
    {
        var (json, watch, interval) = (Shared.Json(), Shared.Watch(), Shared.Interval());
        var command = new Command("list", "List the images in the cache") { json, watch, interval };
        command.Aliases.Add("ls");
        return decloud.On(command, async (session, parsed, cancellation) =>
        {
            async Task ShowAsync()
            {
                var reply = await session.Agent.GetAsync("/api/images", cancellation).ConfigureAwait(false);
                if (parsed.GetValue(json))
                {
                    session.Screen.Json(reply.Body);
                    return;
                }

                var images = reply.As(AgentClient.Types.ImageListResource);
                session.Screen.Print(Table(images, session.World.Time.GetUtcNow()));
                session.Screen.Say($"{Quantities.Show(images.UsedBytes)} of {Quantities.Show(images.BudgetBytes)} used; {Quantities.Show(images.FreeBytes)} free on the disk");
            }

            await (parsed.GetValue(watch) ? session.Screen.WatchAsync(parsed.GetValue(interval), ShowAsync, cancellation) : ShowAsync()).ConfigureAwait(false);
            return ExitCode.Done;
        });
    }

    private static Command Pull(Decloud decloud)
    {
        var image = new Argument<string>("IMAGE") { Description = "A name of 'decloud image catalogue', or an https:// or file:// URL" };
        var hash = ImageSource.HashOption();
        var catalogue = ImageSource.CatalogueOption();
        var following = new FollowOptions();
        var command = new Command("pull", "Bring an image into the cache ahead of the first VM that needs it") { image, hash, catalogue };
        following.AddTo(command);
        return decloud.On(command, async (session, parsed, cancellation) =>
        {
            var source = await ImageSource.FindAsync(session, parsed.GetRequiredValue(image), parsed.GetValue(hash), parsed.GetValue(catalogue), cancellation).ConfigureAwait(false);
            var body = JsonSerializer.Serialize(new PullImageRequest { Url = source.Url, Hash = source.Hash }, RestJson.Default.PullImageRequest);
            var reply = await session.Agent.ChangeAsync(HttpMethod.Post, "/api/images", body, following.KeyOf(parsed), cancellation).ConfigureAwait(false);
            return await following.FollowAsync(session, parsed, reply, cancellation).ConfigureAwait(false);
        });
    }

    private static Command Remove(Decloud decloud)
    {
        var digest = new Argument<string>("DIGEST") { Description = $"The image's digest, or at least {LeastDigits} of its first digits" };
        var json = Shared.Json();
        return decloud.On(new("rm", "Remove an image that no VM's disk stands on") { digest, json }, async (session, parsed, cancellation) =>
        {
            var whole = await ResolveAsync(session.Agent, parsed.GetRequiredValue(digest), cancellation).ConfigureAwait(false);
            await session.Agent.ChangeAsync(HttpMethod.Delete, $"/api/images/{Uri.EscapeDataString(whole)}", null, Guid.NewGuid().ToString(), cancellation).ConfigureAwait(false);
            session.Screen.Gone(whole, parsed.GetValue(json));
            return ExitCode.Done;
        });
    }

    private static Command Catalogue(Decloud decloud)
    {
        var catalogue = ImageSource.CatalogueOption();
        var json = Shared.Json();
        json.Description = "Print the list as JSON";
        return decloud.On(new("catalogue", "List the images that have a name") { catalogue, json }, (session, parsed, _) =>
        {
            if (parsed.GetValue(json))
            {
                session.Screen.Json(ImageCatalogue.Json(ImageCatalogue.Read(parsed.GetValue(catalogue), session.World)));
                return Task.FromResult(ExitCode.Done);
            }

            var table = Cells.Table("NAME", "TITLE", "URL");
            foreach (var image in ImageCatalogue.Read(parsed.GetValue(catalogue), session.World))
            {
                table.AddRow(Cells.Of(image.Name), Cells.Of(image.Title), Cells.Of(image.Url));
            }

            session.Screen.Print(table);
            return Task.FromResult(ExitCode.Done);
        });
    }

    private static async Task<string> ResolveAsync(AgentClient agent, string text, CancellationToken cancellation)
    {
        var digits = text.StartsWith(DigestPrefix, StringComparison.OrdinalIgnoreCase) ? text[DigestPrefix.Length..] : text;
        if (digits.Length is < LeastDigits or > WholeDigits || !digits.All(char.IsAsciiHexDigit))
        {
            throw new CliException(ExitCode.Usage, $"'{text}' is no digest of an image: give sha256: and {WholeDigits} hexadecimal digits, or at least the first {LeastDigits}.");
        }

        if (digits.Length == WholeDigits)
        {
            return DigestPrefix + digits.ToLowerInvariant();
        }

        var reply = await agent.GetAsync("/api/images", cancellation).ConfigureAwait(false);
        var matching = reply.As(AgentClient.Types.ImageListResource).Items.Where(i => i.Digest.StartsWith(DigestPrefix + digits, StringComparison.OrdinalIgnoreCase)).ToList();
        return matching switch
        {
            [] => throw new CliException(ExitCode.NotFound, $"There is no image whose digest begins with '{digits}'. decloud image list shows those there are."),
            [var one] => one.Digest,
            _ => throw new CliException(ExitCode.Usage, $"Several digests begin with '{digits}':{string.Concat(matching.Select(i => $"\n  {i.Digest}"))}"),
        };
    }

    private static Table Table(ImageListResource images, DateTimeOffset now)
    {
        var table = Cells.Table("DIGEST", "SIZE", "DISK", "TRUST", "VMS", "USED", "SOURCE");
        foreach (var image in images.Items)
        {
            table.AddRow(
                Cells.Of(image.Digest.Length > DigestPrefix.Length + 12 ? image.Digest[..(DigestPrefix.Length + 12)] : image.Digest),
                Cells.Of(Quantities.Show(image.SizeBytes)),
                Cells.Of(Quantities.Show(image.VirtualSizeBytes)),
                Cells.Of(image.Trust),
                Cells.Of(image.UsedBy.Count.ToString(CultureInfo.InvariantCulture)),
                Cells.Of($"{Quantities.Show(now - image.LastUsedAt)} ago"),
                Cells.Of(image.SourceUrl));
        }

        return table;
    }
}
