using DeCloud.NodeAgent.Cli.Doctor;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Tests.Doctor;

/// <summary>What follows from what was seen of a host.</summary>
public sealed class ChecksTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    private static readonly HostFacts Good = new()
    {
        Now = Now,
        CpuVirtualizes = true,
        HasKvmDevice = true,
        IommuGroups = 12,
        LibvirtSocket = "/run/libvirt/libvirt-sock",
        QemuUser = "libvirt-qemu",
        HasNfTables = true,
        Forwards = true,
        AsynchronousIo = 1 << 20,
        ClockIsSynchronized = true,
        StatePath = "/var/lib/decloud",
        FreeBytes = 500L << 30,
        WriteBytesPerSecond = 400 << 20,
        FlushTime = TimeSpan.FromMilliseconds(1),
        EphemeralPorts = (32768, 60999),
        VmPorts = (20000, 21999),
        ApiPort = 5100,
        ApiPortIsTaken = false,
        OrchestratorUrl = "https://orchestrator.example",
        OrchestratorSkew = TimeSpan.FromSeconds(1),
        Certificates = [new("Remote:CertificateFile", "/etc/decloud/node.pem", Now.AddDays(-1), Now.AddDays(300), null)],
        Configuration = (true, ""),
        Health = new("ok", [new("journal", "ok", "can be written")]),
    };

    private static readonly Dictionary<string, (HostFacts Host, string Check, string Verdict)> Cases = new()
    {
        ["no vmx"] = (Good with { CpuVirtualizes = false }, "kvm", "Fail"),
        ["no /dev/kvm"] = (Good with { HasKvmDevice = false }, "kvm", "Fail"),
        ["emulation"] = (Good with { CpuVirtualizes = false, AllowsEmulation = true }, "kvm", "Warn"),
        ["no cpuinfo"] = (Good with { CpuVirtualizes = null }, "kvm", "Skip"),
        ["no iommu"] = (Good with { IommuGroups = 0 }, "iommu", "Warn"),
        ["no libvirt"] = (Good with { LibvirtSocket = null }, "libvirt", "Fail"),
        ["no qemu user"] = (Good with { QemuUser = null }, "qemu user", "Fail"),
        ["closed folder"] = (Good with { ClosedFolder = "/srv" }, "qemu user", "Fail"),
        ["no qemu-img"] = (Good with { MissingPrograms = [("qemu-img", "qemu-utils")] }, "programs", "Fail"),
        ["no nftables"] = (Good with { HasNfTables = false }, "nftables", "Warn"),
        ["no forwarding"] = (Good with { Forwards = false }, "forwarding", "Warn"),
        ["few asynchronous requests"] = (Good with { AsynchronousIo = 65536 }, "async io", "Warn"),
        ["free-running clock"] = (Good with { ClockIsSynchronized = false }, "clock", "Warn"),
        ["full disk"] = (Good with { FreeBytes = 1L << 30 }, "disk space", "Fail"),
        ["small disk"] = (Good with { FreeBytes = 10L << 30 }, "disk space", "Warn"),
        ["slow disk"] = (Good with { WriteBytesPerSecond = 5 << 20 }, "disk speed", "Warn"),
        ["slow flush"] = (Good with { FlushTime = TimeSpan.FromMilliseconds(200) }, "disk speed", "Warn"),
        ["disk not tried"] = (Good with { WriteBytesPerSecond = null }, "disk speed", "Skip"),
        ["port taken"] = (Good with { ApiPortIsTaken = true }, "ports", "Fail"),
        ["ports overlap"] = (Good with { VmPorts = (30000, 33000) }, "ports", "Warn"),
        ["no orchestrator"] = (Good with { OrchestratorUrl = null }, "orchestrator", "Skip"),
        ["orchestrator away"] = (Good with { OrchestratorProblem = "refused", OrchestratorSkew = null }, "orchestrator", "Warn"),
        ["a little ahead"] = (Good with { OrchestratorSkew = TimeSpan.FromSeconds(20) }, "clock skew", "Warn"),
        ["far behind"] = (Good with { OrchestratorSkew = TimeSpan.FromHours(-1) }, "clock skew", "Fail"),
        ["expired"] = (Good with { Certificates = [new("k", "p", Now.AddDays(-9), Now.AddDays(-1), null)] }, "certificate", "Fail"),
        ["not yet"] = (Good with { Certificates = [new("k", "p", Now.AddDays(1), Now.AddDays(9), null)] }, "certificate", "Fail"),
        ["soon expired"] = (Good with { Certificates = [new("k", "p", Now.AddDays(-9), Now.AddDays(9), null)] }, "certificate", "Warn"),
        ["unreadable"] = (Good with { Certificates = [new("k", "p", null, null, "no such file")] }, "certificate", "Fail"),
        ["wrong configuration"] = (Good with { Configuration = (false, "Vms:MaxVCpus") }, "configuration", "Fail"),
        ["no program"] = (Good with { Configuration = null }, "configuration", "Skip"),
        ["no agent"] = (Good with { Health = null, AgentProblem = "refused" }, "agent", "Fail"),
        ["degraded agent"] = (Good with { Health = new("degraded", [new HealthCheckResource("disk /", "degraded", "full")]) }, "agent: disk /", "Warn"),
        ["failed agent"] = (Good with { Health = new("failed", [new HealthCheckResource("libvirt", "failed", "lost")]) }, "agent: libvirt", "Fail"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void A_good_host_passes_everything() => Assert.All(Checks.Of(Good), f => Assert.Equal(Verdict.Pass, f.Verdict));

    [Theory]
    [MemberData(nameof(Names))]
    public void One_fault_is_one_finding(string name)
    {
        var (host, check, verdict) = Cases[name];

        var finding = Assert.Single(Checks.Of(host), f => f.Verdict != Verdict.Pass);

        Assert.Equal((check, verdict), (finding.Check, finding.Verdict.ToString()));
        Assert.NotEmpty(finding.Detail);
        Assert.Equal(finding.Verdict is Verdict.Warn or Verdict.Fail, finding.Remedy is { Length: > 0 });
    }
}
