using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Akka.Hosting;
using Akka.Persistence;
using DeCloud.Libvirt;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Libvirt;
using Microsoft.Extensions.Logging.Abstractions;

namespace DeCloud.NodeAgent.Benchmarks.Lab;

/// <summary>
/// A state folder with many VMs, each of which was created, has run, and was stopped: the events are what the VM's own decisions make of that life, written through the shipped journal,
/// and the domains are defined in libvirt's QEMU driver. None of them runs.
/// </summary>
internal static class SeededNode
{
    private static readonly ImageDigest Image = ImageDigest.FromBytes(new byte[32]);
    private static readonly DateTimeOffset Birth = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly VmPolicy Policy = new();

    public static VmId IdOf(int number) => new(new Guid(number + 1, 0xbe, 0x4c, 0x80, 0, 0, 0, 0, 0, 0, 1));

    /// <summary>Writes the journal of this many VMs.</summary>
    public static async Task WriteJournalAsync(string state, int vms)
    {
        Directory.CreateDirectory(state);
        await using var host = await JournalHost.StartAsync(Path.Combine(state, "journal.db"));
        await host.PersistAsync("vms", [.. Enumerable.Range(0, vms).Select(n => new RosterEvents.Admitted(IdOf(n), SpecOf(n), RequestOf(n, "create"), Birth))]);
        foreach (var some in Enumerable.Range(0, vms).Chunk(50))
        {
            await Task.WhenAll(some.Select(n => host.PersistAsync($"vm-{IdOf(n)}", [.. LifeOf(n)])));
        }
    }

    /// <summary>Defines the domains of the VMs from one number up to another, which is left out.</summary>
    public static async Task DefineAsync(Setting setting, int from, int to)
    {
        var options = new LibvirtHypervisorOptions { Uri = LibvirtUri.Parse(setting.QemuUri), AllowEmulation = true };
        await using var session = await new LibvirtHypervisor(options, NullLogger<LibvirtHypervisor>.Instance).ConnectAsync(CancellationToken.None);
        for (var n = from; n < to; n++)
        {
            var folder = Path.Combine(setting.Work, "seeded", IdOf(n).ToString());
            var paths = new VmPaths(Path.Combine(folder, "disk.qcow2"), Path.Combine(folder, "seed.img"), Path.Combine(folder, "console.log"));
            await session.DefineAsync(new DomainSpec(IdOf(n), 1, 128 << 20, paths, Path.Combine(setting.Work, "base")), CancellationToken.None);
        }
    }

    public static async Task UndefineAsync(Setting setting, int vms)
    {
        var options = new LibvirtHypervisorOptions { Uri = LibvirtUri.Parse(setting.QemuUri), AllowEmulation = true };
        await using var session = await new LibvirtHypervisor(options, NullLogger<LibvirtHypervisor>.Instance).ConnectAsync(CancellationToken.None);
        for (var n = 0; n < vms; n++)
        {
            await session.UndefineAsync(IdOf(n), CancellationToken.None);
        }
    }

    /// <summary>The events of one VM's life.</summary>
    public static IEnumerable<IVmEvent> LifeOf(int number)
    {
        var id = IdOf(number);
        var at = Birth.AddMinutes(number);
        var events = ImmutableList.CreateBuilder<IVmEvent>();
        var state = Live(VmLife.Create(new(id), Policy, new(id, SpecOf(number), null, RequestOf(number, "create")), true, at), at, events);
        var later = at.AddHours(1);
        Live(VmLife.Change(state, Policy, new(id, VmChange.ForceStop, RequestOf(number, "stop")), later), later, events);
        return events;
    }

    public static VmSpec SpecOf(int number) => new(
        $"vm-{number:D4}", 1, 128 << 20, 1 << 30, "https://cloud.example/images/debian-12-genericcloud-amd64.qcow2", Image,
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8x1QSpGf0CkDpPwhTCJ2vmr1oPy3a9iKXwtTnZ6Y4c tenant@example", false, ImmutableSortedDictionary<string, string>.Empty.Add("tenant", "bench"));

    private static Request RequestOf(int number, string what) => new($"{what}-{number:D4}-5f0c2b7e9a", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "api");

    /// <summary>Takes every step that follows, as if all went well.</summary>
    private static VmState Live(VmTurn turn, DateTimeOffset at, ImmutableList<IVmEvent>.Builder events)
    {
        events.AddRange(turn.Events);
        while (turn.Run is { } step)
        {
            at = at.AddMilliseconds(20);
            var seen = step.Kind switch
            {
                VmStep.Start => new Look(Seen(turn.After.Id, PowerState.Running, PowerReason.Booted)),
                VmStep.Define => new Look(Seen(turn.After.Id, PowerState.Stopped, PowerReason.Unspecified)),
                VmStep.Destroy => new Look(Seen(turn.After.Id, PowerState.Stopped, PowerReason.Destroyed)),
                _ => null,
            };
            turn = VmLife.StepCompleted(turn.After, Policy, step.Number, step.Kind == VmStep.ResolveImage ? Image : null, seen, at);
            events.AddRange(turn.Events);
        }

        return turn.After;
    }

    private static DomainStatus Seen(VmId id, PowerState state, PowerReason reason) => new(id.Value, id.DomainName, state, reason);
}

/// <summary>An actor system with the shipped journal and nothing else.</summary>
internal sealed class JournalHost : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);
    private readonly IHost _host;

    private JournalHost(IHost host) => _host = host;

    public ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    public static async Task<JournalHost> StartAsync(string file)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        var options = new JournalOptions(JournalProvider.Sqlite, $"Data Source={file}", Path.Combine(AppContext.BaseDirectory, "hocon"));
        builder.Services.AddLogging();
        builder.Services.AddHealthChecks();
        builder.Services.AddAkka("bench", akka => akka.WithJournal(options));
        var host = builder.Build();
        await host.StartAsync();
        return new(host);
    }

    /// <summary>Writes events as one persistent actor.</summary>
    public async Task PersistAsync(string persistenceId, IReadOnlyList<object> events)
    {
        var actor = System.ActorOf(Props.Create(() => new Writer(persistenceId)));
        await actor.Ask<Done>(new Write(events), Deadline);
        await actor.GracefulStop(Deadline);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>What to write, in one go.</summary>
    private sealed record Write(IReadOnlyList<object> Events);

    private sealed class Writer : ReceivePersistentActor
    {
        public Writer(string persistenceId)
        {
            PersistenceId = persistenceId;
            CommandAny(message =>
            {
                var events = ((Write)message).Events;
                var left = events.Count;
                var asker = Sender;
                PersistAll(events, _ =>
                {
                    if (--left == 0)
                    {
                        asker.Tell(Done.Instance);
                    }
                });
            });
        }

        public override string PersistenceId { get; }
    }
}
