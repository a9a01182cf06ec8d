using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Cli.Agent;

/// <summary>The agent's REST API.</summary>
internal sealed class AgentClient : IDisposable
{
    private const int MostAnswerBytes = 256 << 20;

    /// <summary>How long an answer may take, beside what was asked to be waited for.</summary>
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(30);

    private readonly AgentAddress _address;
    private readonly HttpClient _http;
    private readonly SocketsHttpHandler _handler;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    public AgentClient(AgentAddress address)
    {
        _address = address;
        _handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = address.Socket is null && !address.Url.IsLoopback, ConnectTimeout = TimeSpan.FromSeconds(10) };
        if (address.Socket is { } path)
        {
            _handler.ConnectCallback = (_, cancellation) => ConnectAsync(path, cancellation);
        }

        _http = new(_handler) { BaseAddress = address.Url, Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MostAnswerBytes };
        if (address.Token is { } token)
        {
            _http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        }
    }

    /// <summary>The forms of the API, read leniently: a newer agent may tell more than this program knows.</summary>
    public static RestJson Types { get; } = new(new(RestJson.Default.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip, AllowDuplicateProperties = true });

    /// <summary>Reads something.</summary>
    /// <param name="path">Path and query.</param>
    /// <param name="cancellation">The end.</param>
    /// <param name="waits">What the agent was asked to wait for.</param>
    /// <exception cref="CliException">The agent can't be reached.</exception>
    /// <exception cref="ProblemException">The agent refused.</exception>
    public Task<Reply> GetAsync(string path, CancellationToken cancellation, TimeSpan waits = default) => SendAsync(new(HttpMethod.Get, path), waits, cancellation);

    /// <summary>Changes something.</summary>
    /// <param name="method">How.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="body">JSON; null for none.</param>
    /// <param name="key">The idempotency key.</param>
    /// <param name="cancellation">The end.</param>
    /// <exception cref="CliException">The agent can't be reached.</exception>
    /// <exception cref="ProblemException">The agent refused.</exception>
    public async Task<Reply> ChangeAsync(HttpMethod method, string path, string? body, string key, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json"));
        }

        try
        {
            return await SendAsync(request, default, cancellation).ConfigureAwait(false);
        }
        catch (CliException e) when (e.ExitCode is ExitCode.Timeout || e is { ExitCode: ExitCode.NotReachable, InnerException: HttpRequestException { HttpRequestError: not HttpRequestError.ConnectionError } })
        {
            throw new CliException(e.ExitCode, $"{e.Message}\nWhether it was accepted is not known. The same command with --idempotency-key {key} finds out and does nothing twice.", e);
        }
    }

    /// <summary>Opens a stream of server-sent events.</summary>
    /// <param name="after">The place after which it begins; null for now.</param>
    /// <param name="cancellation">The end.</param>
    public Task<HttpResponseMessage> OpenEventsAsync(long? after, CancellationToken cancellation) => OpenStreamAsync(after is null ? "/api/events" : $"/api/events?after={after}", cancellation);

    /// <summary>Opens a stream of server-sent events.</summary>
    /// <param name="path">Path and query.</param>
    /// <param name="cancellation">The end.</param>
    public async Task<HttpResponseMessage> OpenStreamAsync(string path, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await CallAsync(request, AnswerDeadline, cancellation).ConfigureAwait(false);
    }

    /// <summary>Opens a WebSocket with a ticket.</summary>
    /// <param name="path">The path that came with the ticket.</param>
    /// <param name="cancellation">The end.</param>
    /// <exception cref="CliException">It was refused, or the agent can't be reached.</exception>
    public async Task<ClientWebSocket> OpenSocketAsync(string path, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(AnswerDeadline);
        var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true, KeepAliveInterval = TimeSpan.FromSeconds(20) } };
        try
        {
            using var invoker = new HttpMessageInvoker(_handler, disposeHandler: false);
            await socket.ConnectAsync(new UriBuilder(_address.Url) { Scheme = _address.Url.Scheme == "https" ? "wss" : "ws", Path = path }.Uri, invoker, end.Token).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e)
        {
            var status = (int)socket.HttpStatusCode;
            socket.Dispose();
            throw e switch
            {
                WebSocketException when status >= 400 => new CliException(status is 404 or 410 ? ExitCode.NotFound : ExitCode.Refused, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The agent did not open the console (HTTP status {status}). Is the VM running, and its console free?"), e),
                WebSocketException => NotReachable(e),
                OperationCanceledException when !cancellation.IsCancellationRequested => new CliException(ExitCode.Timeout, $"The agent at {_address.Shown} did not open the console within {Quantities.Show(AnswerDeadline)}.", e),
                _ => e,
            };
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<Reply> SendAsync(HttpRequestMessage request, TimeSpan waits, CancellationToken cancellation)
    {
        using (request)
        using (var response = await CallAsync(request, AnswerDeadline + waits, cancellation).ConfigureAwait(false))
        {
            return new((int)response.StatusCode, await BodyOfAsync(response, cancellation).ConfigureAwait(false));
        }
    }

    private async Task<HttpResponseMessage> CallAsync(HttpRequestMessage request, TimeSpan deadline, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(deadline);
        try
        {
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, end.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                throw ProblemException.Of((int)response.StatusCode, await BodyOfAsync(response, end.Token).ConfigureAwait(false), _address);
            }
        }
        catch (HttpRequestException e)
        {
            throw NotReachable(e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new CliException(ExitCode.Timeout, $"The agent at {_address.Shown} did not answer within {Quantities.Show(deadline)}.", e);
        }
    }

    private async Task<string> BodyOfAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(AnswerDeadline);
        try
        {
            await response.Content.LoadIntoBufferAsync(MostAnswerBytes, end.Token).ConfigureAwait(false);
            return await response.Content.ReadAsStringAsync(end.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw NotReachable(e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new CliException(ExitCode.Timeout, $"The answer of the agent at {_address.Shown} did not end within {Quantities.Show(AnswerDeadline)}.", e);
        }
    }

    private CliException NotReachable(Exception e)
    {
        var cause = e.InnerException is SocketException or IOException or System.Security.Authentication.AuthenticationException ? e.InnerException : e;
        var remedy = cause is SocketException { SocketErrorCode: SocketError.AccessDenied }
            ? "Join the group decloud (usermod -aG decloud USER, then log in again), or give --url and --token-file."
            : "Is it running, and is this its address? --url, --socket, DECLOUD_URL and DECLOUD_SOCKET name another.";
        return new(ExitCode.NotReachable, $"The agent at {_address.Shown} can't be reached: {cause.Message.TrimEnd('.')}.\n{remedy}", e);
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>An answer of the agent that is no refusal.</summary>
/// <param name="Status">The HTTP status, 200 to 299.</param>
/// <param name="Body">The body as it came.</param>
internal sealed record Reply(int Status, string Body)
{
    /// <summary>Reads the body.</summary>
    /// <exception cref="CliException">It is not what was asked for.</exception>
    public T As<T>(JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(Body, type) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCode.Refused, $"What answered is no agent that this program understands: {e.Message}", e);
        }
    }
}
