using System.CommandLine;
using System.Text.Json;
using DeCloud.NodeAgent.Cli.Images;
using DeCloud.NodeAgent.Cli.Operations;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Cli.Vms;

/// <summary><c>decloud vm create</c></summary>
internal static class VmCreation
{
    /// <summary>What a file may hold that becomes a part of the request; the agent takes 64 KiB of user data.</summary>
    private const int MostFileBytes = 256 << 10;

    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var name = new Argument<string>("NAME") { Description = "Name of the VM: lower-case letters, digits and hyphens, beginning with a letter" };
        var image = new Option<string>("--image", "-i") { Description = "Image: a name of 'decloud image catalogue', or an https:// or file:// URL", HelpName = "IMAGE", Required = true };
        var hash = ImageSource.HashOption();
        var catalogue = ImageSource.CatalogueOption();
        var cpus = new Option<int>("--cpus", "-c") { Description = "Virtual CPUs. Default: 1", HelpName = "N", DefaultValueFactory = _ => 1 };
        var memory = Shared.Bytes("--memory", "Memory. Default: 1GiB", 1L << 30);
        memory.Aliases.Add("-m");
        var disk = Shared.Bytes("--disk", "Size of the disk. Default: 10GiB", 10L << 30);
        disk.Aliases.Add("-d");
        var key = new Option<string?>("--ssh-key") { Description = "File with the OpenSSH public key that may log in", HelpName = "FILE" };
        var userData = new Option<string?>("--user-data") { Description = "File with cloud-init user data", HelpName = "FILE" };
        var labels = new Option<string[]>("--label", "-l") { Description = "A label; may be repeated", HelpName = "KEY=VALUE" };
        var overlay = new Option<bool>("--overlay") { Description = "Attach the VM to the node's overlay, with an address of its own there" };
        var id = new Option<Guid?>("--id") { Description = "The id the VM shall have. Made up when absent", HelpName = "UUID" };
        var following = new FollowOptions();
        var command = new Command("create", "Create a VM and start it") { name, image, hash, catalogue, cpus, memory, disk, key, userData, labels, overlay, id };
        following.AddTo(command);
        return decloud.On(command, async (session, parsed, cancellation) =>
        {
            // Everything the command line names is read before the agent hears of it.
            var publicKey = parsed.GetValue(key) is { } keyFile ? PublicKey(keyFile) : "";
            var data = parsed.GetValue(userData) is { } dataFile ? ReadText(dataFile, "user data") : null;
            var labelled = Labels(parsed.GetValue(labels) ?? []);
            var source = await ImageSource.FindAsync(session, parsed.GetRequiredValue(image), parsed.GetValue(hash), parsed.GetValue(catalogue), cancellation).ConfigureAwait(false);
            var request = new CreateVmRequest
            {
                Id = parsed.GetValue(id),
                Name = parsed.GetRequiredValue(name),
                VCpus = parsed.GetValue(cpus),
                MemoryBytes = parsed.GetValue(memory),
                DiskBytes = parsed.GetValue(disk),
                BaseImageUrl = source.Url,
                BaseImageHash = source.Hash,
                SshPublicKey = publicKey,
                UserData = data,
                Overlay = parsed.GetValue(overlay) ? true : null,
                Labels = labelled,
            };
            var body = JsonSerializer.Serialize(request, RestJson.Default.CreateVmRequest);
            var reply = await session.Agent.ChangeAsync(HttpMethod.Post, "/api/vms", body, following.KeyOf(parsed), cancellation).ConfigureAwait(false);
            return await following.FollowAsync(session, parsed, reply, cancellation).ConfigureAwait(false);
        });
    }

    /// <summary>Reads labels; the last value of a key counts for none: a doubled key is a mistake.</summary>
    public static IReadOnlyDictionary<string, string>? Labels(IReadOnlyList<string> texts)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            if (text.Split('=', 2) is not [{ Length: > 0 } key, var value])
            {
                throw new CliException(ExitCode.Usage, $"--label: '{text}' must be KEY=VALUE.");
            }

            if (!labels.TryAdd(key, value))
            {
                throw new CliException(ExitCode.Usage, $"--label: '{key}' is given twice.");
            }
        }

        return labels.Count > 0 ? labels : null;
    }

    // ssh-keygen puts the two halves side by side, and taking the wrong one would send a private key to the node.
    private static string PublicKey(string file)
    {
        var text = ReadText(file, "public key").Trim();
        return text.Contains("PRIVATE KEY", StringComparison.Ordinal) ? throw new CliException(ExitCode.Usage, $"--ssh-key: {file} holds a private key, which was not sent anywhere. Give the public one, {file}.pub.")
            : text.Contains('\n', StringComparison.Ordinal) ? throw new CliException(ExitCode.Usage, $"--ssh-key: {file} holds more than one line. Give a file with one public key.")
            : text;
    }

    private static string ReadText(string file, string what)
    {
        try
        {
            return new FileInfo(file).Length <= MostFileBytes
                ? File.ReadAllText(file)
                : throw new CliException(ExitCode.Usage, $"The file {file} is too large for {what}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"The file {file} ({what}) can't be read: {e.Message}", e);
        }
    }
}
