using System.Collections.Concurrent;
using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Orchestration;

namespace DeCloud.NodeAgent.Tests.Orchestration;

/// <summary>An orchestrator in memory with faults to order. Gives each command once, as the real one does.</summary>
internal sealed class ScriptedOrchestrator : IOrchestratorClient
{
    private int _calls;
    private int _registrations;

    public bool IsAway { get; set; }

    /// <summary>Whether acknowledgements reach it and their answers are lost.</summary>
    public bool LosesAckAnswers { get; set; }

    public bool HangsAcks { get; set; }

    /// <summary>Whether whoever asks for commands waits for ever.</summary>
    public bool HangsPolls { get; set; }

    public bool RejectsLogin { get; set; }

    /// <summary>How often credentials are refused from now on.</summary>
    public int Rejects { get; set; }

    public ImmutableArray<Guid>? Invalid { get; set; }

    public Terms Terms { get; set; } = PeerSamples.Terms;

    public ConcurrentQueue<PeerCommand> Queue { get; } = new();

    public ConcurrentQueue<PeerCommand> InAnswers { get; } = new();

    public ConcurrentQueue<AckBody> Acks { get; } = new();

    public ConcurrentQueue<string> Steps { get; } = new();

    public ConcurrentQueue<HeartbeatBody> Beats { get; } = new();

    public int Calls => Volatile.Read(ref _calls);

    public int Registrations => Volatile.Read(ref _registrations);

    public Task<PeerReply<Terms>> GetTermsAsync(CancellationToken cancellation) => Reply("terms", () => Terms);

    public Task<PeerReply<Registration>> RegisterAsync(RegistrationBody body, CancellationToken cancellation) =>
        Reply("register", () => new Registration("node-1", $"key-{Interlocked.Increment(ref _registrations)}"));

    public Task<PeerReply<int?>> EvaluateAsync(NodeCredentials credentials, HostInventory inventory, CancellationToken cancellation) => Reply<int?>("evaluate", () => 4);

    public Task<PeerReply<HeartbeatAnswer>> BeatAsync(NodeCredentials credentials, HeartbeatBody body, CancellationToken cancellation)
    {
        if (Rejects > 0)
        {
            Rejects--;
            return Task.FromResult<PeerReply<HeartbeatAnswer>>(new PeerReply<HeartbeatAnswer>.Unauthorized("401"));
        }

        return Reply("beat", () =>
        {
            Beats.Enqueue(body);
            return new HeartbeatAnswer(Drain(InAnswers), Invalid, null, null, true);
        });
    }

    public Task<PeerReply<Done>> LoginAsync(NodeCredentials credentials, bool isIn, CancellationToken cancellation) => RejectsLogin
        ? Task.FromResult<PeerReply<Done>>(new PeerReply<Done>.Refused(400, "LOGIN_REJECTED", "not evaluated"))
        : Reply(isIn ? "login" : "logout", () => default(Done));

    public async Task<PeerReply<ImmutableArray<PeerCommand>>> TakeCommandsAsync(NodeCredentials credentials, CancellationToken cancellation)
    {
        if (HangsPolls)
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }

        return await Reply("poll", () => Drain(Queue));
    }

    public async Task<PeerReply<Done>> AcknowledgeAsync(NodeCredentials credentials, AckBody body, CancellationToken cancellation)
    {
        if (HangsAcks)
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }

        var reply = await Reply("ack", () =>
        {
            Acks.Enqueue(body);
            return default(Done);
        });
        return LosesAckAnswers ? new PeerReply<Done>.Unreachable("the answer is lost") : reply;
    }

    private Task<PeerReply<T>> Reply<T>(string step, Func<T> give)
    {
        Interlocked.Increment(ref _calls);
        if (IsAway)
        {
            return Task.FromResult<PeerReply<T>>(new PeerReply<T>.Unreachable("away"));
        }

        Steps.Enqueue(step);
        return Task.FromResult<PeerReply<T>>(new PeerReply<T>.Given(give()));
    }

    private static ImmutableArray<PeerCommand> Drain(ConcurrentQueue<PeerCommand> queue)
    {
        var all = ImmutableArray.CreateBuilder<PeerCommand>();
        while (queue.TryDequeue(out var command))
        {
            all.Add(command);
        }

        return all.ToImmutable();
    }
}

/// <summary>Files in memory that outlive the node.</summary>
internal sealed class MemoryVault : IOrchestratorVault
{
    public string? Key { get; set; }

    public ConcurrentDictionary<string, string> Payloads { get; } = new();

    public Task<string?> ReadKeyAsync(CancellationToken cancellation) => Task.FromResult(Key);

    public Task KeepKeyAsync(string key, CancellationToken cancellation)
    {
        Key = key;
        return Task.CompletedTask;
    }

    public Task<string?> ReadPayloadAsync(string commandId, CancellationToken cancellation) => Task.FromResult(Payloads.GetValueOrDefault(commandId));

    public Task KeepPayloadAsync(string commandId, string payload, CancellationToken cancellation)
    {
        Payloads[commandId] = payload;
        return Task.CompletedTask;
    }

    public Task SweepPayloadsAsync(IReadOnlySet<string> open, CancellationToken cancellation)
    {
        foreach (var id in Payloads.Keys.Where(id => !open.Contains(id)))
        {
            Payloads.TryRemove(id, out _);
        }

        return Task.CompletedTask;
    }

    public Task DropPayloadAsync(string commandId, CancellationToken cancellation)
    {
        Payloads.TryRemove(commandId, out _);
        return Task.CompletedTask;
    }
}

/// <summary>A signature that nobody checks.</summary>
internal sealed class AnyProof : IRegistrationProof
{
    public Task<(string Message, string Signature)> ProveAsync(string message, CancellationToken cancellation) => Task.FromResult((message, "0x00"));
}

/// <summary>A host that is known from the start.</summary>
internal sealed class SteadyReport : INodeReport
{
    public HostInventory? Inventory => PeerSamples.Inventory;

    public HostMetrics? Metrics => new(12.34, 50, 25, 1.5, 0.5, 0.75);
}
