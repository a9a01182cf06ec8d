using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Packaging;

/// <summary>The package's agent with the user, the groups, the capabilities and the mask of its unit, on a host whose firewall it sets.</summary>
public sealed class UnitIdentityLab : AgentLab
{
    // libvirt asks who its caller is, so it must be somebody: nobody.
    private const string User = "65534";
    private readonly Package _package = new();

    /// <summary>A lab with a network of its own, so that the packet filter can be on.</summary>
    public UnitIdentityLab()
        : base(LibvirtHost.WithOwnNetwork())
    {
    }

    /// <inheritdoc/>
    protected override string[] Settings => ["Network:Isolation=On"];

    /// <inheritdoc/>
    public override async Task InitializeAsync()
    {
        await _package.InitializeAsync();
        await base.InitializeAsync();
    }

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _package.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override AgentProcess Make()
    {
        var rights = string.Concat(_package.UnitSetting("AmbientCapabilities").Select(c => ",+" + c["CAP_".Length..].ToLowerInvariant()));
        Assert.Equal(_package.UnitSetting("AmbientCapabilities"), _package.UnitSetting("CapabilityBoundingSet"));
        return new(Host, StatePath, Settings)
        {
            Program =
            [
                "setpriv", "--reuid=" + User, "--regid=" + User, $"--groups={GroupId("libvirt")},{GroupId("libvirt-qemu")}",
                "--bounding-set=-all" + rights, "--inh-caps=-all" + rights, "--ambient-caps=-all" + rights, "--no-new-privs",
                "sh", "-c", $"umask {Assert.Single(_package.UnitSetting("UMask"))}; exec \"$@\"", "sh", _package.In("usr/lib/decloud/decloud-agent"),
            ],
        };
    }

    /// <inheritdoc/>
    protected override async Task BeforeStartAsync()
    {
        await Package.RunAsync("chown", "-R", $"{User}:{User}", StatePath);
        await Package.RunAsync("chgrp", "libvirt", Host.SocketPath);
    }

    private static string GroupId(string name) => File.ReadLines("/etc/group").Select(l => l.Split(':')).Single(g => g[0] == name)[2];
}

/// <summary>What the unit takes away is nothing that the agent needs.</summary>
public sealed class UnitIdentityTests(UnitIdentityLab lab) : AgentTests(lab), IClassFixture<UnitIdentityLab>
{
    [Fact]
    public async Task A_vm_lives_its_whole_life_under_the_units_user_and_capabilities()
    {
        var status = await File.ReadAllLinesAsync(string.Create(CultureInfo.InvariantCulture, $"/proc/{Lab.Agent.Pid}/status"));
        Assert.Contains(status, l => l.StartsWith("Uid:\t65534\t65534", StringComparison.Ordinal));
        Assert.Contains("NoNewPrivs:\t1", status);

        // CAP_DAC_READ_SEARCH is 2, CAP_NET_ADMIN 12 (capability.h).
        Assert.Contains("CapBnd:\t0000000000001004", status);

        var vm = await Lab.ReadyVmAsync();
        Assert.Contains("decloud-test-guest: ready", await Lab.Api.ConsoleAsync(vm.Id), StringComparison.Ordinal);
        Assert.Contains("table inet decloud_", await Lab.Host.ExecuteInsideAsync("nft", "list", "tables"), StringComparison.Ordinal);
        Assert.StartsWith("RFB 003", await ScreenAsync(vm.Id), StringComparison.Ordinal);

        await Lab.Agent.RestartAsync();
        Assert.Equal("running", (await Lab.Api.VmAsync(vm.Id)).Status.State);
        await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(vm.Id, "stop"));
        await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(vm.Id, "start"));
        await Lab.GuestReadyAsync(vm.Id, 2);
        await Lab.Invariants.AssertAsync();
        await Lab.RemoveAsync(vm.Id);
        await Lab.Invariants.AssertAsync(vm.Id);
    }

    /// <summary>The first words of a VM's screen.</summary>
    private async Task<string> ScreenAsync(Guid id)
    {
        var answer = await Lab.Api.SendAsync(HttpMethod.Post, $"/api/vms/{id}/tickets", """{"kind":"vnc"}""");
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var screen = new ClientWebSocket();
        screen.Options.AddSubProtocol("binary");
        await screen.ConnectAsync(new($"ws://{Lab.Host.Address}:{Lab.Agent.Port}{answer.As(RestJson.Default.ConsoleTicketResource).Path}"), deadline.Token);
        var buffer = new byte[64];
        var received = await screen.ReceiveAsync(buffer, deadline.Token);
        return Encoding.Latin1.GetString(buffer, 0, received.Count);
    }
}
