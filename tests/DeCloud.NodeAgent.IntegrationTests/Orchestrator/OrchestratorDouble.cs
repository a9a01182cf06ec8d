using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Infrastructure.Orchestrator;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.IntegrationTests.Orchestrator;

/// <summary>What the double does wrong, as the orchestrator of today or the line to it does now and then.</summary>
public enum Trap
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Every credential is refused, in JSON.</summary>
    Unauthorized,

    /// <summary>Something on the way answers 401 with a page of its own.</summary>
    Portal,

    /// <summary>Internal errors.</summary>
    ServerError,

    /// <summary>Answers that are no JSON.</summary>
    Garbage,

    /// <summary>Answers without end.</summary>
    Endless,

    /// <summary>Answers that lead elsewhere.</summary>
    Redirect,

    /// <summary>No answers.</summary>
    Hang,

    /// <summary>Connections that break.</summary>
    Abort,

    /// <summary>Answers that lack every field.</summary>
    Empty,
}

/// <summary>The orchestrator of ORCHESTRATOR's contract, with its habits: it forgets commands as it gives them, pushes without credentials, and hashes the default region wrongly.</summary>
public sealed class OrchestratorDouble : IAsyncDisposable
{
    private const int PushFailuresAllowed = 5;
    private readonly ConcurrentQueue<JsonObject> _queue = new();
    private readonly CancellationTokenSource _end = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(3) };
    private WebApplication? _app;
    private string _keyHash = "";
    private string _settingsHash = "";
    private string? _reportedHash;
    private bool _isEvaluated;
    private int _pushFailures;

    public Uri Url { get; private set; } = new("http://127.0.0.1/");

    public Trap Trap { get; set; }

    /// <summary>Whether acknowledgements are heard and their answers lost.</summary>
    public bool LosesAckAnswers { get; set; }

    /// <summary>Whether every command is given as long as it is not acknowledged, and once more after that.</summary>
    public bool Duplicates { get; set; }

    /// <summary>Whether enumerations are written as names and keys in Pascal case.</summary>
    public bool WritesNames { get; set; }

    public Guid[]? InvalidVms { get; set; }

    public string ApiKey { get; private set; } = "";

    public string NodeId { get; private set; } = "";

    public bool IsLoggedIn { get; private set; }

    public bool IsPushEnabled { get; private set; }

    public int Registrations { get; private set; }

    public ConcurrentQueue<JsonElement> Acks { get; } = new();

    public ConcurrentQueue<JsonElement> Beats { get; } = new();

    public ConcurrentDictionary<string, int> Refusals { get; } = new();

    public string? ImagePath { get; set; }

    public Terms Terms { get; } = new("2026-01", Convert.ToHexStringLower(SHA256.HashData("terms"u8)));

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
        Url = new(_app.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _app!.DisposeAsync();
        _http.Dispose();
        _end.Dispose();
    }

    /// <summary>Puts a command into the queue.</summary>
    public string Queue(OrchestratorCommandType type, string payload)
    {
        var command = NewCommand(type, payload);
        _queue.Enqueue(command);
        return IdOf(command);
    }

    /// <summary>Gives a command as the real one does: pushed without credentials, queued when that fails, and never pushed again after five failures.</summary>
    public async Task<(string Id, HttpStatusCode? Answer)> GiveAsync(int agentPort, OrchestratorCommandType type, string payload, bool isSigned = false)
    {
        var command = NewCommand(type, payload);
        HttpStatusCode? answer = null;
        if (IsPushEnabled)
        {
            answer = await PushAsync(agentPort, command.ToJsonString(), isSigned ? ApiKey : null);
            _pushFailures = answer is HttpStatusCode.OK ? 0 : _pushFailures + 1;
            IsPushEnabled = _pushFailures < PushFailuresAllowed;
        }

        if (answer is not HttpStatusCode.OK)
        {
            _queue.Enqueue(command);
        }

        return (IdOf(command), answer);
    }

    /// <summary>Pushes any body, as anybody can.</summary>
    public async Task<HttpStatusCode?> PushAsync(int agentPort, string body, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{agentPort}/api/commands/receive") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (key is not null)
        {
            var seconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            request.Headers.Add(PushProof.TimestampHeader, seconds);
            request.Headers.Add(PushProof.SignatureHeader, PushProof.Sign(key, seconds, Encoding.UTF8.GetBytes(body)));
        }

        try
        {
            using var response = await _http.SendAsync(request);
            return response.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    private static string IdOf(JsonObject command) => (command["commandId"] ?? command["CommandId"])!.GetValue<string>();

    private JsonObject NewCommand(OrchestratorCommandType type, string payload) => WritesNames
        ? new() { ["CommandId"] = Guid.NewGuid().ToString(), ["Type"] = type.ToString(), ["Payload"] = payload, ["QueuedAt"] = DateTimeOffset.UtcNow }
        : new() { ["commandId"] = Guid.NewGuid().ToString(), ["type"] = (int)type, ["payload"] = payload, ["requiresAck"] = true, ["queuedAt"] = DateTimeOffset.UtcNow, ["expiresAt"] = null, ["isExpired"] = false };

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (path == "/images/small.qcow2")
        {
            await http.Response.SendFileAsync(ImagePath!);
            return;
        }

        if (await TrapsAsync(http))
        {
            return;
        }

        var body = await new StreamReader(http.Request.Body).ReadToEndAsync(http.RequestAborted);
        switch (path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            case ["api", "tos"]:
                await SayAsync(http, new JsonObject { ["version"] = Terms.Version, ["hash"] = Terms.Hash });
                break;
            case ["api", "nodes", "register"]:
                await RegisterAsync(http, JsonElement.Parse(body));
                break;
            case var _ when http.Request.Headers.Authorization != $"Bearer {ApiKey}":
                await RefuseAsync(http, 401, "UNAUTHORIZED", "unknown key");
                break;
            case ["api", "nodes", "me", "evaluate"]:
                _isEvaluated = JsonElement.Parse(body).GetProperty("cpu").GetProperty("logicalCores").GetInt32() > 0;
                await http.Response.WriteAsync("""{"performanceEvaluation":{"isAcceptable":true},"schedulingConfig":{"version":5},"obligations":[]}""");
                break;
            case ["api", "nodes", var id, "heartbeat"] when id == NodeId:
                await BeatAsync(http, JsonElement.Parse(body));
                break;
            case ["api", "nodes", var id, "commands"] when id == NodeId:
                await SayAsync(http, Drain());
                break;
            case ["api", "nodes", var id, "commands", var command, "acknowledge"] when id == NodeId && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(HashOf(ApiKey)), Encoding.ASCII.GetBytes(_keyHash)):
                await HearAsync(http, command, JsonElement.Parse(body));
                break;
            case ["api", "nodes", var id, "login"] when id == NodeId:
                await LoginAsync(http);
                break;
            case ["api", "nodes", var id, "logout"] when id == NodeId:
                IsLoggedIn = false;
                await SayAsync(http, true);
                break;
            default:
                await RefuseAsync(http, 404, "NOT_FOUND", path);
                break;
        }
    }

    private async Task RegisterAsync(HttpContext http, JsonElement body)
    {
        var (wallet, message, signature) = (body.GetProperty("walletAddress").GetString()!, body.GetProperty("message").GetString()!, body.GetProperty("signature").GetString()!);
        var lines = message.Split('\n');
        var stamp = lines.FirstOrDefault(l => l.StartsWith("Timestamp: ", StringComparison.Ordinal));
        var age = stamp is null ? TimeSpan.MaxValue : DateTimeOffset.UtcNow - DateTimeOffset.Parse(stamp["Timestamp: ".Length..], CultureInfo.InvariantCulture);
        var wrong = !wallet.Equals(WalletKey.RecoverAddress(message, signature), StringComparison.OrdinalIgnoreCase) ? "the signature is not the wallet's"
            : age < TimeSpan.FromMinutes(-2) || age > TimeSpan.FromMinutes(7) ? "the timestamp is out of its window"
            : !lines.Contains($"Terms of Service version: {Terms.Version}") || !lines.Contains($"Terms of Service hash: {Terms.Hash}") ? "the terms are not accepted"
            : !lines.Contains($"Machine ID: {body.GetProperty("machineId").GetString()}") || !lines.Contains($"Country: {body.GetProperty("country").GetString()}") || !lines.Contains($"Region: {body.GetProperty("region").GetString()}") ? "message and request differ"
            : null;
        if (wrong is not null)
        {
            await RefuseAsync(http, 400, "REGISTRATION_FAILED", wrong);
            return;
        }

        Registrations++;
        (IsPushEnabled, _pushFailures, IsLoggedIn, _isEvaluated) = (true, 0, false, false);
        NodeId = NodeIdentity.NodeIdOf(body.GetProperty("machineId").GetString()!, wallet).ToString();
        ApiKey = $"eyJhbGciOiJIUzI1NiJ9.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}.x";
        _keyHash = HashOf(ApiKey);
        var region = body.GetProperty("region").GetString()!;
        // The mistake of today's orchestrator.
        _settingsHash = NodeIdentity.SettingsHash(body.GetProperty("country").GetString()!, region == "default" ? "unknown" : region, wallet);
        await SayAsync(http, new JsonObject { ["nodeId"] = NodeId, ["apiKey"] = ApiKey, ["heartbeatInterval"] = "00:00:15" });
    }

    private Task BeatAsync(HttpContext http, JsonElement body)
    {
        Beats.Enqueue(body);
        _reportedHash = body.TryGetProperty("settingsHash", out var hash) ? hash.GetString() : null;
        var data = new JsonObject { ["acknowledged"] = true, ["pendingCommands"] = Drain(), ["schedulingReady"] = IsLoggedIn };
        if (Drifts)
        {
            data["settingsDrift"] = new JsonObject { ["message"] = "settings differ", ["expectedHash"] = _settingsHash, ["reportedHash"] = _reportedHash };
        }

        if (InvalidVms is { } invalid)
        {
            data["invalidVmIds"] = new JsonArray([.. invalid.Select(id => JsonValue.Create(id.ToString()))]);
        }

        return SayAsync(http, data);
    }

    private bool Drifts => _reportedHash is { } reported && reported != _settingsHash;

    private Task LoginAsync(HttpContext http)
    {
        if (Drifts || !_isEvaluated)
        {
            return RefuseAsync(http, 400, "LOGIN_REJECTED", Drifts ? "settings differ" : "not evaluated");
        }

        IsLoggedIn = true;
        return SayAsync(http, true);
    }

    private Task HearAsync(HttpContext http, string id, JsonElement body)
    {
        if (body.GetProperty("commandId").GetString() != id)
        {
            return RefuseAsync(http, 400, "WRONG_ID", "the acknowledgement's path and body name different commands");
        }

        Acks.Enqueue(body);
        if (LosesAckAnswers)
        {
            http.Abort();
            return Task.CompletedTask;
        }

        return SayAsync(http, true);
    }

    private JsonArray Drain()
    {
        var all = new JsonArray();
        foreach (var command in Duplicates ? _queue.ToArray() : [])
        {
            all.Add(command.DeepClone());
            all.Add(command.DeepClone());
        }

        while (!Duplicates && _queue.TryDequeue(out var command))
        {
            all.Add(command);
        }

        return all;
    }

    private async Task<bool> TrapsAsync(HttpContext http)
    {
        var response = http.Response;
        switch (Trap)
        {
            case Trap.None:
                response.ContentType = "application/json";
                return false;
            case Trap.Unauthorized when !http.Request.Path.Value!.EndsWith("register", StringComparison.Ordinal) && !http.Request.Path.Value.EndsWith("tos", StringComparison.Ordinal):
                await RefuseAsync(http, 401, "UNAUTHORIZED", "no");
                return true;
            case Trap.Portal:
                (response.StatusCode, response.ContentType) = (401, "text/html");
                await response.WriteAsync("<html>Please log in to the hotel's network</html>");
                return true;
            case Trap.ServerError:
                response.StatusCode = 500;
                return true;
            case Trap.Garbage:
                response.ContentType = "application/json";
                await response.WriteAsync("{\"success\":tru");
                return true;
            case Trap.Endless:
                response.ContentType = "application/json";
                var block = new byte[64 * 1024];
                while (!http.RequestAborted.IsCancellationRequested)
                {
                    await response.Body.WriteAsync(block, http.RequestAborted);
                }

                return true;
            case Trap.Redirect:
                response.Redirect("http://127.0.0.1:9/");
                return true;
            case Trap.Hang:
                await Task.Delay(Timeout.Infinite, CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _end.Token).Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return true;
            case Trap.Abort:
                http.Abort();
                return true;
            case Trap.Empty:
                response.ContentType = "application/json";
                await response.WriteAsync("""{"success":true,"data":{}}""");
                return true;
            default:
                response.ContentType = "application/json";
                return false;
        }
    }

    private static Task SayAsync(HttpContext http, JsonNode data) => http.Response.WriteAsync(new JsonObject { ["success"] = true, ["data"] = data }.ToJsonString());

    private Task RefuseAsync(HttpContext http, int status, string code, string message)
    {
        Refusals.AddOrUpdate(message, 1, (_, n) => n + 1);
        (http.Response.StatusCode, http.Response.ContentType) = (status, "application/json");
        return http.Response.WriteAsync(new JsonObject { ["success"] = false, ["error"] = new JsonObject { ["code"] = code, ["message"] = message } }.ToJsonString());
    }

    private static string HashOf(string key) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
