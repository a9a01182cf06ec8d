using System.Globalization;
using DeCloud.Libvirt.Domains;
using DeCloud.NodeAgent.Core.Hypervisor;

namespace DeCloud.NodeAgent.Infrastructure.Libvirt;

/// <summary>The interface group of libvirt's statistics (<c>virConnectGetAllDomainStats</c>): <c>net.count</c>, then <c>net.N.rx.bytes</c> and <c>net.N.tx.bytes</c> as the guest sees them.</summary>
internal static class DomainTraffic
{
    private const int MostInterfaces = 64;

    public static DomainUsage Of(DomainStats stats)
    {
        ulong? received = null, sent = null;
        var count = (int)Math.Min(stats.Parameters.UInt64("net.count") ?? 0, MostInterfaces);
        for (var i = 0; i < count; i++)
        {
            received = Sum(received, stats.Parameters.UInt64(string.Create(CultureInfo.InvariantCulture, $"net.{i}.rx.bytes")));
            sent = Sum(sent, stats.Parameters.UInt64(string.Create(CultureInfo.InvariantCulture, $"net.{i}.tx.bytes")));
        }

        return new(stats.Domain.Uuid, received, sent);
    }

    private static ulong? Sum(ulong? sum, ulong? more) => more is null ? sum : (sum ?? 0) + more;
}
