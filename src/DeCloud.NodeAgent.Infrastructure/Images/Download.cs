using System.Net;
using System.Net.Http.Headers;
using System.Runtime.Versioning;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>
/// One download over HTTP, resumed after a cut with Range and If-Range as RFC 9110 has it, and begun again from zero when the server has another version by then or
/// does not resume. A server's word about lengths serves to find cuts early; what the bytes are worth only the hash tells.
/// </summary>
/// <param name="http">The client.</param>
/// <param name="options">The limits.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of cuts.</param>
[SupportedOSPlatform("linux")]
internal sealed class Download(ImageHttp http, ImageStoreOptions options, TimeProvider time, ILogger log)
{
    private enum Outcome
    {
        Done,
        AskAgain,
    }

    /// <summary>Fetches the whole file into the part.</summary>
    /// <param name="url">The address.</param>
    /// <param name="isPinned">Whether a hash will tell what came.</param>
    /// <param name="part">Where it goes, with what an earlier try has fetched.</param>
    /// <param name="intake">Pours it.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="FailureException">It can't be had.</exception>
    public async Task FetchAsync(ImageUrl url, bool isPinned, PartFile part, Intake intake, CancellationToken cancellation)
    {
        using var total = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        total.CancelAfter(options.TotalTimeout);
        try
        {
            var attempt = 0;
            while (true)
            {
                try
                {
                    if (await TryAsync(url, isPinned, part, intake, total.Token) == Outcome.Done)
                    {
                        return;
                    }
                }
                catch (TransferCutException cut) when (attempt < options.Resumes)
                {
                    ImageLog.Resuming(log, url.Shown, part.Length, cut.Message, attempt + 1);
                    await Task.Delay(options.ResumeDelay * Math.Pow(2, attempt), time, total.Token);
                }

                // Answers that make us ask again count as well: nothing a server says keeps this loop going.
                if (attempt++ > options.Resumes)
                {
                    throw new TransferCutException("no end");
                }
            }
        }
        catch (TransferCutException cut)
        {
            // One text for every cause: a closed port and a silent one shall look the same to whoever chose the address.
            throw FailureException.Transient(FailureCodes.ImageUnreachable, $"The server of {url.Shown} could not be reached, broke off or stalled. The import is taken up again later.", cut);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw FailureException.Transient(
                FailureCodes.ImageUnreachable, $"The download from {url.Shown} took longer than {options.TotalTimeout.TotalMinutes:0} min. Use a faster server or raise the limit on the time.");
        }
    }

    private static void AskForTheRest(HttpRequestMessage request, PartFile part)
    {
        // Without a validator the rest could be another version's: then all of it is asked for again.
        if (part.Length == 0 || part.Meta is not { HasValidator: true } meta)
        {
            return;
        }

        request.Headers.Range = new RangeHeaderValue(part.Length, null);
        request.Headers.IfRange = meta.ETag is { } tag ? new(new EntityTagHeaderValue(tag)) : new(meta.LastModified!.Value);
    }

    private static FailureException? FaultOf(HttpResponseMessage response, ImageUrl url)
    {
        var status = (int)response.StatusCode;
        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent)
        {
            var encoding = response.Content.Headers.ContentEncoding;
            return encoding.Count == 0 || encoding.All(name => name.Equals("identity", StringComparison.OrdinalIgnoreCase))
                ? null
                : FailureException.Permanent(FailureCodes.ImageRefused, $"The server of {url.Shown} sends the image compressed though that was not asked for. Publish the image as it is.");
        }

        return status is 408 or 425 or 429 or >= 500
            ? FailureException.Transient(FailureCodes.ImageUnreachable, $"The server of {url.Shown} answered with status {status}. The import is tried again later.")
            : FailureException.Permanent(FailureCodes.ImageNotFound, $"The server of {url.Shown} answered with status {status}. Check the address and whether it is public.");
    }

    // RFC 9110, 8.8.2.2: a time is good as a validator when the answer was made later than it, so that no second change hides in the same second.
    private static (string? ETag, DateTimeOffset? LastModified) ValidatorsOf(HttpResponseMessage response)
    {
        if (response.Headers.ETag is { IsWeak: false } tag)
        {
            return (tag.Tag, null);
        }

        return response.Content.Headers.LastModified is { } modified && response.Headers.Date is { } date && date - modified >= TimeSpan.FromSeconds(1) ? (null, modified) : (null, null);
    }

    private static bool Continues(HttpResponseMessage response, PartFile part) =>
        response.Content.Headers.ContentRange is { Unit: "bytes", HasRange: true, HasLength: true } range
        && range.From == part.Length && (part.Meta?.TotalBytes is null || range.Length == part.Meta.TotalBytes);

    private async Task<Outcome> TryAsync(ImageUrl url, bool isPinned, PartFile part, Intake intake, CancellationToken cancellation)
    {
        // All of it may be there already, when the cut came after the last byte.
        if (part.Length > 0 && part.Length == part.Meta?.TotalBytes)
        {
            return Outcome.Done;
        }

        using var response = await http.GetAsync(url, isPinned, request => AskForTheRest(request, part), cancellation);
        if (part.Length > 0 && (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable
            || (response.StatusCode == HttpStatusCode.PartialContent && !Continues(response, part))))
        {
            part.Empty();
            return Outcome.AskAgain;
        }

        if (FaultOf(response, url) is { } fault)
        {
            throw fault;
        }

        if (part.Length == 0 && response.StatusCode == HttpStatusCode.PartialContent)
        {
            throw FailureException.Permanent(FailureCodes.ImageNotFound, $"The server of {url.Shown} sends a part of the image though all of it was asked for. Use another server.");
        }

        long? total;
        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            total = response.Content.Headers.ContentRange?.Length;
            part.IsResumed = true;
        }
        else
        {
            total = response.Content.Headers.ContentLength;
            RequireAnEnd(response, isPinned, url);
            var (tag, modified) = ValidatorsOf(response);
            await part.RestartAsync(tag, modified, total, cancellation);
        }

        intake.Prepare(part, total);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        await intake.PourAsync(body, part, total, cancellation);
        if (part.Length < total)
        {
            throw new TransferCutException("short body");
        }

        return part.Length > total
            ? throw FailureException.Permanent(FailureCodes.ImageRefused, $"The server of {url.Shown} sent more than it announced. Check the server.")
            : Outcome.Done;
    }

    // A body that ends when the connection does looks whole wherever it was cut. Without a hash nobody would notice.
    private static void RequireAnEnd(HttpResponseMessage response, bool isPinned, ImageUrl url)
    {
        if (!isPinned && response.Content.Headers.ContentLength is null && response.Headers.TransferEncodingChunked is not true && response.Version.Major < 2)
        {
            throw FailureException.Permanent(
                FailureCodes.ImageRefused, $"The server of {url.Shown} does not say how long the image is, so that a cut would go unnoticed. Give the image's hash, or use another server.");
        }
    }
}
