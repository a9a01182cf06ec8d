using System.Runtime.Versioning;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>
/// Takes an image from a file in the image folder. The file is copied like a download: what is inspected, hashed and converted is then our own copy, which nobody
/// changes in between.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class LocalCopy
{
    /// <summary>Copies the file into the part.</summary>
    /// <param name="path">The file, which the policy found to lie in the image folder by its name.</param>
    /// <param name="folder">The image folder.</param>
    /// <param name="part">Where it goes.</param>
    /// <param name="intake">Pours it.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="FailureException">It is not there, a link, or elsewhere in truth.</exception>
    public static async Task FetchAsync(string path, ImageFolder folder, PartFile part, Intake intake, CancellationToken cancellation)
    {
        part.Empty();
        if (Posix.Look(path) is not { } there)
        {
            throw FailureException.Permanent(FailureCodes.ImageNotFound, $"There is no file {path}. Put the image into the image folder first.");
        }

        if (!there.IsLoneFile)
        {
            throw Refused(path);
        }

        try
        {
            using var file = Posix.OpenForReading(path);

            // Asked of the open file: a folder on the way that is a link, or was swapped for one just now, shows here.
            var real = File.ResolveLinkTarget($"/proc/self/fd/{file.DangerousGetHandle()}", returnFinalTarget: false)?.FullName;
            var facts = Posix.Look(file);
            if (!facts.IsLoneFile || real is null || !IsOpenTo(real, folder))
            {
                throw Refused(path);
            }

            intake.Prepare(part, facts.Length);
            await using var source = new FileStream(file, FileAccess.Read, bufferSize: 0);
            await intake.PourAsync(source, part, facts.Length, cancellation);
        }
        catch (Exception unreadable) when (unreadable is TransferCutException or IOException)
        {
            throw FailureException.Transient(FailureCodes.HostError, $"The file {path} could not be read to its end.", unreadable);
        }
    }

    private static bool IsOpenTo(string real, ImageFolder folder)
    {
        var relative = Path.GetRelativePath(folder.RealRoot, real);
        return !Path.IsPathRooted(relative) && relative.Split('/')[0] is not (".." or "sha256" or "downloads");
    }

    private static FailureException Refused(string path) => FailureException.Permanent(
        FailureCodes.ImageUrlRefused, $"{path} is no plain file of the image folder: it is a link, has several names, or lies elsewhere in truth. Copy the image into the image folder.");
}
