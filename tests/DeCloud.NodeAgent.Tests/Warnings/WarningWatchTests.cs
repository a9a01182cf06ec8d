using DeCloud.NodeAgent.Core.Warnings;

namespace DeCloud.NodeAgent.Tests.Warnings;

public sealed class WarningWatchTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly WarningWatch _watch = new();
    private WarningState _state = new();
    private DateTimeOffset _now = Begin;

    [Fact]
    public void What_must_hold_is_told_when_it_has_and_not_when_it_went_before()
    {
        Assert.Empty(Look(Lost()));
        Assert.Empty(Look(after: 5));
        Assert.Empty(Look(after: 5, Lost()));
        Assert.Empty(Look(after: 9, Lost()));
        Assert.IsType<WarningEvents.Raised>(Assert.Single(Look(after: 1, Lost())));
        Assert.True(_state.Warnings["libvirt-lost"].IsActive);
    }

    [Fact]
    public void What_goes_ends_after_a_while_and_later_the_more_often_it_came_back()
    {
        Look(Exposed());
        for (var flap = 0; flap < 8; flap++)
        {
            var seen = _now;
            while (_state.Warnings["api-without-tls"].IsActive)
            {
                Look(after: 5);
            }

            Assert.Equal(30 * (1 << Math.Min(flap, 5)), (_now - seen).TotalSeconds);
            Assert.Equal(seen, _state.Warnings["api-without-tls"].LastSeen);
            Look(after: 5, Exposed());
        }

        Assert.Equal((9, Begin), (_state.Warnings["api-without-tls"].Count, _state.Warnings["api-without-tls"].FirstSeen));
    }

    [Fact]
    public void What_flickers_with_every_look_is_one_event()
    {
        Look(Exposed());
        for (var i = 0; i < 100; i++)
        {
            Assert.Empty(Look(after: 5));
            Assert.Empty(Look(after: 5, Exposed()));
        }
    }

    [Fact]
    public void What_becomes_worse_is_told_at_once_and_what_becomes_better_stays_as_bad_until_it_ends()
    {
        Look(Exposed());
        var worse = Assert.IsType<WarningEvents.Raised>(Assert.Single(Look(after: 5, Exposed(WarningSeverity.Critical))));
        Assert.Equal(WarningSeverity.Critical, worse.Severity);
        Assert.Empty(Look(after: 5, Exposed()));
        Assert.Equal((WarningSeverity.Critical, 1), (_state.Warnings["api-without-tls"].Severity, _state.Warnings["api-without-tls"].Count));
    }

    [Fact]
    public void An_acknowledgement_stays_with_the_same_trouble_and_goes_with_a_worse_or_a_later_one()
    {
        Look(Exposed());
        Apply(new WarningEvents.Acknowledged("api-without-tls", "socket", "known", _now));
        Look(after: 5);
        Look(after: 60);
        Assert.False(_state.Warnings["api-without-tls"].IsActive);
        Look(after: 600, Exposed());
        Assert.Equal("known", _state.Warnings["api-without-tls"].Acknowledged?.Note);
        Look(after: 5, Exposed(WarningSeverity.Critical));
        Assert.Null(_state.Warnings["api-without-tls"].Acknowledged);

        Apply(new WarningEvents.Acknowledged("api-without-tls", "socket", null, _now));
        Look(after: 5);
        Look(after: 120);
        Look(after: 3700, Exposed());
        Assert.Null(_state.Warnings["api-without-tls"].Acknowledged);
    }

    [Fact]
    public void A_warning_of_an_earlier_life_waits_for_the_parts_to_tell()
    {
        Apply(WarningWatch.Raised("libvirt-lost", Lost(), _now));
        Assert.Empty(Look(after: 100_000));
        Assert.Empty(Look(after: 25));
        Assert.IsType<WarningEvents.Ended>(Assert.Single(Look(after: 5)));
        Assert.Equal(Begin, _state.Warnings["libvirt-lost"].LastSeen);
    }

    [Fact]
    public void There_are_never_more_than_the_bounds_say()
    {
        for (var round = 0; round < 3; round++)
        {
            var many = Enumerable.Range(0, 700).Select(n => new Finding(WarningKinds.VmPausedOnDisk, WarningSeverity.Critical, $"vm/{round}-{n}", "x", "y")).ToArray();
            Look(after: 5, many);
            Assert.Equal(WarningWatch.MostActive, _state.Warnings.Values.Count(w => w.IsActive));
            Look(after: 31);
        }

        Look(after: 5, Exposed());
        Assert.InRange(_state.Warnings.Count, 1, WarningState.MostEnded + 1);
        Look(after: 8 * 24 * 3600, Exposed(), Lost());
        Look(after: 20, Exposed(), Lost());
        Assert.Equal(2, _state.Warnings.Count);
    }

    private static Finding Lost() => new(WarningKinds.LibvirtLost, WarningSeverity.Critical, Finding.Node, "lost", "refused");

    private static Finding Exposed(WarningSeverity severity = WarningSeverity.Warning) => new(WarningKinds.ApiWithoutTls, severity, Finding.Node, "exposed", "x");

    private IReadOnlyList<IWarningEvent> Look(params Finding[] findings) => Look(0, findings);

    private IReadOnlyList<IWarningEvent> Look(int after, params Finding[] findings)
    {
        _now += TimeSpan.FromSeconds(after);
        var events = _watch.Look(_state, findings, _now);
        foreach (var @event in events)
        {
            Apply(@event);
        }

        return events;
    }

    private void Apply(IWarningEvent @event) => _state = _state.Apply(@event);
}
