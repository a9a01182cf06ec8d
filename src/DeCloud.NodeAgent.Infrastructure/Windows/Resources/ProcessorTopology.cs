using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>How the processors are built, read from records of SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX (winnt.h, 64-bit layout).</summary>
/// <param name="Sockets">Packages.</param>
/// <param name="Cores">Cores of all packages.</param>
/// <param name="Threads">Hardware threads of all processor groups.</param>
/// <param name="Nodes">The threads of each NUMA node by its number, ordered.</param>
internal sealed record ProcessorTopology(int Sockets, int Cores, int Threads, ImmutableSortedDictionary<int, ImmutableArray<int>> Nodes)
{
    private const int ProcessorCore = 0, NumaNode = 1, ProcessorPackage = 3, NumaNodeEx = 6;

    // Offsets in a record: PROCESSOR_RELATIONSHIP and NUMA_NODE_RELATIONSHIP, each with GROUP_AFFINITY entries of 16 bytes at the end.
    private const int Header = 8, ProcessorGroupCount = Header + 22, ProcessorMasks = Header + 24;
    private const int NodeNumber = Header, NodeGroupCount = Header + 22, NodeMasks = Header + 24;
    private const int AffinityBytes = 16, GroupOffset = 8, ThreadsPerGroup = 64;

    /// <summary>Reads the records.</summary>
    /// <returns>Null when they hold no core or are cut off.</returns>
    public static ProcessorTopology? Parse(ReadOnlySpan<byte> records)
    {
        int sockets = 0, cores = 0, threads = 0;
        var nodes = ImmutableSortedDictionary.CreateBuilder<int, ImmutableArray<int>>();
        while (records.Length > 0)
        {
            if (records.Length < Header || BinaryPrimitives.ReadInt32LittleEndian(records[4..]) is var size && (size < Header || size > records.Length))
            {
                return null;
            }

            var record = records[..size];
            switch (BinaryPrimitives.ReadInt32LittleEndian(record))
            {
                case ProcessorCore when size >= ProcessorMasks + AffinityBytes:
                    cores++;
                    threads += IdsIn(record, ProcessorGroupCount, ProcessorMasks).Length;
                    break;
                case ProcessorPackage:
                    sockets++;
                    break;
                case NumaNode or NumaNodeEx when size >= NodeMasks + AffinityBytes:
                    nodes[BinaryPrimitives.ReadInt32LittleEndian(record[NodeNumber..])] = IdsIn(record, NodeGroupCount, NodeMasks);
                    break;
                default:
                    break;
            }

            records = records[size..];
        }

        return cores > 0 ? new(Math.Max(sockets, 1), cores, threads, nodes.ToImmutable()) : null;
    }

    // Windows 10 and older write no number of groups for NUMA nodes: 0 means one.
    private static ImmutableArray<int> IdsIn(ReadOnlySpan<byte> record, int countOffset, int masksOffset)
    {
        var groups = Math.Max(1, (int)BinaryPrimitives.ReadUInt16LittleEndian(record[countOffset..]));
        var threads = ImmutableArray.CreateBuilder<int>();
        for (var (i, at) = (0, masksOffset); i < groups && at + AffinityBytes <= record.Length; i++, at += AffinityBytes)
        {
            var first = BinaryPrimitives.ReadUInt16LittleEndian(record[(at + GroupOffset)..]) * ThreadsPerGroup;
            for (var mask = BinaryPrimitives.ReadUInt64LittleEndian(record[at..]); mask != 0; mask &= mask - 1)
            {
                threads.Add(first + BitOperations.TrailingZeroCount(mask));
            }
        }

        return threads.ToImmutable();
    }
}
