using CliWrap;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Libvirt;
using DeCloud.NodeAgent.IntegrationTests.Lab;
using DeCloud.NodeAgent.IntegrationTests.Libvirt;
using DeCloud.NodeAgent.Tests.Hypervisor;
using Microsoft.Extensions.Logging.Abstractions;

namespace DeCloud.NodeAgent.IntegrationTests.Hypervisor;

/// <summary>A private libvirt host, the agent's adapter on it, and the files of VMs that need no operating system.</summary>
public sealed class AdapterLab : IAsyncLifetime
{
    private const int MiB = 1 << 20;
    private readonly Dictionary<Guest, string> _bases = [];

    /// <summary>The host.</summary>
    public LibvirtHost Host { get; } = new();

    /// <summary>How the adapter is set up here, where there is no KVM.</summary>
    public LibvirtHypervisorOptions Options { get; private set; } = null!;

    /// <summary>The adapter.</summary>
    public static LibvirtHypervisor Adapter(LibvirtHypervisorOptions options) => new(options, NullLogger<LibvirtHypervisor>.Instance);

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        await Host.InitializeAsync();
        Options = new() { Uri = Host.Uri, AllowEmulation = true, DirectIo = await SupportsDirectIoAsync() };
        foreach (var (guest, disk) in new[] { (Guest.Idles, TinyDomain.IdleDisk), (Guest.Reboots, TinyDomain.ResetDisk), (Guest.PowersOff, TinyDomain.PowerOffDisk) })
        {
            var raw = Path.Combine(Host.Files, $"{guest}.raw");
            await File.WriteAllBytesAsync(raw, disk);
            _bases[guest] = Path.Combine(Host.Files, $"{guest}.qcow2");
            await QemuImgAsync("convert", "-f", "raw", "-O", "qcow2", raw, _bases[guest]);
        }
    }

    /// <inheritdoc/>
    public Task DisposeAsync() => Host.DisposeAsync();

    /// <summary>A VM's files: an overlay on a base image, and a seed.</summary>
    public async Task<DomainSpec> PrepareAsync(Guest guest)
    {
        var id = VmId.New();
        var folder = Directory.CreateDirectory(Path.Combine(Host.Files, id.ToString())).FullName;
        var paths = new VmPaths(Path.Combine(folder, "disk.qcow2"), Path.Combine(folder, "seed.img"), Path.Combine(folder, "console.log"));
        await QemuImgAsync("create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", _bases[guest], paths.Disk, "16M");
        await File.WriteAllBytesAsync(paths.Seed, new byte[MiB]);
        return new(id, 1, 64 * MiB, paths, _bases[guest]);
    }

    private async Task<bool> SupportsDirectIoAsync()
    {
        var result = await Cli.Wrap("dd")
            .WithArguments(["if=/dev/zero", $"of={Path.Combine(Host.Files, "direct")}", "bs=4096", "count=1", "oflag=direct", "status=none"])
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync();
        return result.ExitCode == 0;
    }

    private static Task QemuImgAsync(params string[] arguments) => Cli.Wrap("qemu-img").WithArguments(arguments).ExecuteAsync();
}
