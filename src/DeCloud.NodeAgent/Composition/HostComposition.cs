using System.Runtime.Versioning;
using DeCloud.Libvirt;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Infrastructure;
using DeCloud.NodeAgent.Infrastructure.Libvirt;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Composition;

/// <summary>The one place where the agent chooses between the operating systems it runs on.</summary>
internal static class HostComposition
{
    /// <summary>Adds the ports' implementations for this machine's operating system.</summary>
    /// <exception cref="PlatformNotSupportedException">It is neither Linux nor Windows.</exception>
    public static IServiceCollection AddHost(this IServiceCollection services, NodeOptions options) =>
        OperatingSystem.IsLinux() ? services.AddLinux(options)
        : OperatingSystem.IsWindows() ? services.AddWindowsHost(options.StatePath)
        : throw new PlatformNotSupportedException("The agent runs on Linux and Windows only.");

    [SupportedOSPlatform("linux")]
    private static IServiceCollection AddLinux(this IServiceCollection services, NodeOptions options)
    {
        PassableFolder.Ensure(options.Libvirt.VmStoragePath);
        return services
            .AddLibvirt(Libvirt(options))
            .AddHostFiles(NodeComposition.Images(options), new() { VmFolder = options.Libvirt.VmStoragePath, ImageFolder = options.Libvirt.ImageCachePath })
            .AddHostResources(new(options.Libvirt.VmStoragePath, options.Libvirt.ImageCachePath))
            .AddPacketFilter(new() { Table = options.Network.Table, RangeStart = options.Ports.RangeStart, RangeEnd = options.Ports.RangeEnd })
            .AddOverlayBridge(options.Network.Table + "_overlay");
    }

    [SupportedOSPlatform("linux")]
    private static LibvirtHypervisorOptions Libvirt(NodeOptions options)
    {
        var defaults = new LibvirtHypervisorOptions();
        return defaults with
        {
            Uri = options.Libvirt.Uri is { } uri ? LibvirtUri.Parse(uri) : defaults.Uri,
            Network = options.Libvirt.Network,
            AllowEmulation = options.Libvirt.AllowEmulation,
            IsolateGuests = options.Network.Isolation != IsolationMode.Off,
            CallDeadline = options.Libvirt.CallTimeout,
            SlowCallDeadline = options.Libvirt.StartTimeout,
            StartsAtOnce = options.Vms.MaxStarts > 0 ? options.Vms.MaxStarts : defaults.StartsAtOnce,
            DirectIo = DirectIo.IsSupported(options.Libvirt.VmStoragePath),
        };
    }
}
