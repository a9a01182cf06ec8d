using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Reads the kernel's files of counters: proc_stat(5), proc_meminfo(5), proc_loadavg(5), proc_pid_io(5), Documentation/admin-guide/iostats.rst, Documentation/accounting/psi.rst.</summary>
internal static class CounterFiles
{
    /// <summary>/proc/diskstats counts sectors of this many bytes, whatever the device's own are.</summary>
    private const ulong SectorBytes = 512;

    /// <summary>The sum of all processors from /proc/stat, and how many there are.</summary>
    public static (CpuCounters? Cpu, int Threads) Cpu(ReadOnlySpan<byte> text)
    {
        CpuCounters? all = null;
        var threads = 0;
        while (!text.IsEmpty)
        {
            var line = Columns.Line(ref text);
            if (!line.StartsWith("cpu"u8))
            {
                break;
            }

            if (line is not [_, _, _, (byte)' ', ..])
            {
                threads++;
                continue;
            }

            var words = new Columns(line);
            words.Skip(1);
            all = new(words.Number(), words.Number(), words.Number(), words.Number(), words.Number(), words.Number(), words.Number(), words.Number(), words.Number(), words.Number());
        }

        return (all, threads);
    }

    /// <summary>/proc/loadavg.</summary>
    public static LoadResource? Load(ReadOnlySpan<byte> text)
    {
        var words = new Columns(text);
        return words.Fraction() is { } one && words.Fraction() is { } five && words.Fraction() is { } fifteen ? new(one, five, fifteen) : null;
    }

    /// <summary>/proc/meminfo.</summary>
    public static MemoryUsageResource? Memory(ReadOnlySpan<byte> text)
    {
        long? total = null, available = null, free = null, cached = null, swapTotal = null, swapFree = null;
        while (!text.IsEmpty)
        {
            var words = new Columns(Columns.Line(ref text));
            var name = words.Word();
            if (name.SequenceEqual("MemTotal:"u8))
            {
                total = KiB(ref words);
            }
            else if (name.SequenceEqual("MemAvailable:"u8))
            {
                available = KiB(ref words);
            }
            else if (name.SequenceEqual("MemFree:"u8))
            {
                free = KiB(ref words);
            }
            else if (name.SequenceEqual("Cached:"u8))
            {
                cached = KiB(ref words);
            }
            else if (name.SequenceEqual("SwapTotal:"u8))
            {
                swapTotal = KiB(ref words);
            }
            else if (name.SequenceEqual("SwapFree:"u8))
            {
                swapFree = KiB(ref words);
                break;
            }
        }

        return total is { } known ? new(known, available, free, cached, swapTotal, swapFree) : null;
    }

    /// <summary>/proc/diskstats.</summary>
    /// <param name="text">The file.</param>
    /// <param name="isWhole">Whether a name is a whole disk's that counts.</param>
    public static ImmutableArray<DiskCounters> Disks(ReadOnlySpan<byte> text, Func<string, bool> isWhole)
    {
        var disks = ImmutableArray.CreateBuilder<DiskCounters>();
        while (!text.IsEmpty)
        {
            var words = new Columns(Columns.Line(ref text));
            words.Skip(2);
            var name = words.Text();
            if (name.Length == 0 || !isWhole(name))
            {
                continue;
            }

            var reads = words.Number();
            words.Skip(1);
            var readBytes = words.Number() * SectorBytes;
            words.Skip(1);
            var writes = words.Number();
            words.Skip(1);
            var writeBytes = words.Number() * SectorBytes;
            words.Skip(2);
            disks.Add(new(name, reads, readBytes, writes, writeBytes, words.Number()));
        }

        return disks.ToImmutable();
    }

    /// <summary>/proc/net/dev.</summary>
    /// <param name="text">The file.</param>
    /// <param name="isShown">Whether an interface counts.</param>
    public static ImmutableArray<InterfaceCounters> Interfaces(ReadOnlySpan<byte> text, Func<string, bool> isShown)
    {
        var interfaces = ImmutableArray.CreateBuilder<InterfaceCounters>();
        while (!text.IsEmpty)
        {
            var line = Columns.Line(ref text);
            var colon = line.LastIndexOf((byte)':');
            if (colon < 0)
            {
                continue;
            }

            var name = Encoding.UTF8.GetString(line[..colon].Trim((byte)' '));
            if (!isShown(name))
            {
                continue;
            }

            var words = new Columns(line[(colon + 1)..]);
            ulong received = words.Number(), receivedPackets = words.Number(), errors = words.Number(), drops = words.Number();
            words.Skip(4);
            ulong sent = words.Number(), sentPackets = words.Number();
            errors += words.Number();
            drops += words.Number();
            interfaces.Add(new(name, received, sent, receivedPackets, sentPackets, errors, drops));
        }

        return interfaces.ToImmutable();
    }

    /// <summary>A file of /proc/pressure.</summary>
    public static StallResource? Stall(ReadOnlySpan<byte> text)
    {
        double?[] some = [null, null, null], full = [null, null, null];
        while (!text.IsEmpty)
        {
            var words = new Columns(Columns.Line(ref text));
            var kind = words.Word();
            var averages = kind.SequenceEqual("some"u8) ? some : kind.SequenceEqual("full"u8) ? full : null;
            for (var i = 0; averages is not null && i < averages.Length; i++)
            {
                // avg10=0.00
                var word = words.Word();
                averages[i] = word.IndexOf((byte)'=') is >= 0 and var equals && Utf8Parser.TryParse(word[(equals + 1)..], out double value, out _) ? value : null;
            }
        }

        return some is [{ } ten, { } sixty, { } threeHundred] ? new(ten, sixty, threeHundred, full[0], full[1], full[2]) : null;
    }

    /// <summary>/proc/pid/io (proc_pid_io(5)): bytes that the process read from and wrote to disks.</summary>
    public static (ulong? Read, ulong? Written) ProcessDisk(ReadOnlySpan<byte> text)
    {
        ulong? read = null, written = null;
        while (!text.IsEmpty)
        {
            var words = new Columns(Columns.Line(ref text));
            var name = words.Word();
            if (name.SequenceEqual("read_bytes:"u8))
            {
                read = words.Number();
            }
            else if (name.SequenceEqual("write_bytes:"u8))
            {
                written = words.Number();
            }
        }

        return (read, written);
    }

    private static long KiB(ref Columns words) => (long)words.Number() << 10;
}
