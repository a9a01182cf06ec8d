using DeCloud.Libvirt.Connection;

namespace DeCloud.NodeAgent.Tests.Libvirt;

public sealed class KeepAliveClockTests
{
    [Fact]
    public void It_asks_count_times_and_then_gives_up()
    {
        var clock = new KeepAliveClock(3);
        Assert.Equal(
            [KeepAliveStep.Nothing, KeepAliveStep.Ping, KeepAliveStep.Ping, KeepAliveStep.Ping, KeepAliveStep.GiveUp],
            Enumerable.Range(0, 5).Select(_ => clock.Tick()));
    }

    [Fact]
    public void Any_sign_of_life_begins_anew()
    {
        var clock = new KeepAliveClock(1);
        clock.Tick();
        Assert.Equal(KeepAliveStep.Ping, clock.Tick());
        clock.Heard();
        Assert.Equal(KeepAliveStep.Nothing, clock.Tick());
        Assert.Equal(KeepAliveStep.Ping, clock.Tick());
        Assert.Equal(KeepAliveStep.GiveUp, clock.Tick());
    }
}
