using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Tests.ServiceManager;

/// <summary>What goes over the service manager's socket.</summary>
public sealed class NotifySocketTests
{
    private const int Own = 4242;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_told_arrives_as_one_datagram(bool isAbstract)
    {
        using var manager = new ManagerSocket(isAbstract);
        using var socket = Find(manager.Address)!;

        Assert.True(socket.Ready("3 running"));
        Assert.Equal("READY=1\nSTATUS=3 running", await manager.HearAsync());
        Assert.True(socket.Beat());
        Assert.Equal("WATCHDOG=1", await manager.HearAsync());
        Assert.True(socket.Stopping());
        Assert.StartsWith("STOPPING=1\nSTATUS=", await manager.HearAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_status_stays_one_line_of_bounded_length()
    {
        using var manager = new ManagerSocket();
        using var socket = Find(manager.Address)!;

        socket.Status("libvirt lost\nMAINPID=1\0" + new string('x', 1000));

        var heard = await manager.HearAsync();
        Assert.StartsWith("STATUS=libvirt lost MAINPID=1 xxx", heard, StringComparison.Ordinal);
        Assert.Equal("STATUS=".Length + NotifySocket.MostStatusCharacters, heard.Length);
    }

    [Theory]
    [InlineData("20000000", null, 20_000)]
    [InlineData("20000000", "", 20_000)]
    [InlineData("20000000", "4242", 20_000)]
    [InlineData("20000000", "1", null)]
    [InlineData("0", null, null)]
    [InlineData("-5", null, null)]
    [InlineData("soon", null, null)]
    [InlineData("99999999999999999999", null, null)]
    [InlineData(null, "4242", null)]
    public void The_watchdog_is_the_one_that_is_meant_for_this_process(string? microseconds, string? process, int? milliseconds)
    {
        using var socket = Find("/run/nobody", microseconds, process)!;

        Assert.Equal(milliseconds is { } expected ? TimeSpan.FromMilliseconds(expected) : null, socket.Watchdog);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("relative/path")]
    [InlineData("vsock:2:1234")]
    public void Without_an_address_there_is_no_manager(string? address) => Assert.Null(Find(address));

    [Fact]
    public void A_manager_that_has_gone_is_no_fault()
    {
        string address;
        using (var manager = new ManagerSocket())
        {
            address = manager.Address;
        }

        using var socket = Find(address)!;
        Assert.False(socket.Beat());
    }

    [Fact]
    public void A_manager_that_does_not_listen_keeps_nobody_waiting()
    {
        using var manager = new ManagerSocket();
        using var socket = Find(manager.Address)!;

        // The kernel keeps a bounded number of datagrams (net.unix.max_dgram_qlen).
        var told = Enumerable.Range(0, 100_000).TakeWhile(_ => socket.Beat()).Count();

        Assert.InRange(told, 1, 99_999);
    }

    private static NotifySocket? Find(string? address, string? watchdog = null, string? process = null) => NotifySocket.Find(
        name => name switch { "NOTIFY_SOCKET" => address, "WATCHDOG_USEC" => watchdog, "WATCHDOG_PID" => process, _ => null }, Own);
}
