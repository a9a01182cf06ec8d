using System.Buffers.Text;
using System.Text;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>What a control group did on a device.</summary>
/// <param name="Device">The device's number, <c>major:minor</c>; always that of a whole disk, because the kernel does not count partitions apart.</param>
/// <param name="ReadBytes">Bytes read from it.</param>
/// <param name="WriteBytes">Bytes written to it.</param>
internal sealed record DeviceBytes(string Device, ulong ReadBytes, ulong WriteBytes);

/// <summary>Reads what the kernel tells of control groups: cgroups(7), Documentation/admin-guide/cgroup-v2.rst, Documentation/admin-guide/cgroup-v1/blkio-controller.rst.</summary>
internal static class ControlGroupFiles
{
    /// <summary>
    /// From /proc/pid/cgroup, the group that counts what the process does on disks: the topmost one that is a machine's of libvirt's alone, since QEMU's threads lie in groups below it and a
    /// group counts those below it too. Null when there is none: what is above it counts other machines or the whole host.
    /// </summary>
    /// <param name="text">The file.</param>
    /// <returns>The group's path below the root of its hierarchy, and whether that is cgroup v2.</returns>
    public static (string Path, bool IsUnified)? MachineOf(string? text)
    {
        // 5:blkio:/machine/qemu-1-name.libvirt-qemu, or 0::/machine.slice/machine-qemu\x2d1\x2dname.scope/libvirt/emulator. While v1 has the controller, v2 has it not.
        (string Path, bool IsUnified)? unified = null;
        foreach (var line in text?.Split('\n') ?? [])
        {
            if (line.Split(':', 3) is not [var hierarchy, var controllers, var path] || Machine(path) is not { } machine)
            {
                continue;
            }

            if (controllers.Split(',').Contains("blkio"))
            {
                return (machine, false);
            }

            if (hierarchy == "0" && controllers.Length == 0)
            {
                unified = (machine, true);
            }
        }

        return unified;
    }

    /// <summary>io.stat of cgroup v2. Devices of which not both numbers are told are left out.</summary>
    public static IReadOnlyList<DeviceBytes> Unified(ReadOnlySpan<byte> text)
    {
        var devices = new List<DeviceBytes>();
        while (!text.IsEmpty)
        {
            var words = new Columns(Columns.Line(ref text));
            string? device = null;
            ulong? read = null, written = null;
            for (var word = words.Word(); !word.IsEmpty; word = words.Word())
            {
                if (word.StartsWith("rbytes="u8))
                {
                    read = Whole(word["rbytes="u8.Length..]);
                }
                else if (word.StartsWith("wbytes="u8))
                {
                    written = Whole(word["wbytes="u8.Length..]);
                }
                else if (!word.Contains((byte)'='))
                {
                    // Some kernels end no line after a device that has nothing to tell: 253:1 8:0 rbytes=…
                    device = Device(word);
                }
            }

            Add(devices, device, read, written);
        }

        return devices;
    }

    /// <summary>blkio.throttle.io_service_bytes of cgroup v1, with or without _recursive. Devices of which not both numbers are told are left out.</summary>
    public static IReadOnlyList<DeviceBytes> Legacy(ReadOnlySpan<byte> text)
    {
        var devices = new List<DeviceBytes>();
        string? device = null;
        ulong? read = null, written = null;
        while (!text.IsEmpty)
        {
            // 8:0 Read 4096
            var words = new Columns(Columns.Line(ref text));
            if (Device(words.Word()) is not { } named)
            {
                continue;
            }

            if (named != device)
            {
                Add(devices, device, read, written);
                (device, read, written) = (named, null, null);
            }

            var kind = words.Word();
            if (kind.SequenceEqual("Read"u8))
            {
                read = Whole(words.Word());
            }
            else if (kind.SequenceEqual("Write"u8))
            {
                written = Whole(words.Word());
            }
        }

        Add(devices, device, read, written);
        return devices;
    }

    /// <summary>
    /// The sum over devices. What goes through a stack (LVM, dm-crypt, MD) is counted at each of its layers. It is taken where it enters, at the top: a mirror writes twice below, and other
    /// layers work in threads of the kernel whose requests are nobody's. A disk whose holder is listed is therefore left out, with what other partitions of it carried: too little rather than
    /// twice. Loop devices are not seen through.
    /// </summary>
    /// <param name="devices">What was read.</param>
    /// <param name="holdersOf">The numbers of the devices that are made of a device or of partitions of it.</param>
    /// <returns>Null when no device is listed: nothing was done yet, or nothing is told.</returns>
    public static (ulong Read, ulong Written)? Sum(IReadOnlyList<DeviceBytes> devices, Func<string, IReadOnlyList<string>> holdersOf)
    {
        ulong read = 0, written = 0;
        foreach (var device in devices)
        {
            // One device alone is the usual case and needs no look.
            if (devices.Count == 1 || !holdersOf(device.Device).Any(holder => devices.Any(other => other.Device == holder)))
            {
                read += device.ReadBytes;
                written += device.WriteBytes;
            }
        }

        return devices.Count == 0 ? null : (read, written);
    }

    private static string? Machine(string path)
    {
        var names = path.Split('/');

        // A path that climbs is one outside of the agent's own namespace, and lies elsewhere or nowhere.
        var place = names.Contains("..") ? -1 : Array.FindIndex(names, IsMachine);
        return place < 0 ? null : string.Join('/', names[..(place + 1)]);
    }

    // The names that libvirt gives with systemd and without.
    private static bool IsMachine(string name) =>
        (name.StartsWith(@"machine-qemu\x2d", StringComparison.Ordinal) && name.EndsWith(".scope", StringComparison.Ordinal)) || name.EndsWith(".libvirt-qemu", StringComparison.Ordinal);

    private static void Add(List<DeviceBytes> devices, string? device, ulong? read, ulong? written)
    {
        if (device is not null && read is { } readBytes && written is { } writeBytes)
        {
            devices.Add(new(device, readBytes, writeBytes));
        }
    }

    private static string? Device(ReadOnlySpan<byte> word)
    {
        var colon = word.IndexOf((byte)':');
        return colon > 0 && Whole(word[..colon]) is not null && Whole(word[(colon + 1)..]) is not null ? Encoding.UTF8.GetString(word) : null;
    }

    private static ulong? Whole(ReadOnlySpan<byte> word) => Utf8Parser.TryParse(word, out ulong number, out var length) && length == word.Length ? number : null;
}
