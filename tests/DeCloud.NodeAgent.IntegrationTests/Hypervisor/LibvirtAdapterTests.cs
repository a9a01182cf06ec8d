using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Xml.Linq;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Libvirt;
using DeCloud.NodeAgent.IntegrationTests.Lab;
using DeCloud.NodeAgent.IntegrationTests.Libvirt;
using DeCloud.NodeAgent.Tests.Hypervisor;

namespace DeCloud.NodeAgent.IntegrationTests.Hypervisor;

/// <summary>What only a real daemon and a real QEMU can show of the adapter.</summary>
public sealed class LibvirtAdapterTests(AdapterLab lab) : IClassFixture<AdapterLab>, IAsyncLifetime
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(2));
    private readonly List<Guid> _made = [];
    private IHypervisorSession _session = null!;

    private CancellationToken Deadline => _deadline.Token;

    public async Task InitializeAsync() => _session = await AdapterLab.Adapter(lab.Options).ConnectAsync(Deadline);

    public async Task DisposeAsync()
    {
        await _session.DisposeAsync();
        await using var connection = await lab.Host.ConnectAsync();
        foreach (var uuid in _made)
        {
            await TinyDomain.RemoveAsync(connection, uuid);
        }

        _deadline.Dispose();
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(4, false)]
    [InlineData(64, true)]
    public async Task Every_form_of_the_domain_keeps_to_libvirts_schema(int vCpus, bool directIo)
    {
        var domain = await lab.PrepareAsync(Guest.Idles) with { VCpus = vCpus };
        _made.Add(domain.Id.Value);
        await using var connection = await lab.Host.ConnectAsync();
        var xml = DomainXml.Build(domain, Acceleration.Emulation, lab.Options with { DirectIo = directIo }).ToString();
        await connection.Domains.DefineAsync(xml, DefineFlags.Validate, Deadline);
    }

    [Fact]
    public async Task A_started_domain_runs_on_the_chain_that_was_spelled_out_and_no_format_is_guessed()
    {
        var domain = await RunningAsync();
        await using var connection = await lab.Host.ConnectAsync();

        var live = XElement.Parse(await connection.Domains.GetXmlAsync(DomainRef.Of(domain.Id.Value)));

        var disks = live.Element("devices")!.Elements("disk").ToArray();
        Assert.Equal(
            [("vda", "qcow2", domain.Paths.Disk), ("vdb", "raw", domain.Paths.Seed)],
            disks.Select(d => (At(d, "target", "dev"), At(d, "driver", "type"), At(d, "source", "file"))));
        var backing = disks[0].Element("backingStore")!;
        Assert.Equal(("qcow2", domain.BaseImage), (At(backing, "format", "type"), At(backing, "source", "file")));
        Assert.Empty(backing.Element("backingStore")!.Elements());
        Assert.Empty(disks[1].Element("backingStore")!.Elements());
        Assert.NotNull(disks[1].Element("readonly"));
        Assert.Equal(["enospace", "unmap", "1"], new[] { "error_policy", "discard", "iothread" }.Select(name => At(disks[0], "driver", name)));
        Assert.Equal(lab.Options.DirectIo ? "none" : "writeback", At(disks[0], "driver", "cache"));
        Assert.Equal(domain.MacAddress, live.Descendants("mac").Single().Attribute("address")!.Value);
        Assert.Equal("qemu", live.Attribute("type")!.Value);

        // What QEMU itself was told: no drive of it is probed for its format.
        var command = (await File.ReadAllTextAsync($"/proc/{lab.Host.QemuPid(domain.Id.DomainName)}/cmdline", Deadline)).Split('\0');
        var images = command.Where(a => a.Contains("\"node-name\"", StringComparison.Ordinal) && a.Contains("-format\"", StringComparison.Ordinal)).ToArray();
        Assert.Equal(3, images.Length);
        Assert.All(images, image => Assert.Matches("\"driver\":\"(qcow2|raw)\"", image));

        static string At(XElement parent, string element, string attribute) => parent.Element(element)!.Attribute(attribute)!.Value;
    }

    [Fact]
    public async Task The_vnc_socket_of_a_running_domain_speaks_vnc_to_whoever_reaches_it()
    {
        var domain = await RunningAsync();

        var path = Assert.IsType<string>(await _session.VncSocketAsync(domain.Id, Deadline));

        Assert.StartsWith("/var/lib/libvirt/qemu/", path, StringComparison.Ordinal);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(await lab.Host.OutsideAsync(path)), Deadline);
        var greeting = new byte[4];
        await using var stream = new NetworkStream(socket);
        await stream.ReadExactlyAsync(greeting, Deadline);
        Assert.Equal("RFB ", Encoding.ASCII.GetString(greeting));

        await _session.DestroyAsync(domain.Id, Deadline);
        Assert.Null(await _session.VncSocketAsync(domain.Id, Deadline));
    }

    [Fact]
    public async Task The_console_is_logged_where_the_agent_reads_it()
    {
        var domain = await RunningAsync();

        Assert.True(File.Exists(domain.Paths.ConsoleLog));
    }

    [Fact]
    public async Task A_hundred_domains_are_listed_in_one_call()
    {
        var spec = await lab.PrepareAsync(Guest.Idles);
        for (var i = 0; i < 100; i++)
        {
            var id = VmId.New();
            _made.Add(id.Value);
            await _session.DefineAsync(spec with { Id = id }, Deadline);
        }

        var list = await _session.ListAsync(Deadline);
        Assert.Equal(_made.Order(), list.Where(d => d.State == PowerState.Stopped).Select(d => d.Id).Order());

        var bulk = await BestOfFiveAsync(() => _session.ListAsync(Deadline));
        var single = await BestOfFiveAsync(async () =>
        {
            foreach (var uuid in _made)
            {
                await _session.LookAsync(new(uuid), Deadline);
            }
        });
        Assert.True(bulk * 3 < single, $"a list took {bulk.TotalMilliseconds} ms, a hundred looks {single.TotalMilliseconds} ms");
    }

    [Fact]
    public async Task Calls_on_a_hung_daemon_end_by_their_deadline_and_then_the_session_is_given_up()
    {
        var domain = await DefinedAsync();
        await using var session = await AdapterLab.Adapter(lab.Options with { CallDeadline = TimeSpan.FromSeconds(1), SlowCallDeadline = TimeSpan.FromSeconds(2) }).ConnectAsync(Deadline);
        await lab.Host.PauseLibvirtdAsync();
        try
        {
            var clock = Stopwatch.StartNew();
            foreach (var call in new Func<Task>[]
            {
                () => session.LookAsync(domain.Id, Deadline), () => session.ListAsync(Deadline), () => session.StartAsync(domain.Id, Deadline), () => session.VncSocketAsync(domain.Id, Deadline),
            })
            {
                clock.Restart();
                var failure = (await Assert.ThrowsAsync<FailureException>(call)).Failure;
                Assert.Contains(failure.Code, new[] { FailureCodes.Timeout, FailureCodes.HypervisorUnavailable });
                Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
            }

            Assert.NotEmpty(await session.Closed.WaitAsync(TimeSpan.FromSeconds(15), Deadline));
            var lost = await Assert.ThrowsAsync<FailureException>(() => session.LookAsync(domain.Id, Deadline));
            Assert.Equal(FailureCodes.HypervisorUnavailable, lost.Failure.Code);

            clock.Restart();
            var unreachable = await Assert.ThrowsAsync<FailureException>(() => AdapterLab.Adapter(lab.Options).ConnectAsync(Deadline));
            Assert.Equal((FailureCodes.HypervisorUnavailable, false), (unreachable.Failure.Code, unreachable.Failure.IsPermanent));
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
        }
        finally
        {
            await lab.Host.ResumeLibvirtdAsync();
        }

        await using var again = await AdapterLab.Adapter(lab.Options).ConnectAsync(Deadline);
        Assert.NotNull(await again.LookAsync(domain.Id, Deadline));
    }

    [Fact]
    public async Task A_hung_machine_holds_up_its_own_calls_alone()
    {
        var hung = await RunningAsync();
        var other = await DefinedAsync();
        await using var session = await AdapterLab.Adapter(lab.Options with { CallDeadline = TimeSpan.FromSeconds(1) }).ConnectAsync(Deadline);
        var pid = lab.Host.QemuPid(hung.Id.DomainName);
        await LibvirtHost.SignalAsync("STOP", pid);
        try
        {
            var late = await Assert.ThrowsAsync<FailureException>(() => session.SuspendAsync(hung.Id, Deadline));
            Assert.Equal(FailureCodes.Timeout, late.Failure.Code);

            await session.StartAsync(other.Id, Deadline);
            Assert.Equal(PowerState.Running, (await session.LookAsync(other.Id, Deadline))!.State);
            Assert.Equal(PowerState.Running, (await session.ListAsync(Deadline)).Single(d => d.Id == hung.Id.Value).State);
            Assert.False(session.Closed.IsCompleted);
        }
        finally
        {
            await LibvirtHost.SignalAsync("CONT", pid);
        }
    }

    

    private static async Task<TimeSpan> BestOfFiveAsync(Func<Task> measured)
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var since = Stopwatch.GetTimestamp();
            await measured();
            var took = Stopwatch.GetElapsedTime(since);
            best = took < best ? took : best;
        }

        return best;
    }

    private async Task<DomainSpec> DefinedAsync()
    {
        var domain = await lab.PrepareAsync(Guest.Idles);
        _made.Add(domain.Id.Value);
        await _session.DefineAsync(domain, Deadline);
        return domain;
    }

    private async Task<DomainSpec> RunningAsync()
    {
        var domain = await DefinedAsync();
        await _session.StartAsync(domain.Id, Deadline);
        return domain;
    }
}
