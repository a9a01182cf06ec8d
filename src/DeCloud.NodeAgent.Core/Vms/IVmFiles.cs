using System.Net;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Overlay;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>Where the files of one VM are. The names are made of the UUID alone.</summary>
/// <param name="Disk">The qcow2 overlay.</param>
/// <param name="Seed">The NoCloud seed, an ISO 9660 image labelled <c>cidata</c>.</param>
/// <param name="ConsoleLog">What the serial console printed.</param>
public sealed record VmPaths(string Disk, string Seed, string ConsoleLog);

/// <summary>What cloud-init finds on the seed.</summary>
/// <param name="InstanceId">Derives from the VM's UUID, so that it never changes and is never used twice.</param>
/// <param name="HostName">The VM's name.</param>
/// <param name="SshPublicKey">The key for the image's default user, or empty.</param>
/// <param name="MacAddress">The interface that network-config configures by DHCP.</param>
/// <param name="Overlay">The interface on the overlay; null when there is none.</param>
public sealed record SeedContent(string InstanceId, string HostName, string SshPublicKey, string MacAddress, SeedOverlay? Overlay = null);

/// <summary>An interface on the overlay, as network-config describes it: a fixed address, and a way to the overlay alone.</summary>
/// <param name="MacAddress">Its Ethernet address.</param>
/// <param name="Address">Its address with the network that is reached without a gateway.</param>
/// <param name="Gateway">The way to the rest of the overlay.</param>
/// <param name="Network">The whole overlay.</param>
/// <param name="Mtu">The longest packet in bytes.</param>
public sealed record SeedOverlay(string MacAddress, InterfaceAddress Address, IPAddress Gateway, IPNetwork Network, int Mtu)
{
    /// <summary>The interface of a VM; null when the node has no place for its address (any more).</summary>
    /// <param name="settings">What the operator set about the overlay.</param>
    /// <param name="id">The VM.</param>
    /// <param name="address">Its address there, or null.</param>
    public static SeedOverlay? Of(OverlaySettings settings, VmId id, string? address)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return address is not null && settings is { Address: { } own, VmSubnet: { } subnet } && IPAddress.TryParse(address, out var ip) && subnet.Gives(ip)
            ? new(id.OverlayMacAddress, new(ip, subnet.Network.PrefixLength), subnet.Gateway, own.Network, VmSubnet.Mtu)
            : null;
    }
}

/// <summary>
/// The files of the VMs. Every method is idempotent and safe after a kill at any moment: what exists whole is kept, what exists in part is replaced.
/// Known causes of failure are thrown as <see cref="Node.FailureException"/>.
/// </summary>
public interface IVmFiles
{
    /// <summary>The paths of a VM's files; they need not exist.</summary>
    /// <param name="id">The VM.</param>
    VmPaths PathsOf(VmId id);

    /// <summary>The path of a cached image; it need not exist.</summary>
    /// <param name="digest">The image.</param>
    string PathOf(ImageDigest digest);

    /// <summary>Stores the tenant's user data for the seed, readable by the agent alone, on disk before the method returns.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="userData">The bytes, never interpreted.</param>
    /// <param name="cancellation">Stops before anything is written.</param>
    Task StoreUserDataAsync(VmId id, ReadOnlyMemory<byte> userData, CancellationToken cancellation);

    /// <summary>
    /// Makes the VM's disk: a qcow2 overlay on the cached image, its size the VM's. A disk that is there whole is left as it is, whatever it holds.
    /// Fails with <see cref="Node.FailureCodes.ImageMissing"/> (transient) when the image is gone and with <see cref="Node.FailureCodes.ImageTooLarge"/> when the disk would be smaller than it.
    /// </summary>
    /// <param name="id">The VM.</param>
    /// <param name="image">The base.</param>
    /// <param name="diskBytes">The disk's virtual size.</param>
    /// <param name="cancellation">Stops and kills qemu-img.</param>
    Task CreateDiskAsync(VmId id, ImageDigest image, long diskBytes, CancellationToken cancellation);

    /// <summary>Writes the VM's seed from its content and the stored user data.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="content">What cloud-init shall find.</param>
    /// <param name="cancellation">Stops before the seed is in place.</param>
    Task CreateSeedAsync(VmId id, SeedContent content, CancellationToken cancellation);

    /// <summary>Removes every file of a VM, without following links. Removing what is not there is no error.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="cancellation">Stops between two files.</param>
    Task RemoveAsync(VmId id, CancellationToken cancellation);

    /// <summary>The end of the serial console's log.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="bytes">How many bytes at most.</param>
    /// <param name="cancellation">Stops the read.</param>
    /// <returns>The bytes; none when nothing was printed yet.</returns>
    Task<ReadOnlyMemory<byte>> ReadConsoleTailAsync(VmId id, int bytes, CancellationToken cancellation);

    /// <summary>
    /// Removes folders that hold nothing but user data of a VM that was never acknowledged: what a kill between <see cref="StoreUserDataAsync"/> and the journal's write leaves behind.
    /// </summary>
    /// <param name="known">The VMs that exist.</param>
    /// <param name="cancellation">Stops between two folders.</param>
    Task SweepAsync(IReadOnlySet<VmId> known, CancellationToken cancellation);
}
