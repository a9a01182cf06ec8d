using DeCloud.Libvirt;

namespace DeCloud.NodeAgent.Tests.Libvirt;

public sealed class LibvirtUriTests
{
    [Theory]
    [InlineData("qemu:///system", "qemu:///system", null)]
    [InlineData("qemu+unix:///system?socket=/a/b-sock", "qemu:///system", "/a/b-sock")]
    [InlineData("qemu:///system?socket=/a/b%20c", "qemu:///system", "/a/b c")]
    [InlineData("qemu:///session?socket=/run/user/1000/libvirt/libvirt-sock", "qemu:///session", "/run/user/1000/libvirt/libvirt-sock")]
    [InlineData("test+unix:///default?socket=/s", "test:///default", "/s")]
    public void A_uri_names_a_driver_and_perhaps_a_socket(string text, string driverUri, string? socket)
    {
        var uri = LibvirtUri.Parse(text);
        Assert.Equal(driverUri, uri.DriverUri);
        Assert.Equal(socket, uri.Socket);
        Assert.Equal(uri, LibvirtUri.Parse(uri.ToString()));
    }

    [Fact]
    public void Without_a_socket_the_modular_daemon_is_tried_before_the_monolithic_one()
    {
        Assert.Equal(["/run/libvirt/virtqemud-sock", "/run/libvirt/libvirt-sock"], LibvirtUri.Parse("qemu:///system").SocketCandidates);
        Assert.Equal(["/run/libvirt/libvirt-sock"], LibvirtUri.Parse("test:///default").SocketCandidates);
        Assert.Equal(["/s"], LibvirtUri.Parse("qemu+unix:///system?socket=/s").SocketCandidates);
    }

    [Theory]
    [InlineData("", "not a URI")]
    [InlineData("system", "not a URI")]
    [InlineData("/run/libvirt/libvirt-sock", "not a URI")]
    [InlineData("qemu+ssh:///system", "transport 'ssh'")]
    [InlineData("qemu+unix+x:///system", "scheme")]
    [InlineData("qemu://host/system", "host 'host'")]
    [InlineData("qemu:///system?mode=direct", "parameter 'mode'")]
    [InlineData("qemu:///system?socket=relative", "not an absolute path")]
    [InlineData("qemu:///session", "session")]
    public void A_uri_that_cannot_be_used_says_why(string text, string expected)
    {
        Assert.False(LibvirtUri.TryParse(text, out _, out var problem));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => LibvirtUri.Parse(text));
    }
}
