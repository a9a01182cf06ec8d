using System.Xml.Linq;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Libvirt;

[Collection(LibvirtHostCollection.Name)]
public sealed class DomainContractTests(LibvirtHost host) : IAsyncLifetime
{
    private const string Namespace = "https://example.org/tests/1";

    private readonly Guid _uuid = Guid.NewGuid();
    private LibvirtConnection _connection = null!;

    private string Name => "t-" + _uuid.ToString("n")[..8];

    private LibvirtDomains Domains => _connection.Domains;

    public async Task InitializeAsync() => _connection = await host.ConnectAsync();

    public async Task DisposeAsync()
    {
        await TinyDomain.RemoveAsync(_connection, _uuid);
        await _connection.DisposeAsync();
    }

    [Fact]
    public async Task A_domain_lives_its_whole_life()
    {
        var defined = await DefineAsync();
        Assert.Equal(new DomainRef(Name, _uuid, DomainRef.NotRunning), defined);
        Assert.Equal(DomainState.ShutOff, (await Domains.GetStatusAsync(defined)).State);

        var started = await Domains.StartAsync(defined, StartFlags.Paused);
        Assert.True(started.WasRunning);
        Assert.Equal(DomainStateReason.PausedByUser, (await Domains.GetStatusAsync(defined)).Reason);

        await Domains.ResumeAsync(defined);
        Assert.Equal(DomainStateReason.RunningUnpaused, (await Domains.GetStatusAsync(defined)).Reason);

        await Domains.SuspendAsync(defined);
        Assert.Equal(DomainStateReason.PausedByUser, (await Domains.GetStatusAsync(defined)).Reason);
        await Domains.ResumeAsync(defined);

        await Domains.ResetAsync(defined);
        await Domains.ShutdownAsync(defined, ShutdownFlags.AcpiPowerButton);
        await Domains.RebootAsync(defined, ShutdownFlags.AcpiPowerButton);
        Assert.Equal(DomainState.Running, (await Domains.GetStatusAsync(defined)).State);

        await Domains.DestroyAsync(defined);
        Assert.Equal(new DomainStatus(DomainState.ShutOff, DomainStateReason.ShutOffDestroyed), await Domains.GetStatusAsync(defined));

        await Domains.UndefineAsync(defined, UndefineFlags.ManagedSave | UndefineFlags.SnapshotsMetadata);
        Assert.Null(await Domains.FindAsync(_uuid));
    }

    [Fact]
    public async Task A_domain_is_found_by_uuid_by_name_and_in_lists()
    {
        var domain = await DefineAsync();

        Assert.Equal(domain, await Domains.FindAsync(_uuid));
        Assert.Equal(domain, await Domains.FindAsync(Name));
        Assert.Null(await Domains.FindAsync(Guid.NewGuid()));
        Assert.Null(await Domains.FindAsync("no-such-domain"));
        Assert.Contains(domain, await Domains.ListAsync());
        Assert.Contains(domain, await Domains.ListAsync(DomainListFlags.Inactive | DomainListFlags.Persistent));
        Assert.DoesNotContain(domain, await Domains.ListAsync(DomainListFlags.Active));
    }

    [Fact]
    public async Task A_uuid_goes_over_the_wire_in_the_order_it_is_written_in()
    {
        var domain = await DefineAsync();

        var xml = XElement.Parse(await Domains.GetXmlAsync(domain, DomainXmlFlags.Inactive | DomainXmlFlags.Secure));

        Assert.Equal(_uuid.ToString(), xml.Element("uuid")!.Value);
        Assert.Equal(Name, xml.Element("name")!.Value);
    }

    [Fact]
    public async Task Errors_carry_the_code_and_domain_of_libvirt()
    {
        var missing = DomainRef.Of(Guid.NewGuid());
        var error = await Assert.ThrowsAsync<LibvirtException>(() => Domains.GetStatusAsync(missing));
        Assert.Equal(LibvirtErrorCode.NoDomain, error.Code);
        Assert.Equal(LibvirtErrorDomain.Qemu, error.Domain);
        Assert.Equal(LibvirtErrorLevel.Error, error.Level);
        Assert.Contains(missing.Uuid.ToString(), error.Message, StringComparison.Ordinal);

        var domain = await DefineAsync();
        error = await Assert.ThrowsAsync<LibvirtException>(() => Domains.DestroyAsync(domain));
        Assert.Equal(LibvirtErrorCode.OperationInvalid, error.Code);

        await Domains.StartAsync(domain, StartFlags.Paused);
        error = await Assert.ThrowsAsync<LibvirtException>(() => Domains.StartAsync(domain));
        Assert.Equal(LibvirtErrorCode.OperationInvalid, error.Code);

        error = await Assert.ThrowsAsync<LibvirtException>(() => Domains.DefineAsync("<domain"));
        Assert.Equal(LibvirtErrorCode.XmlDetail, error.Code);

        error = await Assert.ThrowsAsync<LibvirtException>(() =>
            Domains.DefineAsync(TinyDomain.Xml(Name, Guid.NewGuid()).ToString()));
        Assert.Equal(LibvirtErrorCode.OperationFailed, error.Code);

        error = await Assert.ThrowsAsync<LibvirtException>(() =>
            Domains.DefineAsync(TinyDomain.Xml("invalid", Guid.NewGuid(), new XElement("nonsense")).ToString(), DefineFlags.Validate));
        Assert.Equal(LibvirtErrorCode.XmlInvalidSchema, error.Code);
    }

