using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>The agent's REST API as a client sees it. Keeps what was acknowledged, for <see cref="Invariants"/>.</summary>
public sealed class AgentApi(Uri address, string? token = null) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1) })
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromSeconds(75),
        DefaultRequestHeaders = { Authorization = token is null ? null : new("Bearer", token) },
    };

    /// <summary>The operations that were acknowledged, and under which key.</summary>
    public ConcurrentDictionary<string, string> Acknowledged { get; } = new();

    /// <summary>The last state that was seen of each VM, for messages.</summary>
    private readonly ConcurrentDictionary<Guid, VmResource> _seen = new();

    /// <summary>Sends a request as it is.</summary>
    public async Task<Answer> SendAsync(HttpMethod method, string path, string? json = null, string? key = null, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(json));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json");
        }

        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }

        using var response = await _http.SendAsync(request, cancellation);
        var answer = new Answer(response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(cancellation));
        if (answer.Status == HttpStatusCode.Accepted && !path.StartsWith("/api/actors/", StringComparison.Ordinal))
        {
            var operation = answer.As(RestJson.Default.AcceptedResource).Operation;
            Acknowledged[operation.Id] = operation.RequestId;
        }

        return answer;
    }

    /// <summary>The status of a GET; null when nobody answers.</summary>
    public async Task<HttpStatusCode?> TryStatusAsync(string path)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            return (await SendAsync(HttpMethod.Get, path, cancellation: deadline.Token)).Status;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Asks for a VM.</summary>
    public async Task<AcceptedResource> CreateAsync(CreateVmRequest request, string? key = null) => Accepted(await TryCreateAsync(request, key));

    /// <summary>Asks for a VM, whatever the answer.</summary>
    public Task<Answer> TryCreateAsync(CreateVmRequest request, string? key = null) =>
        SendAsync(HttpMethod.Post, "/api/vms", JsonSerializer.Serialize(request, RestJson.Default.CreateVmRequest), key);

    /// <summary>Asks for a change, such as <c>stop</c> or <c>stop?force=true</c>.</summary>
    public async Task<AcceptedResource> ChangeAsync(Guid id, string what, string? key = null) => Accepted(await TryChangeAsync(id, what, key));

    /// <summary>Asks for a change, whatever the answer.</summary>
    public Task<Answer> TryChangeAsync(Guid id, string what, string? key = null) => SendAsync(HttpMethod.Post, $"/api/vms/{id}/{what}", key: key);

    /// <summary>Asks for a VM's end.</summary>
    public async Task<AcceptedResource> DeleteAsync(Guid id, string? key = null) => Accepted(await SendAsync(HttpMethod.Delete, $"/api/vms/{id}", key: key));

    /// <summary>A VM.</summary>
    public async Task<VmResource> VmAsync(Guid id) => _seen[id] = await GetAsync($"/api/vms/{id}", RestJson.Default.VmResource);

    /// <summary>All VMs.</summary>
    public async Task<IReadOnlyList<VmResource>> VmsAsync() => (await GetAsync("/api/vms?limit=1000", RestJson.Default.PageVmResource)).Items;

    /// <summary>An operation.</summary>
    public Task<OperationResource> OperationAsync(string id, int waitSeconds = 0) =>
        GetAsync($"/api/operations/{id}?wait={waitSeconds}s", RestJson.Default.OperationResource);

    /// <summary>The end of an operation, whatever it is.</summary>
    public async Task<OperationResource> EndOfAsync(AcceptedResource accepted, TimeSpan atMost)
    {
        OperationResource? last = null;
        return await Patience.UntilAsync(
            $"operation {accepted.Operation.Kind} {accepted.Operation.Id} ends",
            atMost,
            async () => (last = await OperationAsync(accepted.Operation.Id, (int)Math.Min(60, atMost.TotalSeconds))).Status == "running" ? null : last,
            () => $"{last} {Describe(accepted.Vm?.Id)}");
    }

    /// <summary>Waits for an operation to succeed.</summary>
    /// <returns>The VM after it; null when it is gone.</returns>
    public async Task<VmResource?> DoneAsync(AcceptedResource accepted, TimeSpan? atMost = null)
    {
        var end = await EndOfAsync(accepted, atMost ?? TimeSpan.FromSeconds(60));
        Assert.True(end.Status == "succeeded", $"{end}");
        return end.Kind == "delete" ? null : await VmAsync(accepted.Vm!.Id);
    }

    /// <summary>Waits until a VM is as it should be.</summary>
    public Task<VmResource> UntilVmAsync(Guid id, string what, TimeSpan atMost, Func<VmResource, bool> condition) =>
        Patience.UntilAsync(what, atMost, async () => await VmAsync(id) is var vm && condition(vm) ? vm : null, () => Describe(id));

    /// <summary>The whole history of a VM.</summary>
    public async Task<IReadOnlyList<HistoryEntryResource>> HistoryAsync(Guid id)
    {
        var entries = new List<HistoryEntryResource>();
        while (true)
        {
            var page = await GetAsync($"/api/vms/{id}/history?limit=1000&after={entries.Count}", RestJson.Default.PageHistoryEntryResource);
            entries.AddRange(page.Items);
            if (page.Items.Count == 0 || page.Next is null)
            {
                return entries;
            }
        }
    }

    /// <summary>The node.</summary>
    public Task<NodeResource> NodeAsync() => GetAsync("/api/node", RestJson.Default.NodeResource);

    /// <summary>The domains that are not the agent's.</summary>
    public async Task<IReadOnlyList<ForeignDomainResource>> ForeignAsync() => (await GetAsync("/api/node/foreign-domains", RestJson.Default.PageForeignDomainResource)).Items;

    /// <summary>The whole console.</summary>
    public async Task<string> ConsoleAsync(Guid id) => (await SendAsync(HttpMethod.Get, $"/api/vms/{id}/console?tail=1048576")).Body;

    /// <summary>Follows the node's events.</summary>
    /// <param name="after">The place in the journal; null for what comes next.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<EventWatch> WatchAsync(long? after, CancellationToken cancellation)
    {
        var response = await _http.GetAsync(after is null ? "/api/events" : $"/api/events?after={after}", HttpCompletionOption.ResponseHeadersRead, cancellation);
        response.EnsureSuccessStatusCode();
        return new(response);
    }

    /// <summary>Opens a stream.</summary>
    /// <param name="path">Path and query.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancellation)
    {
        var response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellation);
        response.EnsureSuccessStatusCode();
        return response;
    }

    /// <summary>Reads something that must be there.</summary>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type)
    {
        var answer = await SendAsync(HttpMethod.Get, path);
        Assert.True(answer.Status == HttpStatusCode.OK, $"GET {path}: {answer}");
        return answer.As(type);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static AcceptedResource Accepted(Answer answer)
    {
        Assert.True(answer.Status == HttpStatusCode.Accepted, answer.ToString());
        return answer.As(RestJson.Default.AcceptedResource);
    }

    private string Describe(Guid? id) => id is { } known && _seen.TryGetValue(known, out var vm) ? JsonSerializer.Serialize(vm, RestJson.Default.VmResource) : "";
}

/// <summary>An answer of the API.</summary>
public sealed record Answer(HttpStatusCode Status, string? MediaType, string Body)
{
    /// <summary>The problem's code; empty when it is no problem document.</summary>
    public string Code => MediaType == "application/problem+json" ? ToProblem().Type["/docs/errors#".Length..] : "";

    /// <summary>The problem.</summary>
    public ProblemResource ToProblem() => As(RestJson.Default.ProblemResource);

    /// <summary>The body.</summary>
    public T As<T>(JsonTypeInfo<T> type) => JsonSerializer.Deserialize(Body, type) ?? throw new InvalidOperationException("An empty body.");
}
