using System.Net;
using DeCloud.Libvirt.Domains;
using DeCloud.NodeAgent.IntegrationTests.Libvirt;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>Domains that the agent did not make.</summary>
public sealed class ForeignDomainTests(AgentLab lab) : AgentTests(lab), IClassFixture<AgentLab>
{
    [Fact]
    public async Task A_foreign_domain_is_shown_and_never_touched()
    {
        var uuid = Guid.NewGuid();
        var observer = await Lab.ObserverAsync();
        var foreign = await observer.Domains.DefineAsync(TinyDomain.Xml("somebody-elses", uuid).ToString());
        await observer.Domains.StartAsync(foreign);
        try
        {
            var qemu = Assert.Single(Lab.Invariants.QemusOf(uuid));
            await Patience.UntilAsync("the foreign domain is listed", TimeSpan.FromSeconds(5), ShownAsync);
            Assert.Equal(1, (await Lab.Api.NodeAsync()).ForeignDomains);
            Assert.Equal(HttpStatusCode.NotFound, (await Lab.Api.SendAsync(HttpMethod.Get, $"/api/vms/{uuid}")).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await Lab.Api.SendAsync(HttpMethod.Delete, $"/api/vms/{uuid}")).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await Lab.Api.TryChangeAsync(uuid, "stop?force=true")).Status);
            var taken = await Lab.Api.TryCreateAsync(Lab.Small() with { Id = uuid });
            Assert.Equal((HttpStatusCode.Conflict, "foreign-domain"), (taken.Status, taken.Code));

            await Lab.Agent.RestartAsync();
            Assert.True(await ShownAsync());
            taken = await Lab.Api.TryCreateAsync(Lab.Small() with { Id = uuid });
            Assert.Equal((HttpStatusCode.Conflict, "foreign-domain"), (taken.Status, taken.Code));
            var own = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64))))!;
            await Lab.RemoveAsync(own.Id);

            Assert.Equal([qemu], Lab.Invariants.QemusOf(uuid));
            Assert.Equal(DomainState.Running, (await observer.Domains.GetStatusAsync(foreign)).State);
            await Lab.Invariants.AssertAsync(own.Id);
        }
        finally
        {
            await TinyDomain.RemoveAsync(observer, uuid);
        }

        await Patience.UntilAsync("the list is empty again", TimeSpan.FromSeconds(5), async () => (await Lab.Api.ForeignAsync()).Count == 0);

        async Task<bool> ShownAsync() => (await Lab.Api.ForeignAsync()).Any(d => d.Id == uuid && d is { Name: "somebody-elses", State: "running" });
    }
}
