using DeCloud.NodeAgent.Core.Orchestration;

namespace DeCloud.NodeAgent.Tests.Orchestration;

public sealed class LinkTests
{
    private static readonly DateTimeOffset Now = PeerSamples.Now;

    [Fact]
    public void A_node_registers_is_evaluated_reports_and_logs_in_in_this_order()
    {
        var link = new OrchestratorLink { CanProve = true, IsLoginWished = true };
        Assert.Equal(LinkStep.Register, link.Next(Now));
        link = link.Registered(Now);
        Assert.Equal(LinkStep.Evaluate, link.Next(Now));
        link = link.Evaluated(3);
        Assert.Equal(LinkStep.Beat, link.Next(Now));
        link = Beaten(link);
        Assert.Equal(LinkStep.Login, link.Next(Now));
        link = link.LoginTaken(Now, true);
        Assert.Equal((LinkStep.None, "logged-in", 3), (link.Next(Now), link.State, link.SchedulingVersion));
        Assert.InRange(link.WakeAt - Now, TimeSpan.FromSeconds(13.5), TimeSpan.FromSeconds(16.5));
        Assert.Equal(LinkStep.Beat, link.Next(link.WakeAt));
    }

    [Fact]
    public void Failures_back_off_with_full_jitter_up_to_a_minute()
    {
        foreach (var (failures, most) in new[] { (1, 1), (2, 2), (5, 16), (7, 60), (1000, 60) })
        {
            Assert.Equal(TimeSpan.FromSeconds(most), Backoff.After(failures, 1));
            Assert.Equal(TimeSpan.Zero, Backoff.After(failures, 0));
        }

        var link = Reporting();
        for (var i = 0; i < 50; i++)
        {
            link = link.Missed(Now, LinkStep.Beat, "gone", 0.999);
            Assert.True(link.NextAt - Now < Backoff.Longest, $"{link.NextAt - Now}");
            Assert.True(link.IsRegistered, "a transport error was taken for bad credentials");
        }

        Assert.Equal("unreachable", link.State);
    }

    [Fact]
    public void Refused_credentials_lead_to_one_registration_at_once_and_to_ever_later_ones_after_that()
    {
        var link = Reporting().Unauthorized(Now, "401", 0.5);
        Assert.Equal(LinkStep.Register, link.Next(Now));
        link = link.Registered(Now).Unauthorized(Now, "401", 0.5);
        Assert.Equal(LinkStep.None, link.Next(Now));
        var first = link.NextAt - Now;
        for (var i = 0; i < 10; i++)
        {
            link = link.Registered(Now).Unauthorized(Now, "401", 0.5);
        }

        Assert.True(link.NextAt - Now > first && link.NextAt - Now <= Backoff.Longest, $"{link.NextAt - Now}");
        Assert.Equal(0, Beaten(link.Registered(Now).Evaluated(null)).Rejections);
    }

    [Fact]
    public void Without_a_wallet_refused_credentials_are_tried_again_and_shown()
    {
        var link = (Reporting() with { CanProve = false }).Unauthorized(Now, "401", 0);
        Assert.True(link.IsRegistered);
        Assert.True(link.NextAt - Now >= TimeSpan.FromSeconds(30));
        Assert.Contains("Orchestrator:WalletKeyFile", link.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Reports_go_on_while_the_evaluation_or_the_login_is_refused()
    {
        var link = new OrchestratorLink { CanProve = true, IsLoginWished = true }.Registered(Now).Refused(Now, LinkStep.Evaluate, "no", 0);
        Assert.Equal(LinkStep.Beat, link.Next(Now));
        link = Beaten(link);
        Assert.Equal(LinkStep.None, link.Next(Now));
        Assert.Equal(LinkStep.Evaluate, link.Next(link.EvaluateAt));
        link = Beaten(link.Evaluated(1)).Refused(Now, LinkStep.Login, "LOGIN_REJECTED", 0);
        Assert.Equal("LOGIN_REJECTED", link.LoginReason);
        Assert.Null(link.Reason);
        Assert.True(link.LoginAt - Now >= TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void A_login_that_the_orchestrator_forgot_is_told_again_once_a_minute_at_most()
    {
        var link = Reporting().LoginTaken(Now, true);
        link = link.Beaten(Now, PeerSamples.Answer() with { IsSchedulingReady = false }, PeerSamples.Settings, 0.5);
        Assert.Equal(LinkStep.None, link.Next(Now.AddSeconds(1)));
        Assert.Equal(LinkStep.Login, (link with { NextAt = Now.AddHours(1) }).Next(Now.AddSeconds(60)));
    }

    [Fact]
    public void The_orchestrators_own_mistake_in_the_settings_hash_is_answered_by_leaving_it_out()
    {
        var mistaken = new SettingsDrift("drift", NodeIdentity.SettingsHash("ZZ", "unknown", PeerSamples.Wallet));
        var link = Reporting().Beaten(Now, PeerSamples.Answer() with { Drift = mistaken }, PeerSamples.Settings, 0.5);
        Assert.True(link.OmitsSettingsHash && link.IsRegistered);
        Assert.Null(HeartbeatReport.Of("n", PeerSamples.Settings, link, null, [], new Dictionary<Guid, string>(), Now).SettingsHash);
        Assert.NotNull(HeartbeatReport.Of("n", PeerSamples.Settings, Reporting(), null, [], new Dictionary<Guid, string>(), Now).SettingsHash);
    }

    [Fact]
    public void A_real_drift_leads_to_one_registration()
    {
        var drift = PeerSamples.Answer() with { Drift = new("changed", "other") };
        var link = Reporting().Beaten(Now, drift, PeerSamples.Settings, 0.5);
        Assert.Equal(LinkStep.Register, link.Next(Now));
        link = link.Registered(Now).Evaluated(null).Beaten(Now, drift, PeerSamples.Settings, 0.5);
        Assert.True(link.IsRegistered);
        Assert.Contains("changed", link.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("running", "running", null, "Running")]
    [InlineData("running", "stopped", null, "Provisioning")]
    [InlineData("running", "absent", null, "Provisioning")]
    [InlineData("running", "unknown", "Running", "Running")]
    [InlineData("running", "unknown", null, "Provisioning")]
    [InlineData("stopped", "unknown", null, "Stopped")]
    [InlineData("stopped", "stopped", "Running", "Stopped")]
    [InlineData("stopped", "running", null, "Running")]
    [InlineData("deleted", "absent", "Running", "Stopped")]
    [InlineData("running", "paused", null, "Paused")]
    public void A_vm_is_reported_as_what_is_known_of_it(string intent, string status, string? last, string expected)
    {
        var vm = Api.Samples.Vm() with { Intent = new(intent, "x", null, Now), Status = new(status, "x", Now), Failure = null };
        Assert.Equal(expected, HeartbeatReport.StateOf(vm, last));
    }

    private static OrchestratorLink Reporting() => Beaten(new OrchestratorLink { CanProve = true, IsLoginWished = true }.Registered(Now).Evaluated(null));

    private static OrchestratorLink Beaten(OrchestratorLink link) => link.Beaten(Now, PeerSamples.Answer(), PeerSamples.Settings, 0.5);
}
