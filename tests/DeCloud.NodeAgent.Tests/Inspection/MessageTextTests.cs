using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Serialization;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Vms;

namespace DeCloud.NodeAgent.Tests.Inspection;

public sealed class MessageTextTests
{
    [Fact]
    public void A_create_tells_its_vm_and_its_request_and_nothing_that_the_tenant_wrote()
    {
        var id = VmId.New();
        var create = Samples.Create(id, "key-1") with { UserData = "#cloud-config s3cret"u8.ToArray() };

        var text = MessageText.Of(create);

        Assert.Contains(id.ToString(), text, StringComparison.Ordinal);
        Assert.Contains("key-1", text, StringComparison.Ordinal);
        foreach (var secret in new[] { create.Spec.Name, create.Spec.ImageUrl, create.Spec.SshPublicKey }.OfType<string>().Where(s => s.Length > 0))
        {
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("s3cret", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_is_told_by_its_code()
    {
        var text = MessageText.Of(new RestartReply(new Failure(FailureCodes.ActorBusy, "with the tenant's words", false)));

        Assert.Equal("Refusal=actor-busy", text);
    }

    [Fact]
    public void Names_are_those_of_the_code_and_texts_are_bounded_and_plain()
    {
        Assert.Equal("VmCommands.Create", MessageText.NameOf(typeof(VmCommands.Create)));
        Assert.Equal("List", MessageText.NameOf(typeof(List<int>)));
        Assert.Equal("a  b…", MessageText.Bounded("a\u001b\nbcd", 4));
        Assert.Equal("", MessageText.Of("a text is no message of ours"));
    }

    [Fact]
    public void Every_event_of_the_journal_can_be_told_within_bounds() =>
        Assert.All(JournalSerializer.BoundTypes, type => Assert.InRange(MessageText.Of(System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type)).Length, 0, 501));

    [Fact]
    public void A_request_is_told_by_who_asked_and_its_key() =>
        Assert.Contains("Request=api:key", MessageText.Of(new VmCommands.Change(VmId.New(), VmChange.Start, new Request("key", "hash", "api"))), StringComparison.Ordinal);
}