    [Fact]
    public async Task Metadata_is_set_replaced_read_and_removed()
    {
        var domain = await DefineAsync();
        Assert.Null(await Domains.GetMetadataAsync(domain, Namespace));

        await Domains.SetMetadataAsync(domain, "<node version='1'/>", "t", Namespace, DomainModification.Config);
        await Domains.SetMetadataAsync(domain, "<node version='2'/>", "t", Namespace, DomainModification.Config);
        var element = XElement.Parse((await Domains.GetMetadataAsync(domain, Namespace))!);
        Assert.Equal("2", element.Attribute("version")!.Value);

        await Domains.SetMetadataAsync(domain, null, "t", Namespace, DomainModification.Config);
        Assert.Null(await Domains.GetMetadataAsync(domain, Namespace));
    }

    [Fact]
    public async Task Statistics_of_all_domains_come_in_one_call()
    {
        var domain = await DefineAsync();
        await Domains.StartAsync(domain, StartFlags.Paused);

        var all = await Domains.GetStatsAsync(DomainStatsGroups.State | DomainStatsGroups.Interface);
        var mine = Assert.Single(all, stats => stats.Domain.Uuid == _uuid);
        Assert.Equal(
            new DomainStatus(DomainState.Paused, DomainStateReason.PausedByUser), DomainStatus.From(mine.Parameters));
        Assert.Equal(0ul, mine.Parameters.UInt64("net.count"));

        var named = await Domains.GetStatsAsync(DomainStatsGroups.Everything, DomainStatsFlags.NoWait, [domain]);
        var everything = Assert.Single(named).Parameters;
        Assert.True(everything.UInt64("cpu.time") > 0);
        Assert.Equal(1ul, everything.UInt64("vcpu.current"));
        Assert.Equal(32ul * 1024, everything.UInt64("balloon.maximum"));

        Assert.Empty(await Domains.GetStatsAsync(DomainStatsGroups.State, domains: []));
        Assert.DoesNotContain(
            await Domains.GetStatsAsync(DomainStatsGroups.State, DomainStatsFlags.Inactive), stats => stats.Domain.Uuid == _uuid);
    }

    [Fact]
    public async Task A_disk_is_measured_and_grown_while_the_domain_runs()
    {
        const int Size = 1024 * 1024;
        var domain = await DefineAsync(TinyDomain.EmptyDisk(host, Size));
        await Domains.StartAsync(domain, StartFlags.Paused);

        var before = await Domains.GetBlockInfoAsync(domain, "vda");
        Assert.Equal((ulong)Size, before.CapacityBytes);
        Assert.Equal((ulong)Size, before.PhysicalBytes);

        await Domains.ResizeBlockAsync(domain, "vda", 3 * Size);
        Assert.Equal(3ul * Size, (await Domains.GetBlockInfoAsync(domain, "vda")).CapacityBytes);
    }

    [Fact]
    public async Task An_agent_that_is_not_there_is_a_typed_error()
    {
        var domain = await DefineAsync(TinyDomain.AgentChannel());
        await Domains.StartAsync(domain);

        var error = await Assert.ThrowsAsync<LibvirtException>(() =>
            Domains.RunAgentCommandAsync(domain, """{"execute":"guest-ping"}""", TimeSpan.FromSeconds(1)));
        Assert.Equal(LibvirtErrorCode.AgentUnresponsive, error.Code);
        error = await Assert.ThrowsAsync<LibvirtException>(() => Domains.GetInterfaceAddressesAsync(domain, AddressSource.Agent));
        Assert.Equal(LibvirtErrorCode.AgentUnresponsive, error.Code);
    }

    private Task<DomainRef> DefineAsync(params XElement[] devices) =>
        Domains.DefineAsync(TinyDomain.Xml(Name, _uuid, devices).ToString());
}
