using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using DeCloud.NodeAgent.Actors.Serialization;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Serialization;

public sealed class JournalSerializerTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("serializer", ConfigurationFactory.ParseString("akka.loglevel = OFF"));

    public static TheoryData<string> Manifests => [.. JournalSerializer.Manifests.Keys.Order(StringComparer.Ordinal)];

    public void Dispose() => _system.Dispose();

    [Theory]
    [MemberData(nameof(Manifests))]
    public void What_version_1_wrote_is_read_as_it_was_meant(string manifest)
    {
        var stored = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", "journal-v1", $"{manifest}.json"));
        var read = JournalSerializer.Read(stored, manifest);
        Assert.Equal(Text(JournalSamples.ByManifest[manifest]), Text(read));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Every_type_survives_writing_and_reading(string manifest)
    {
        var serializer = new JournalSerializer((ExtendedActorSystem)_system);
        var sample = JournalSamples.ByManifest[manifest];
        Assert.Equal(manifest, serializer.Manifest(sample));
        var read = serializer.FromBinary(serializer.ToBinary(sample), manifest);
        Assert.Equal(sample.GetType(), read.GetType());
        Assert.Equal(Text(sample), Text(read));
    }

    [Fact]
    public void The_gpus_of_a_vm_are_a_later_member_and_read_back_too()
    {
        var stored = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", "journal-v1", "later", "roster-admitted.1.gpus.json"));
        var sample = (RosterEvents.Admitted)JournalSamples.ByManifest["roster-admitted.1"];
        var withGpu = sample with { Spec = sample.Spec with { Gpus = [new("0000:65:00.0", ["0000:65:00.0", "0000:65:00.1"])] } };
        Assert.Equal(Text(withGpu), Text(JournalSerializer.Read(stored, "roster-admitted.1")));
    }

    [Fact]
    public void The_address_of_a_VM_in_the_overlay_is_a_later_member_and_reads_back_too()
    {
        var stored = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", "journal-v1", "later", "roster-admitted.1.overlay.json"));
        var sample = (RosterEvents.Admitted)JournalSamples.ByManifest["roster-admitted.1"];
        Assert.Equal(Text(sample with { Spec = sample.Spec with { OverlayAddress = "10.80.7.2" } }), Text(JournalSerializer.Read(stored, "roster-admitted.1")));
    }

    [Fact]
    public void The_last_start_and_the_times_of_crashes_are_later_members_and_read_back_too()
    {
        var stored = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", "journal-v1", "later", "vm-state.1.starts.json"));
        var sample = (VmState)JournalSamples.ByManifest["vm-state.1"];
        var at = sample.CreatedAt;
        Assert.Equal(Text(sample with { RecentCrashes = [at, at.AddMinutes(1)], LastStart = new(at, TimeSpan.FromSeconds(3.5)) }), Text(JournalSerializer.Read(stored, "vm-state.1")));
    }

    [Fact]
    public void Every_event_of_the_domain_is_bound()
    {
        var events = typeof(IVmEvent).Assembly.GetTypes()
            .Where(t => !t.IsAbstract && (t.IsAssignableTo(typeof(IVmEvent)) || t.IsAssignableTo(typeof(IRosterEvent)) || t.IsAssignableTo(typeof(IImageEvent)) || t.IsAssignableTo(typeof(IPortEvent)) || t.IsAssignableTo(typeof(IOverlayEvent)) || t.IsAssignableTo(typeof(Core.Orchestration.IOrchestrationEvent)) || t.IsAssignableTo(typeof(Core.Warnings.IWarningEvent)) || t.IsAssignableTo(typeof(Core.Node.IOperatorEvent))));
        Assert.Empty(events.Except(JournalSerializer.BoundTypes));
    }

    [Fact]
    public void A_member_of_a_later_version_is_skipped_and_a_manifest_of_a_later_version_is_refused_by_name()
    {
        var read = (VmEvents.Rebooted)JournalSerializer.Read("""{"at":"2026-01-02T03:04:05+00:00","later":{"x":1}}"""u8, "vm-rebooted.1");
        Assert.Equal(2026, read.At.Year);
        Assert.Contains("vm-rebooted.2", Assert.Throws<SerializationException>(() => JournalSerializer.Read("{}"u8, "vm-rebooted.2")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_name_of_a_type_reaches_the_journal()
    {
        foreach (var sample in JournalSamples.ByManifest.Values)
        {
            Assert.DoesNotContain("DeCloud", Text(sample), StringComparison.Ordinal);
            Assert.DoesNotContain("$type", Text(sample), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_serializer_that_builds_types_by_name_is_replaced()
    {
        var refusing = new RefusingSerializer((ExtendedActorSystem)_system);
        Assert.Equal(1, refusing.Identifier);
        Assert.Throws<SerializationException>(() => refusing.ToBinary(new object()));
        Assert.Throws<SerializationException>(() => refusing.FromBinary("{}"u8.ToArray(), typeof(object)));
    }

    private string Text(object value) => Encoding.UTF8.GetString(new JournalSerializer((ExtendedActorSystem)_system).ToBinary(value));
}
