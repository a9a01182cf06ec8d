using System.Text;
using System.Text.Json.Nodes;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Core.Remote;

namespace DeCloud.NodeAgent.Tests.Remote;

public sealed class RemoteWireTests
{
    public static TheoryData<string> Manifests => [.. RemoteWire.Manifests.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Manifests))]
    public void What_version_1_sent_is_read_as_it_was_meant(string manifest)
    {
        var read = RemoteWire.Read(Stored(manifest), manifest);

        Assert.Equal(Text(RemoteSamples.ByManifest[manifest]), Text(read));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void What_this_version_sends_a_node_of_version_1_understands(string manifest)
    {
        var sent = JsonNode.Parse(RemoteWire.Write(RemoteSamples.ByManifest[manifest]))!.AsObject();
        var known = JsonNode.Parse(Stored(manifest))!.AsObject();

        Assert.Equal(manifest, RemoteWire.ManifestOf(RemoteSamples.ByManifest[manifest]));
        foreach (var (name, value) in known)
        {
            Assert.True(JsonNode.DeepEquals(value, sent[name]), $"{manifest}: '{name}' was {value?.ToJsonString()} and is {sent[name]?.ToJsonString()}");
        }
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void A_member_of_a_later_version_is_skipped(string manifest)
    {
        var later = JsonNode.Parse(Stored(manifest))!.AsObject();
        later["addedLater"] = new JsonObject { ["x"] = new JsonArray(1, 2) };

        Assert.Equal(Text(RemoteSamples.ByManifest[manifest]), Text(RemoteWire.Read(Encoding.UTF8.GetBytes(later.ToJsonString()), manifest)));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void A_member_that_an_earlier_version_did_not_have_takes_its_default(string manifest)
    {
        var read = RemoteWire.Read("{}"u8, manifest);

        Assert.Equal(RemoteWire.Manifests[manifest], read.GetType());
        Assert.All(read.GetType().GetProperties().Where(p => p.PropertyType == typeof(string) && new System.Reflection.NullabilityInfoContext().Create(p).WriteState == System.Reflection.NullabilityState.NotNull), p => Assert.NotNull(p.GetValue(read)));
    }

    [Theory]
    [InlineData("attach.2", "{}")]
    [InlineData("", "{}")]
    [InlineData("System.Object, System.Private.CoreLib", "{\"$type\":\"System.IO.FileInfo\"}")]
    [InlineData("attach.1", "")]
    [InlineData("attach.1", "null")]
    [InlineData("attach.1", "{\"session\":null}")]
    [InlineData("attach.1", "{\"orchestrator\":null}")]
    [InlineData("attach.1", "{\"orchestrator\":\"\\ud800\"}")]
    [InlineData("attach.1", "{\"epoch\":1,\"epoch\":2}")]
    [InlineData("attach.1", "{\"epoch\":1e400}")]
    [InlineData("vm-event.1", "{\"data\":[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]}")]
    public void What_can_not_be_understood_is_told_and_never_thrown(string manifest, string json) =>
        Assert.IsType<Unintelligible>(RemoteWire.Read(Encoding.UTF8.GetBytes(json), manifest));

    [Fact]
    public void No_name_of_a_type_crosses_the_wire()
    {
        foreach (var sample in RemoteSamples.ByManifest.Values)
        {
            Assert.DoesNotContain("DeCloud", Text(sample), StringComparison.Ordinal);
            Assert.DoesNotContain("$type", Text(sample), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_message_has_a_manifest_and_a_stored_form()
    {
        var messages = typeof(IRemoteMessage).Assembly.GetTypes().Where(t => !t.IsAbstract && t.IsAssignableTo(typeof(IRemoteMessage)) && t != typeof(Unintelligible));

        Assert.Empty(messages.Except(RemoteWire.Manifests.Values));
        Assert.Equal(RemoteWire.Manifests.Keys.Order(StringComparer.Ordinal), RemoteSamples.ByManifest.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>What an agent stored under a command's id before it knew of traces must be what it reckons now, or a command that comes again after an upgrade would be another.</summary>
    [Theory]
    [InlineData("start-vm.1", "{\"commandId\":\"c-2\",\"vmId\":\"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee\"}")]
    [InlineData("stop-vm.1", "{\"commandId\":\"c-3\",\"vmId\":\"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee\",\"force\":true}")]
    [InlineData("drain.1", "{\"commandId\":\"c-7\",\"isOn\":true}")]
    public void What_a_command_is_remembered_by_is_the_same_with_a_trace_and_without(string manifest, string bare)
    {
        var plain = (IRemoteCommand)RemoteSamples.ByManifest[manifest];
        var traced = JsonNode.Parse(Stored(manifest))!.AsObject();
        traced["traceParent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var read = (IRemoteCommand)RemoteWire.Read(Encoding.UTF8.GetBytes(traced.ToJsonString()), manifest);

        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", read.TraceParent);
        var expected = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"{manifest}\n{bare}")));
        Assert.Equal((expected, expected), (RemoteCommands.RequestOf(plain, "o").BodyHash, RemoteCommands.RequestOf(read, "o").BodyHash));
    }

    [Fact]
    public void Every_command_can_be_traced_and_is_the_same_without()
    {
        foreach (var command in RemoteSamples.ByManifest.Where(s => s.Value is IRemoteCommand and not Report))
        {
            var traced = JsonNode.Parse(RemoteWire.Write(command.Value))!.AsObject();
            traced["traceParent"] = "x";
            var read = (IRemoteCommand)RemoteWire.Read(Encoding.UTF8.GetBytes(traced.ToJsonString()), command.Key);
            Assert.Equal("x", read.TraceParent);
            Assert.Equal(RemoteCommands.RequestOf((IRemoteCommand)command.Value, "o"), RemoteCommands.RequestOf(read, "o"));
        }
    }

    private static byte[] Stored(string manifest) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", "remote-v1", $"{manifest}.json"));

    private static string Text(IRemoteMessage message) => Encoding.UTF8.GetString(RemoteWire.Write(message));
}
