using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Http;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>
/// The HTTP client for a stranger's addresses: no proxy, no cookies, no credentials, no decompression, redirects followed by hand, and every address judged at the
/// moment of connecting, so that neither DNS nor a redirect leads into the provider's own network.
/// </summary>
internal sealed class ImageHttp : IDisposable
{
    private const int MostRedirects = 5;
    private readonly ImageStoreOptions _options;
    private readonly ImageUrlPolicy _policy;
    private readonly HttpClient _client;

    /// <summary>Makes the client.</summary>
    /// <param name="options">Limits and leave.</param>
    /// <param name="policy">Which addresses are allowed.</param>
    public ImageHttp(ImageStoreOptions options, ImageUrlPolicy policy)
    {
        (_options, _policy) = (options, policy);
        _client = WaryClient.Make(options.ConnectTimeout, idle: TimeSpan.FromSeconds(10), life: TimeSpan.FromMinutes(2), ConnectAsync);
        _client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
    }

    /// <summary>Asks for an image and follows redirects; answers as soon as the final headers are there.</summary>
    /// <param name="url">The address.</param>
    /// <param name="isPinned">Whether a hash of the content was given.</param>
    /// <param name="prepare">Sets the headers of each request.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="TransferCutException">The server could not be reached or was silent.</exception>
    /// <exception cref="FailureException">An address is not allowed, or there are too many redirects.</exception>
    public async Task<HttpResponseMessage> GetAsync(ImageUrl url, bool isPinned, Action<HttpRequestMessage> prepare, CancellationToken cancellation)
    {
        var at = url;
        for (var hop = 0; ; hop++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, at.Address);
            prepare(request);
            var response = await SendAsync(request, cancellation);
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect) || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            if (hop == MostRedirects)
            {
                throw FailureException.Permanent(FailureCodes.ImageUrlRefused, $"The image address redirects more than {MostRedirects} times. Give the final address.");
            }

            if (!Uri.TryCreate(at.Address, location, out var target))
            {
                throw FailureException.Permanent(FailureCodes.ImageUrlRefused, "The image address redirects to what is no address.");
            }

            at = _policy.TryAcceptRedirect(target, isPinned, out var next, out var refusal) ? next : throw new FailureException(refusal);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        idle.CancelAfter(_options.ConnectTimeout + _options.IdleTimeout);
        try
        {
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, idle.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TransferCutException("no answer in time");
        }
        catch (HttpRequestException refused) when (refused.InnerException is FailureException { } failure)
        {
            throw new FailureException(failure.Failure, refused);
        }
        catch (HttpRequestException untrusted) when (untrusted.InnerException is AuthenticationException)
        {
            throw FailureException.Transient(
                FailureCodes.ImageUnreachable, $"The certificate of {request.RequestUri?.Host} is not accepted. Correct it, or use another server.", untrusted);
        }
        catch (HttpRequestException broken)
        {
            throw new TransferCutException(broken.HttpRequestError.ToString());
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var addresses = IPAddress.TryParse(context.DnsEndPoint.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellation);
        IPAddress[] allowed = [.. addresses.Where(address => ImageAddressPolicy.Allows(address, _options.AllowPrivateAddresses))];
        if (allowed.Length == 0 && addresses.Length > 0)
        {
            throw FailureException.Permanent(
                FailureCodes.ImageUrlRefused, "The image address leads to a private or special network, where images are not fetched from. Publish the image on a public server.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
