using System.Text.Json;
using System.Xml.Linq;
using BenchmarkDotNet.Attributes;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Parameters;
using DeCloud.Libvirt.Xdr;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Libvirt;
using DeCloud.NodeAgent.Infrastructure.Seed;

namespace DeCloud.NodeAgent.Benchmarks.Micro;

/// <summary>What the agent computes often, or on the way of a request.</summary>
[MemoryDiagnoser]
public class PureCode
{
    private const int Domains = 100;
    private readonly StringCache _names = new();
    private readonly LibvirtHypervisorOptions _options = new() { AllowEmulation = true };
    private readonly byte[] _head = Qcow2Head();
    private byte[] _stats = [];
    private DomainSpec _domain = null!;
    private SeedContent _seed = null!;
    private Page<VmResource> _page = null!;

    [GlobalSetup]
    public void Prepare()
    {
        _stats = StatsReply();
        var id = SeededNode.IdOf(0);
        _domain = new(id, 2, 2L << 30, new("/var/lib/decloud/vms/x/disk.qcow2", "/var/lib/decloud/vms/x/seed.img", "/var/lib/decloud/vms/x/console.log"), "/var/lib/decloud/images/sha256/0");
        _seed = new(id.ToString(), "vm", SeededNode.SpecOf(0).SshPublicKey, id.MacAddress);
        _page = new([.. Enumerable.Range(0, Domains).Select(n => SeededNode.LifeOf(n).Aggregate(new VmState(SeededNode.IdOf(n)), (s, e) => s.Apply(e)).View(null, []))], Domains, null);
    }

    [Benchmark(Description = "State statistics of 100 domains, decoded")]
    public int DecodeStats()
    {
        var reader = new XdrReader(_stats, _names);
        var all = reader.ReadList(4096, DomainWire.Smallest + 4, static (ref XdrReader record) => new DomainStats(DomainWire.Read(ref record), TypedParameters.Read(ref record, 4096)));
        reader.EnsureEnd();
        return all.Length;
    }

    [Benchmark(Description = "Domain XML, built and written")]
    public string BuildDomain() => DomainXml.Build(_domain, Acceleration.Kvm, _options).ToString(SaveOptions.DisableFormatting);

    [Benchmark(Description = "Seed image")]
    public byte[] WriteSeed() => NoCloudSeed.Write(_seed, null);

    [Benchmark(Description = "Header of a qcow2, inspected")]
    public bool InspectHeader() => ImageHeader.TryAccept(_head, default, 1 << 30, null, 1L << 40, out _, out var refusal) ? true : throw new InvalidOperationException(refusal.Message);

    [Benchmark(Description = "List of 100 VMs, as JSON")]
    public byte[] WriteList() => JsonSerializer.SerializeToUtf8Bytes(_page, RestJson.Default.PageVmResource);

    [Benchmark(Description = "A VM's life of create, run and stop, replayed")]
    public VmState Replay() => _life.Aggregate(new VmState(SeededNode.IdOf(0)), static (state, @event) => state.Apply(@event));

    private readonly IVmEvent[] _life = [.. SeededNode.LifeOf(0)];

    /// <summary>A reply of libvirt to a bulk call for the group STATE: for each domain two parameters, state.state and state.reason.</summary>
    private static byte[] StatsReply()
    {
        using var writer = new XdrWriter();
        writer.UInt32(Domains);
        for (var i = 0; i < Domains; i++)
        {
            writer.Domain(DomainRef.Of(SeededNode.IdOf(i).Value, SeededNode.IdOf(i).DomainName)).UInt32(2);
            writer.String("state.state").Int32((int)TypedValueKind.Int32).Int32(1);
            writer.String("state.reason").Int32((int)TypedValueKind.Int32).Int32(1);
        }

        return writer.Written.ToArray();
    }

    /// <summary>A version 3 header with clusters of 64 KiB, tables where qemu-img puts them, and no extension (QEMU, docs/interop/qcow2.txt).</summary>
    private static byte[] Qcow2Head()
    {
        var head = new byte[ImageHeader.HeadBytes];
        Qcow2Header.Magic.CopyTo(head);
        Put(4, 3);
        Put(20, 16);
        Put(28, 1 << 30);
        Put(36, 2);
        Put(44, 3 << 16);
        Put(52, 1 << 16);
        Put(56, 1);
        Put(96, 4);
        Put(100, 104);
        return head;

        void Put(int at, uint value) => System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(at), value);
    }
}
