using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Libvirt;
using DeCloud.NodeAgent.IntegrationTests.Lab;
using DeCloud.NodeAgent.IntegrationTests.Libvirt;
using DeCloud.NodeAgent.Tests.Hypervisor;

namespace DeCloud.NodeAgent.IntegrationTests.Hypervisor;

/// <summary>The contract, kept by the adapter on a real libvirt with real QEMUs.</summary>
public sealed class LibvirtHypervisorTests(AdapterLab lab) : HypervisorContract, IClassFixture<AdapterLab>
{
    private readonly List<Guid> _made = [];

    protected override IHypervisor Hypervisor { get; } = AdapterLab.Adapter(lab.Options);

    protected override IHypervisor WithoutAcceleration { get; } = AdapterLab.Adapter(lab.Options with { AllowEmulation = false });

    private LibvirtHost Host => lab.Host;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await using var connection = await Host.ConnectAsync();
        foreach (var uuid in _made)
        {
            await TinyDomain.RemoveAsync(connection, uuid);
        }
    }

    protected override async Task<DomainSpec> PrepareAsync(Guest guest)
    {
        var domain = await lab.PrepareAsync(guest);
        _made.Add(domain.Id.Value);
        return domain;
    }

    /// <summary>A boot sector acts by itself.</summary>
    protected override Task LetActAsync(VmId id, Guest guest) => Task.CompletedTask;

    protected override Task KillAsync(VmId id) => LibvirtHost.SignalAsync("KILL", Host.QemuPid(id.DomainName));

    protected override async Task PlantForeignAsync(Guid id, string name)
    {
        _made.Add(id);
        await using var connection = await Host.ConnectAsync();
        var domain = await connection.Domains.DefineAsync(TinyDomain.Xml(name, id).ToString());
        await connection.Domains.StartAsync(domain, StartFlags.Paused);
    }

    protected override async Task<string> DescribeAsync(Guid id)
    {
        await using var connection = await Host.ConnectAsync();
        var domain = Assert.IsType<DomainRef>(await connection.Domains.FindAsync(id));
        var live = await connection.Domains.GetXmlAsync(domain, DomainXmlFlags.Secure);
        var kept = await connection.Domains.GetXmlAsync(domain, DomainXmlFlags.Secure | DomainXmlFlags.Inactive);
        return $"{domain} {await connection.Domains.GetStatusAsync(domain)}\n{live}\n{kept}";
    }

    protected override Task TakeAwayAsync() => Host.StopLibvirtdAsync();

    protected override Task BringBackAsync() => Host.StartLibvirtdAsync();

    [Fact]
    public async Task A_running_domain_that_somebody_undefines_is_not_told_as_removed()
    {
        var domain = await RunningAsync();
        await using var connection = await Host.ConnectAsync();
        await connection.Domains.UndefineAsync(DomainRef.Of(domain.Id.Value));
        await Session.DefineAsync(domain, Deadline);
        await Session.SuspendAsync(domain.Id, Deadline);

        DomainEvent happened;
        var hasRun = false;
        do
        {
            happened = await NextAsync(domain.Id);
            hasRun |= happened.Status?.State == PowerState.Running;
            Assert.False(hasRun && happened.Status is { State: PowerState.Absent or PowerState.Stopped }, $"{happened}");
        }
        while (happened.Status?.State != PowerState.Paused);

        await AssertIsAsync(domain.Id, PowerState.Paused);
    }

    [Fact]
    public async Task A_domain_that_somebody_renames_is_not_told_as_removed()
    {
        var domain = await DefinedAsync();
        await Host.ExecuteInsideAsync("virsh", "-q", "-c", $"{Host.Uri}", "domrename", domain.Id.DomainName, $"renamed-{domain.Id}");
        await Session.StartAsync(domain.Id, Deadline);

        DomainEvent happened;
        do
        {
            happened = await NextAsync(domain.Id);
            Assert.NotEqual(DomainEventKind.Removed, happened.Kind);
        }
        while (happened.Status?.State != PowerState.Running);
    }
}
