using System.Buffers.Binary;
using System.Text.Json;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Windows.Resources;

namespace DeCloud.NodeAgent.Tests.Windows;

/// <summary>A Windows machine as it was recorded: its registry and what its programs wrote.</summary>
internal sealed class RecordedWindows : IWindowsMachine
{
    private readonly string _folder;
    private readonly JsonElement _registry;

    public RecordedWindows(string name)
    {
        _folder = Path.Join(AppContext.BaseDirectory, "Fixtures", "windows", name);
        _registry = JsonElement.Parse(File.ReadAllText(Path.Join(_folder, "registry.json")));
    }

    public string HostName => "NODE-7";

    public DateTimeOffset BootedAt => DateTimeOffset.UnixEpoch;

    public CpuIdentity? Identity { get; init; } = new("AuthenticAMD", ["avx2", "svm"], "svm");

    public byte[] Processors { get; init; } = [];

    public MemoryStatus? Status { get; set; } = new(68_000_000_000, 50_000_000_000, 73_000_000_000, 60_000_000_000);

    public List<DriveFacts> DriveList { get; init; } = [];

    public List<InterfaceFacts> InterfaceList { get; init; } = [];

    /// <summary>Set to fail as PowerShell would.</summary>
    public FailureException? CimFailure { get; init; }

    /// <summary>What PowerShell writes instead of what was recorded.</summary>
    public string? Cim { get; init; }

    public FailureException? NvidiaFailure { get; init; }

    public int NvidiaCalls { get; private set; }

    public string? Text(string key, string name) => Value(key, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public long? Number(string key, string name) => Value(key, name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : null;

    public byte[] ProcessorRecords() => Processors;

    public MemoryStatus? Memory() => Status;

    public IReadOnlyList<DriveFacts> Drives() => DriveList;

    public IReadOnlyList<InterfaceFacts> Interfaces() => InterfaceList;

    public Task<string> CimAsync(CancellationToken cancellation) =>
        CimFailure is { } failure ? Task.FromException<string>(failure) : Task.FromResult(Cim ?? File.ReadAllText(Path.Join(_folder, "cim.json")));

    public Task<string?> NvidiaAsync(CancellationToken cancellation)
    {
        NvidiaCalls++;
        var report = Path.Join(_folder, "nvidia.xml");
        return NvidiaFailure is { } failure ? Task.FromException<string?>(failure) : Task.FromResult(File.Exists(report) ? File.ReadAllText(report) : null);
    }

    private JsonElement? Value(string key, string name) =>
        _registry.TryGetProperty(key, out var values) && values.TryGetProperty(name, out var value) ? value : null;
}

/// <summary>Writes records as GetLogicalProcessorInformationEx does (winnt.h, 64-bit layout).</summary>
internal static class ProcessorRecords
{
    public static byte[] Of(params (int Relationship, int Number, (ushort Group, ulong Mask)[] Affinities)[] records) => [.. records.SelectMany(r => Record(r.Relationship, r.Number, r.Affinities))];

    public static (int, int, (ushort, ulong)[]) Core(ushort group, ulong mask) => (0, 0, [(group, mask)]);

    public static (int, int, (ushort, ulong)[]) Package(params (ushort, ulong)[] masks) => (3, 0, masks);

    public static (int, int, (ushort, ulong)[]) Node(int number, params (ushort, ulong)[] masks) => (1, number, masks);

    public static (int, int, (ushort, ulong)[]) Cache => (2, 0, [(0, 3)]);

    private static byte[] Record(int relationship, int number, (ushort Group, ulong Mask)[] affinities)
    {
        var record = new byte[8 + 24 + (16 * affinities.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(record, relationship);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), record.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(8), number);
        // One group of a NUMA node is written as none by Windows 10 and older.
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(30), (ushort)(relationship == 1 && affinities.Length == 1 ? 0 : affinities.Length));
        foreach (var (i, (group, mask)) in affinities.Index())
        {
            BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(32 + (16 * i)), mask);
            BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(40 + (16 * i)), group);
        }

        return record;
    }
}
