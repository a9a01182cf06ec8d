using CsCheck;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Ports;

public sealed class PortTableTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly PortPolicy Policy = new() { RangeStart = 40000, RangeEnd = 40009, MostPerVm = 4 };
    private static readonly VmId A = new(Guid.Parse("00000000-0000-4000-8000-00000000000a"));
    private static readonly VmId B = new(Guid.Parse("00000000-0000-4000-8000-00000000000b"));

    [Fact]
    public void The_lowest_free_port_is_given_and_never_one_that_the_host_uses()
    {
        var table = new PortTable();
        (table, var first) = Allocated(table, Wish(A, 80), busy: 40000);
        (table, var second) = Allocated(table, Wish(B, 80), busy: 40000);
        Assert.Equal(40001, first.HostPort);
        Assert.Equal(40002, second.HostPort);
    }

    [Fact]
    public void The_same_wish_gets_the_same_port()
    {
        var (table, first) = Allocated(new(), Wish(A, 80));
        var (reply, @event) = table.Decide(Wish(A, 80, key: "another"), Policy, Nothing, Now);
        Assert.Null(@event);
        Assert.Equal(first, Assert.IsType<PortReply.Done>(reply).Forward);
    }

    [Fact]
    public void A_repeated_request_gets_its_first_answer_even_after_the_port_is_gone()
    {
        var wish = Wish(A, 80, key: "k");
        var (table, first) = Allocated(new(), wish);
        table = table.Apply(table.Decide(new PortCommands.Remove(A, 80, PortProtocol.Tcp, Asked("r")), Now).Event!);
        Assert.Empty(table.Forwards);
        Assert.Equal(first, Assert.IsType<PortReply.Done>(table.Decide(wish, Policy, Nothing, Now).Reply).Forward);
        Assert.Equal(first, Assert.IsType<PortReply.Removed>(table.Decide(new PortCommands.Remove(A, 80, PortProtocol.Tcp, Asked("r")), Now).Reply).Forward);
    }

    [Fact]
    public void A_port_is_removed_only_when_it_is_the_one_that_was_named()
    {
        var (table, forward) = Allocated(new(), Wish(A, 80) with { HostPort = 40005 });
        var (reply, @event) = table.Decide(new PortCommands.Remove(A, 80, PortProtocol.Tcp, Asked("r"), 40006), Now);
        Assert.Null(@event);
        Assert.Equal(FailureCodes.PortRefused, Refused(reply));
        Assert.Contains("40005", Assert.IsType<PortReply.Refused>(reply).Failure.Message, StringComparison.Ordinal);
        Assert.Empty(table.Apply(table.Decide(new PortCommands.Remove(A, 80, PortProtocol.Tcp, Asked("s"), forward.HostPort), Now).Event!).Forwards);
        Assert.Empty(table.Apply(table.Decide(new PortCommands.Remove(A, 80, PortProtocol.Tcp, Asked("t")), Now).Event!).Forwards);
    }

    [Fact]
    public void One_key_for_two_requests_is_a_conflict()
    {
        var (table, _) = Allocated(new(), Wish(A, 80, key: "k"));
        Assert.Equal(FailureCodes.IdempotencyConflict, Refused(table.Decide(Wish(A, 81, key: "k") with { Request = new("k", "other", "api") }, Policy, Nothing, Now).Reply));
        Assert.Equal(FailureCodes.IdempotencyConflict, Refused(table.Decide(new PortCommands.Remove(A, 80, PortProtocol.Tcp, Asked("k")), Now).Reply));
    }

    [Theory]
    [InlineData(0, PortProtocol.Tcp, null, null)]
    [InlineData(65536, PortProtocol.Tcp, null, null)]
    [InlineData(-1, PortProtocol.Tcp, null, null)]
    [InlineData(80, PortProtocol.None, null, null)]
    [InlineData(80, (PortProtocol)4, null, null)]
    [InlineData(80, PortProtocol.Tcp, 39999, null)]
    [InlineData(80, PortProtocol.Tcp, 40010, null)]
    [InlineData(80, PortProtocol.Tcp, 22, null)]
    [InlineData(80, PortProtocol.Tcp, null, "a\nb")]
    public void What_is_out_of_bounds_is_refused(int guestPort, PortProtocol protocol, int? hostPort, string? label) =>
        Assert.Equal(FailureCodes.PortRefused, Refused(new PortTable().Decide(new PortCommands.Allocate(A, guestPort, protocol, hostPort, label, Asked("k")), Policy, Nothing, Now).Reply));

    [Fact]
    public void A_wanted_port_is_given_or_refused_but_never_changed()
    {
        var (table, forward) = Allocated(new(), Wish(A, 80) with { HostPort = 40005 });
        Assert.Equal(40005, forward.HostPort);
        Assert.Equal(FailureCodes.PortTaken, Refused(table.Decide(Wish(B, 80, key: "b") with { HostPort = 40005 }, Policy, Nothing, Now).Reply));
        Assert.Equal(FailureCodes.PortTaken, Refused(table.Decide(Wish(B, 80, key: "b") with { HostPort = 40006 }, Policy, (port, _) => port == 40006, Now).Reply));
        var (_, udp) = Allocated(table, Wish(B, 80, key: "b") with { HostPort = 40005, Protocol = PortProtocol.Udp });
        Assert.Equal(40005, udp.HostPort);
    }

    [Fact]
    public void The_protocols_of_one_guest_port_do_not_overlap()
    {
        var (table, _) = Allocated(new(), Wish(A, 53) with { Protocol = PortProtocol.Both });
        Assert.Equal(FailureCodes.PortTaken, Refused(table.Decide(Wish(A, 53, key: "b"), Policy, Nothing, Now).Reply));
        Assert.Equal(FailureCodes.PortNotFound, Refused(table.Decide(new PortCommands.Remove(A, 53, PortProtocol.Udp, Asked("r")), Now).Reply));
    }

    [Fact]
    public void A_VM_has_only_so_many_ports_and_the_range_only_so_many_for_all()
    {
        var table = new PortTable();
        for (var port = 1; port <= Policy.MostPerVm; port++)
        {
            (table, _) = Allocated(table, Wish(A, port, key: $"a{port}"));
        }

        Assert.Equal(FailureCodes.PortsExhausted, Refused(table.Decide(Wish(A, 99, key: "more"), Policy, Nothing, Now).Reply));
        Assert.Equal(FailureCodes.PortsExhausted, Refused(table.Decide(Wish(B, 99, key: "more"), Policy, (_, _) => true, Now).Reply));
    }

    [Fact]
    public void The_ports_of_a_VM_that_is_gone_are_free_again()
    {
        var (table, _) = Allocated(new(), Wish(A, 80));
        (table, _) = Allocated(table, Wish(B, 80));
        table = table.Apply(new PortEvents.Pointed(A, "192.168.122.2", Now));
        foreach (var freed in table.Free(vm => vm == B, Now))
        {
            table = table.Apply(freed);
        }

        Assert.Equal(B, Assert.Single(table.Forwards).VmId);
        Assert.Empty(table.Addresses);
        Assert.Equal(40000, Allocated(table, Wish(B, 81, key: "again")).Forward.HostPort);
    }

    [Fact]
    public void No_sequence_of_wishes_gives_one_port_to_two()
    {
        var vms = Enumerable.Range(1, 5).Select(n => new VmId(new Guid(n, 0, 0, new byte[8]))).ToArray();
        var step = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[39999, 40011], Gen.Int[0, 30]);
        step.List[0, 60].Sample(steps =>
        {
            var table = new PortTable();
            foreach (var (kind, vm, guestPort, protocol, hostPort, key) in steps)
            {
                bool IsBusy(int port, PortProtocol _) => port == 40003;
                var request = Asked($"{key}");
                var @event = kind switch
                {
                    0 => table.Decide(new PortCommands.Allocate(vms[vm], guestPort, (PortProtocol)protocol, null, null, request), Policy, IsBusy, Now).Event,
                    1 => table.Decide(new PortCommands.Allocate(vms[vm], guestPort, (PortProtocol)protocol, hostPort, null, request), Policy, IsBusy, Now).Event,
                    2 => table.Decide(new PortCommands.Remove(vms[vm], guestPort, (PortProtocol)protocol, request), Now).Event,
                    _ => table.Free(v => v != vms[vm], Now) is [var freed, ..] ? freed : (IPortEvent?)null,
                };
                table = @event is null ? table : table.Apply(@event);
                foreach (var bit in new[] { PortProtocol.Tcp, PortProtocol.Udp })
                {
                    var ports = table.Forwards.Where(f => f.Protocol.HasFlag(bit)).ToList();
                    Assert.Equal(ports.Count, ports.Select(f => f.HostPort).Distinct().Count());
                    Assert.Equal(ports.Count, ports.Select(f => (f.VmId, f.GuestPort)).Distinct().Count());
                }

                Assert.All(table.Forwards, f => Assert.InRange(f.HostPort, Policy.RangeStart, Policy.RangeEnd));
                Assert.DoesNotContain(table.Forwards, f => f.HostPort == 40003);
                Assert.All(table.Forwards.GroupBy(f => f.VmId), g => Assert.True(g.Count() <= Policy.MostPerVm));
                Assert.Equal(table.Forwards.OrderBy(f => f.HostPort).Select(f => f.HostPort), table.Forwards.Select(f => f.HostPort));
            }
        });
    }

    [Fact]
    public void Only_so_many_requests_are_remembered()
    {
        var table = new PortTable();
        for (var n = 0; n < PortTable.RememberedRequests + 10; n++)
        {
            table = table.Apply(new PortEvents.Allocated(A, 80, PortProtocol.Tcp, 40000, null, Asked($"k{n}"), Now)).Apply(new PortEvents.Freed(A, Now));
        }

        Assert.Equal(PortTable.RememberedRequests, table.Answered.Count);
    }

    private static bool Nothing(int port, PortProtocol protocol) => false;

    private static Request Asked(string key) => new(key, "hash", "api");

    private static PortCommands.Allocate Wish(VmId vm, int guestPort, string? key = null) => new(vm, guestPort, PortProtocol.Tcp, null, null, Asked(key ?? $"{vm}-{guestPort}"));

    private static string Refused(PortReply? reply) => Assert.IsType<PortReply.Refused>(reply).Failure.Code;

    private static (PortTable Table, PortForward Forward) Allocated(PortTable table, PortCommands.Allocate wish, int busy = 0)
    {
        var (_, @event) = table.Decide(wish, Policy, (port, _) => port == busy, Now);
        var after = table.Apply(@event!);
        return (after, after.Find(wish.VmId, wish.GuestPort, wish.Protocol)!);
    }
}
