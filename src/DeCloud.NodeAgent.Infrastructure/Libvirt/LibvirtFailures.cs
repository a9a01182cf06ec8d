using DeCloud.Libvirt;
using DeCloud.Libvirt.Errors;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Infrastructure.Libvirt;

/// <summary>libvirt's errors as failures that can be told.</summary>
internal static class LibvirtFailures
{
    /// <summary>Whether an exception is one of libvirt's that <see cref="Of"/> knows.</summary>
    public static bool IsKnown(Exception exception) =>
        exception is LibvirtException or LibvirtTimeoutException or LibvirtConnectionLostException or LibvirtProtocolException or LibvirtAuthenticationException;

    /// <summary>Whatever kept a session from being opened, the hypervisor is not available.</summary>
    public static FailureException OfConnecting(Exception exception) =>
        FailureException.Transient(FailureCodes.HypervisorUnavailable, Of(exception).Failure.Message, exception);

    public static FailureException Of(Exception exception) => exception switch
    {
        LibvirtConnectionLostException lost => FailureException.Transient(FailureCodes.HypervisorUnavailable, $"libvirt is not connected: {lost.Reason.Message}", lost),
        LibvirtTimeoutException late => FailureException.Transient(FailureCodes.Timeout, $"libvirt did not answer in time: {late.Message}", late),
        LibvirtProtocolException wrong => FailureException.Transient(FailureCodes.HypervisorUnavailable, $"libvirt sent what its protocol does not allow: {wrong.Message}", wrong),
        LibvirtAuthenticationException refused => FailureException.Transient(FailureCodes.HypervisorUnavailable, $"libvirt refuses the agent: {refused.Message}", refused),
        { Message: var said } when said.Contains("failed to create linux AIO context", StringComparison.Ordinal) => FailureException.Transient(
            FailureCodes.HostError, "The VMs that run take all asynchronous reads and writes that the kernel allows, 2,048 each. Raise the limit: sysctl -w fs.aio-max-nr=1048576", exception),
        _ => FailureException.Transient(FailureCodes.HypervisorError, $"libvirt says: {exception.Message}", exception),
    };
}
