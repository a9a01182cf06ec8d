using System.Runtime.Versioning;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Images;
using DeCloud.NodeAgent.Infrastructure.Libvirt;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Infrastructure.Linux.Resources;
using DeCloud.NodeAgent.Infrastructure.Nftables;
using DeCloud.NodeAgent.Infrastructure.Qemu;
using DeCloud.NodeAgent.Infrastructure.Vms;
using DeCloud.NodeAgent.Infrastructure.Windows;
using DeCloud.NodeAgent.Infrastructure.Windows.Resources;
using DeCloud.NodeAgent.Infrastructure.WireGuard;
using Microsoft.Extensions.DependencyInjection;

namespace DeCloud.NodeAgent.Infrastructure;

/// <summary>Puts the ports' real implementations into a container.</summary>
public static class HostAdapters
{
    /// <summary>Adds <see cref="IHypervisor"/> on libvirt.</summary>
    /// <param name="services">The container, which holds logging.</param>
    /// <param name="options">How libvirt is used.</param>
    [SupportedOSPlatform("linux")]
    public static IServiceCollection AddLibvirt(this IServiceCollection services, LibvirtHypervisorOptions options) =>
        services.AddSingleton(options).AddSingleton<IHypervisor, LibvirtHypervisor>();

    /// <summary>Adds <see cref="IHostInventory"/> and <see cref="IHostSampler"/> of this host.</summary>
    /// <param name="services">The container, which holds logging and a <see cref="TimeProvider"/>.</param>
    /// <param name="folders">Where VMs and images lie.</param>
    [SupportedOSPlatform("linux")]
    public static IServiceCollection AddHostResources(this IServiceCollection services, ResourceFolders folders) => services
        .AddSingleton(folders)
        .AddSingleton(new HostTree())
        .AddSingleton<ILinuxCalls, LinuxCalls>()
        .AddSingleton<IHostInventory, LinuxInventory>()
        .AddSingleton<IHostSampler, LinuxSampler>();

    /// <summary>Adds <see cref="IImageStore"/>, <see cref="IVmFiles"/> and <see cref="IDiskUse"/> on this host's disk.</summary>
    /// <param name="services">The container, which holds logging and a <see cref="TimeProvider"/>.</param>
    /// <param name="images">The image cache.</param>
    /// <param name="files">The VMs' files.</param>
    [SupportedOSPlatform("linux")]
    public static IServiceCollection AddHostFiles(this IServiceCollection services, ImageStoreOptions images, VmFilesOptions files) => services
        .AddSingleton(images)
        .AddSingleton(files)
        .AddSingleton<QemuImg>()
        .AddSingleton<IImageStore, ImageStore>()
        .AddSingleton<IVmFiles, VmFiles>()
        .AddSingleton<IDiskUse>(new FolderUse(files.VmFolder, files.ImageFolder));

    /// <summary>Adds <see cref="IOverlayInterface"/> and <see cref="IOverlayKeys"/> for this operating system.</summary>
    /// <param name="services">The container, which holds logging.</param>
    /// <param name="folder">The folder of the overlay's keys; absolute.</param>
    /// <param name="address">The node's address in the overlay; null for none.</param>
    public static IServiceCollection AddOverlay(this IServiceCollection services, string folder, InterfaceAddress? address) => services
        .AddSingleton<IOverlayKeys>(new KeyFiles(folder))
        .AddSingleton<IOverlayInterface>(s => OperatingSystem.IsLinux()
            ? new LinuxOverlay(folder, s.GetRequiredService<Microsoft.Extensions.Logging.ILogger<LinuxOverlay>>())
            : new WindowsOverlay(WindowsOverlay.InstalledProgram, folder, address));

    /// <summary>Adds <see cref="IOverlayBridge"/> by the tools of Linux.</summary>
    /// <param name="services">The container.</param>
    /// <param name="table">Name of the agent's own tables in nftables for it.</param>
    [SupportedOSPlatform("linux")]
    public static IServiceCollection AddOverlayBridge(this IServiceCollection services, string table) => services.AddSingleton<IOverlayBridge>(new LinuxBridge(table));

    /// <summary>Adds <see cref="IPacketFilter"/> on nftables.</summary>
    /// <param name="services">The container, which holds logging.</param>
    /// <param name="options">How it is used.</param>
    public static IServiceCollection AddPacketFilter(this IServiceCollection services, PacketFilterOptions options) =>
        services.AddSingleton(options).AddSingleton<IPacketFilter, NftPacketFilter>();

    /// <summary>Adds the ports of a Windows machine: what it is made of and what it is doing; those for VMs, which it does not run, refuse.</summary>
    /// <param name="services">The container, which holds logging and a <see cref="TimeProvider"/>.</param>
    /// <param name="stateFolder">Where the agent keeps its state.</param>
    [SupportedOSPlatform("windows")]
    public static IServiceCollection AddWindowsHost(this IServiceCollection services, string stateFolder)
    {
        var host = new UnsupportedHost();
        return services
            .AddSingleton<IHypervisor>(host)
            .AddSingleton<IImageStore>(host)
            .AddSingleton<IVmFiles>(host)
            .AddSingleton<IWindowsMachine, WindowsMachine>()
            .AddSingleton<IHostInventory, WindowsInventory>()
            .AddSingleton<IHostSampler>(s => new WindowsSampler(stateFolder, s.GetRequiredService<TimeProvider>()));
    }
}
