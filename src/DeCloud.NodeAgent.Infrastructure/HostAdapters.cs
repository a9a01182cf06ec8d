using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Images;
using DeCloud.NodeAgent.Infrastructure.Libvirt;
using DeCloud.NodeAgent.Infrastructure.Nftables;
using DeCloud.NodeAgent.Infrastructure.Qemu;
using DeCloud.NodeAgent.Infrastructure.Vms;
using Microsoft.Extensions.DependencyInjection;

namespace DeCloud.NodeAgent.Infrastructure;

/// <summary>Puts the ports' real implementations into a container.</summary>
public static class HostAdapters
{
    /// <summary>Adds <see cref="IHypervisor"/> on libvirt.</summary>
    /// <param name="services">The container, which holds logging.</param>
    /// <param name="options">How libvirt is used.</param>
    public static IServiceCollection AddLibvirt(this IServiceCollection services, LibvirtHypervisorOptions options) =>
        services.AddSingleton(options).AddSingleton<IHypervisor, LibvirtHypervisor>();

    /// <summary>Adds <see cref="IImageStore"/> and <see cref="IVmFiles"/> on this host's disk.</summary>
    /// <param name="services">The container, which holds logging and a <see cref="TimeProvider"/>.</param>
    /// <param name="images">The image cache.</param>
    /// <param name="files">The VMs' files.</param>
    public static IServiceCollection AddHostFiles(this IServiceCollection services, ImageStoreOptions images, VmFilesOptions files) => services
        .AddSingleton(images)
        .AddSingleton(files)
        .AddSingleton<QemuImg>()
        .AddSingleton<IImageStore, ImageStore>()
        .AddSingleton<IVmFiles, VmFiles>();

    /// <summary>Adds <see cref="IPacketFilter"/> on nftables.</summary>
    /// <param name="services">The container, which holds logging.</param>
    /// <param name="options">How it is used.</param>
    public static IServiceCollection AddPacketFilter(this IServiceCollection services, PacketFilterOptions options) =>
        services.AddSingleton(options).AddSingleton<IPacketFilter, NftPacketFilter>();
}
