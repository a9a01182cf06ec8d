using DeCloud.Libvirt;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Libvirt;

namespace DeCloud.NodeAgent.Tests.Hypervisor;

/// <summary>What libvirt complains of, as it is told.</summary>
public sealed class LibvirtFailuresTests
{
    [Fact]
    public void A_QEMU_that_gets_no_asynchronous_requests_is_told_with_what_to_do()
    {
        var failure = Of("internal error: qemu unexpectedly closed the monitor: -blockdev {\"driver\":\"file\"}: Unable to use native AIO: failed to create linux AIO context: Resource temporarily unavailable");
        Assert.Equal((FailureCodes.HostError, false), (failure.Code, failure.IsPermanent));
        Assert.Contains("sysctl -w fs.aio-max-nr=1048576", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Anything_else_is_told_in_libvirts_words() => Assert.Equal((FailureCodes.HypervisorError, "libvirt says: no such thing"), (Of("no such thing").Code, Of("no such thing").Message));

    private static Failure Of(string message) =>
        LibvirtFailures.Of(new LibvirtException(LibvirtErrorCode.InternalError, LibvirtErrorDomain.Qemu, LibvirtErrorLevel.Error, message)).Failure;
}
