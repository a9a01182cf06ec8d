using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Infrastructure.Http;

namespace DeCloud.NodeAgent.Infrastructure.Orchestrator;

/// <summary>
/// The orchestrator over HTTP. Encrypted, but for loopback addresses; no redirects, since those would carry the API key to wherever they lead; every answer bounded in size and time.
/// </summary>
public sealed class HttpOrchestratorClient : IOrchestratorClient, IDisposable
{
    /// <summary>The largest answer that is read.</summary>
    public const int MostBytes = 8 << 20;

    private readonly HttpClient _client;
    private readonly Uri _base;
    private readonly TimeSpan _deadline;

    /// <summary>Makes the client; connects when it is first used.</summary>
    /// <param name="baseUrl">Where the orchestrator is: https, or http to a loopback address.</param>
    /// <param name="deadline">How long a request may take in all.</param>
    /// <exception cref="ArgumentException">The address is not encrypted and not of this machine.</exception>
    public HttpOrchestratorClient(Uri baseUrl, TimeSpan deadline)
    {
        ArgumentNullException.ThrowIfNull(baseUrl);
        if (baseUrl.Scheme != Uri.UriSchemeHttps && !baseUrl.IsLoopback)
        {
            throw new ArgumentException("An orchestrator on another machine is reached over https only.", nameof(baseUrl));
        }

        _base = new(baseUrl.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/");
        _deadline = deadline;
        _client = WaryClient.Make(TimeSpan.FromSeconds(5), idle: TimeSpan.FromSeconds(60), life: TimeSpan.FromMinutes(5));
        _client.DefaultRequestHeaders.Accept.ParseAdd("application/json");
    }

    /// <inheritdoc/>
    public Task<PeerReply<Terms>> GetTermsAsync(CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, "api/tos", null, null, PeerAnswers.ReadTerms, cancellation);

    /// <inheritdoc/>
    public Task<PeerReply<Registration>> RegisterAsync(RegistrationBody body, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "api/nodes/register", null, Json(body, PeerJson.Default.RegistrationBody), PeerAnswers.ReadRegistration, cancellation);

    /// <inheritdoc/>
    public async Task<PeerReply<int?>> EvaluateAsync(NodeCredentials credentials, HostInventory inventory, CancellationToken cancellation)
    {
        var reply = await SendAsync(
            HttpMethod.Post, "api/nodes/me/evaluate", credentials, Json(inventory, PeerJson.Default.HostInventory), json => new Evaluation(PeerAnswers.ReadSchedulingVersion(json)), cancellation).ConfigureAwait(false);
        return reply switch
        {
            PeerReply<Evaluation>.Given(var evaluation) => new PeerReply<int?>.Given(evaluation.SchedulingVersion),
            PeerReply<Evaluation>.Unauthorized(var reason) => new PeerReply<int?>.Unauthorized(reason),
            PeerReply<Evaluation>.Refused(var status, var code, var reason) => new PeerReply<int?>.Refused(status, code, reason),
            PeerReply<Evaluation>.Unreachable(var reason) => new PeerReply<int?>.Unreachable(reason),
            _ => throw new InvalidOperationException(),
        };
    }

    /// <inheritdoc/>
    public Task<PeerReply<HeartbeatAnswer>> BeatAsync(NodeCredentials credentials, HeartbeatBody body, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, Node(credentials, "heartbeat"), credentials, Json(body, PeerJson.Default.HeartbeatBody), PeerAnswers.ReadHeartbeat, cancellation);

    /// <inheritdoc/>
    public async Task<PeerReply<Done>> LoginAsync(NodeCredentials credentials, bool isIn, CancellationToken cancellation) =>
        ToDone(await SendAsync(HttpMethod.Post, Node(credentials, isIn ? "login" : "logout"), credentials, Empty(), Anything, cancellation, isBodyOptional: true).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<PeerReply<ImmutableArray<PeerCommand>>> TakeCommandsAsync(NodeCredentials credentials, CancellationToken cancellation)
    {
        var reply = await SendAsync(HttpMethod.Get, Node(credentials, "commands"), credentials, null, json => new Taken(PeerAnswers.ReadCommands(json)), cancellation).ConfigureAwait(false);
        return reply switch
        {
            PeerReply<Taken>.Given(var taken) => new PeerReply<ImmutableArray<PeerCommand>>.Given(taken.Commands),
            PeerReply<Taken>.Unauthorized(var reason) => new PeerReply<ImmutableArray<PeerCommand>>.Unauthorized(reason),
            PeerReply<Taken>.Refused(var status, var code, var reason) => new PeerReply<ImmutableArray<PeerCommand>>.Refused(status, code, reason),
            PeerReply<Taken>.Unreachable(var reason) => new PeerReply<ImmutableArray<PeerCommand>>.Unreachable(reason),
            _ => throw new InvalidOperationException(),
        };
    }

    /// <inheritdoc/>
    public async Task<PeerReply<Done>> AcknowledgeAsync(NodeCredentials credentials, AckBody body, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(body);
        var path = Node(credentials, $"commands/{Uri.EscapeDataString(body.CommandId)}/acknowledge");
        return ToDone(await SendAsync(HttpMethod.Post, path, credentials, Json(body, PeerJson.Default.AckBody), Anything, cancellation, isBodyOptional: true).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static string Node(NodeCredentials credentials, string what) => $"api/nodes/{Uri.EscapeDataString(credentials.NodeId)}/{what}";

    private static ByteArrayContent Json<T>(T value, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new("application/json");
        return content;
    }

    private static ByteArrayContent Empty() => new([]);

    private static Acknowledged Anything(JsonElement json) => new();

    private static PeerReply<Done> ToDone(PeerReply<Acknowledged> reply) => reply switch
    {
        PeerReply<Acknowledged>.Given => new PeerReply<Done>.Given(default),
        PeerReply<Acknowledged>.Unauthorized(var reason) => new PeerReply<Done>.Unauthorized(reason),
        PeerReply<Acknowledged>.Refused(var status, var code, var reason) => new PeerReply<Done>.Refused(status, code, reason),
        PeerReply<Acknowledged>.Unreachable(var reason) => new PeerReply<Done>.Unreachable(reason),
        _ => throw new InvalidOperationException(),
    };

    private async Task<PeerReply<T>> SendAsync<T>(
        HttpMethod method, string path, NodeCredentials? credentials, HttpContent? content, Func<JsonElement, T?> read, CancellationToken cancellation, bool isBodyOptional = false)
        where T : class
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(_deadline);
        using var request = new HttpRequestMessage(method, new Uri(_base, path)) { Content = content };
        if (credentials is not null)
        {
            request.Headers.Authorization = new("Bearer", credentials.ApiKey);
        }

        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token).ConfigureAwait(false);
            var bytes = await ReadAsync(response.Content, deadline.Token).ConfigureAwait(false);
            return Understand(response, bytes, read, isBodyOptional);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new PeerReply<T>.Unreachable(string.Create(CultureInfo.InvariantCulture, $"There was no whole answer within {_deadline.TotalSeconds:0.#} s."));
        }
        catch (HttpRequestException e)
        {
            return new PeerReply<T>.Unreachable(e.HttpRequestError == HttpRequestError.SecureConnectionError ? $"Its certificate is not accepted: {PeerAnswers.Shown(e.InnerException?.Message ?? e.Message)}" : $"It can't be reached: {PeerAnswers.Shown(e.Message)}");
        }
        catch (IOException e)
        {
            return new PeerReply<T>.Unreachable($"It broke off: {PeerAnswers.Shown(e.Message)}");
        }
    }

    private static PeerReply<T> Understand<T>(HttpResponseMessage response, byte[]? bytes, Func<JsonElement, T?> read, bool isBodyOptional)
        where T : class
    {
        var status = (int)response.StatusCode;
        if (bytes is null)
        {
            return new PeerReply<T>.Unreachable($"It answered {status} with more than {MostBytes >> 20} MiB.");
        }

        var json = Parse(response, bytes);
        if (status is 401 or 403)
        {
            // A challenge for a bearer token is what ASP.NET Core answers without a word; a page of something on the way is neither.
            return json is not null || (bytes.Length == 0 && response.Headers.WwwAuthenticate.Any(c => c.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)))
                ? new PeerReply<T>.Unauthorized($"{status}: {(json is { } why && PeerAnswers.ErrorOf(why) is { } error ? error.Message : "no reason was given")}")
                : new PeerReply<T>.Unreachable($"Something answered {status} that is not the orchestrator.");
        }

        if (response.IsSuccessStatusCode)
        {
            if (json is not { } body)
            {
                return isBodyOptional && bytes.Length == 0 && read(default) is { } nothing ? new PeerReply<T>.Given(nothing) : new PeerReply<T>.Unreachable($"It answered {status} with what is not JSON.");
            }

            return body.ValueKind == JsonValueKind.Object && PeerAnswers.ErrorOf(body) is { } refusal && PeerAnswers.IsRefusal(body) ? new PeerReply<T>.Refused(status, refusal.Code, refusal.Message)
                : read(body) is { } value ? new PeerReply<T>.Given(value)
                : new PeerReply<T>.Unreachable("It answered with JSON that lacks what was asked for.");
        }

        return status is >= 400 and < 500 and not (408 or 425 or 429) && json is { } said
            ? new PeerReply<T>.Refused(status, PeerAnswers.ErrorOf(said)?.Code, PeerAnswers.ErrorOf(said)?.Message ?? "no reason was given")
            : new PeerReply<T>.Unreachable(string.Create(CultureInfo.InvariantCulture, $"It answered {status}."));
    }

    private static JsonElement? Parse(HttpResponseMessage response, byte[] bytes)
    {
        if (bytes.Length == 0 || response.Content.Headers.ContentType?.MediaType is not { } media || !media.EndsWith("json", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        try
        {
            return JsonElement.Parse(bytes, new JsonDocumentOptions { MaxDepth = 64 });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The body; null when it is larger than what is read.</summary>
    private static async Task<byte[]?> ReadAsync(HttpContent content, CancellationToken cancellation)
    {
        if (content.Headers.ContentLength > MostBytes)
        {
            return null;
        }

        var stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            if (body.Length + read > MostBytes)
            {
                return null;
            }

            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }

    private sealed record Acknowledged;

    private sealed record Evaluation(int? SchedulingVersion);

    private sealed record Taken(ImmutableArray<PeerCommand> Commands);
}
