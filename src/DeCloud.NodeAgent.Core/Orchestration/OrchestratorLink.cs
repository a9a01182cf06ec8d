namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>What the node does next towards the orchestrator.</summary>
public enum LinkStep
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>Register.</summary>
    Register,

    /// <summary>Have the host evaluated.</summary>
    Evaluate,

    /// <summary>Report.</summary>
    Beat,

    /// <summary>Offer the node for VMs, or no longer.</summary>
    Login,
}

/// <summary>
/// Where the node stands with the orchestrator: register, evaluate, report, log in, in this order, each again when it must be. Pure: time and chance come from outside.
/// </summary>
public sealed record OrchestratorLink
{
    /// <summary>Whether there are credentials.</summary>
    public bool IsRegistered { get; init; }

    /// <summary>Whether the node can register by itself.</summary>
    public bool CanProve { get; init; }

    /// <summary>Whether the host was evaluated since the registration.</summary>
    public bool IsEvaluated { get; init; }

    /// <summary>Failed evaluations in a row.</summary>
    public int EvaluationFailures { get; init; }

    /// <summary>When the evaluation is due. Reports go on without it: the VMs that are there live.</summary>
    public DateTimeOffset EvaluateAt { get; init; }

    /// <summary>Whether the node is to be offered for VMs.</summary>
    public bool IsLoginWished { get; init; }

    /// <summary>Whether the orchestrator took the wish; null when it has not been told in this life.</summary>
    public bool? IsLoggedIn { get; init; }

    /// <summary>Failures of registering, evaluating or reporting in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Credentials that were refused since the last report that went well.</summary>
    public int Rejections { get; init; }

    /// <summary>Whether the orchestrator seems to have forgotten the login, so that it is told again.</summary>
    public bool IsLoginForgotten { get; init; }

    /// <summary>Refused logins in a row.</summary>
    public int LoginFailures { get; init; }

    /// <summary>When the next step but the login is due.</summary>
    public DateTimeOffset NextAt { get; init; }

    /// <summary>When the login is due.</summary>
    public DateTimeOffset LoginAt { get; init; }

    /// <summary>When a report last went well.</summary>
    public DateTimeOffset? LastBeatAt { get; init; }

    /// <summary>Why things are not as they should be; null when they are.</summary>
    public string? Reason { get; init; }

    /// <summary>Why the node is not offered although it should be.</summary>
    public string? LoginReason { get; init; }

    /// <summary>The version of the scheduling configuration; 0 for none.</summary>
    public int SchedulingVersion { get; init; }

    /// <summary>Whether the orchestrator would give the node VMs.</summary>
    public bool? IsSchedulingReady { get; init; }

    /// <summary>Whether the hash of the settings is left out because the orchestrator hashes wrongly.</summary>
    public bool OmitsSettingsHash { get; init; }

    /// <summary>The hash that a drift last expected; the node registers once for each.</summary>
    public string? DriftAnswered { get; init; }

    /// <summary>A word for where things stand: <c>unregistered</c>, <c>registered</c>, <c>reporting</c>, <c>logged-in</c> or <c>unreachable</c>.</summary>
    public string State => !IsRegistered ? "unregistered"
        : Failures > 0 ? "unreachable"
        : LastBeatAt is null ? "registered"
        : IsLoggedIn is true ? "logged-in"
        : "reporting";

    /// <summary>The next step.</summary>
    /// <param name="now">Now.</param>
    public LinkStep Next(DateTimeOffset now)
    {
        if (IsEvaluationDue && now >= EvaluateAt)
        {
            return LinkStep.Evaluate;
        }

        if (now >= NextAt)
        {
            return IsRegistered ? LinkStep.Beat : LinkStep.Register;
        }

        return IsLoginDue && now >= LoginAt ? LinkStep.Login : LinkStep.None;
    }

    /// <summary>When <see cref="Next"/> should be asked again.</summary>
    public DateTimeOffset WakeAt
    {
        get
        {
            var at = IsLoginDue && LoginAt < NextAt ? LoginAt : NextAt;
            return IsEvaluationDue && EvaluateAt < at ? EvaluateAt : at;
        }
    }

    private bool IsEvaluationDue => IsRegistered && !IsEvaluated && Failures == 0;

    private bool IsLoginDue => IsRegistered && IsEvaluated && LastBeatAt is not null && Failures == 0 && (IsLoggedIn != IsLoginWished || IsLoginForgotten);

    /// <summary>There are credentials, new or from before.</summary>
    /// <param name="now">Now.</param>
    public OrchestratorLink Registered(DateTimeOffset now) =>
        this with { IsRegistered = true, IsEvaluated = false, EvaluationFailures = 0, EvaluateAt = now, IsLoggedIn = null, IsLoginForgotten = false, LoginFailures = 0, LoginAt = now, Failures = 0, Reason = null, NextAt = now, SchedulingVersion = 0 };

    /// <summary>The host was evaluated.</summary>
    /// <param name="schedulingVersion">The version of the scheduling configuration, when it was told.</param>
    public OrchestratorLink Evaluated(int? schedulingVersion) =>
        this with { IsEvaluated = true, EvaluationFailures = 0, LoginReason = null, SchedulingVersion = schedulingVersion ?? SchedulingVersion };

    /// <summary>More is known of the host than it was evaluated by.</summary>
    /// <param name="now">Now.</param>
    public OrchestratorLink LookedAgain(DateTimeOffset now) => this with { IsEvaluated = false, EvaluateAt = now };

    /// <summary>A report went well.</summary>
    /// <param name="now">Now.</param>
    /// <param name="answer">What came back.</param>
    /// <param name="settings">The node's settings.</param>
    /// <param name="chance">From 0 to 1.</param>
    public OrchestratorLink Beaten(DateTimeOffset now, HeartbeatAnswer answer, OrchestratorSettings settings, double chance)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(settings);
        var link = this with
        {
            Failures = 0,
            Rejections = 0,
            Reason = null,
            LastBeatAt = now,
            NextAt = now + Backoff.Jitter(settings.Interval, chance),
            SchedulingVersion = answer.SchedulingVersion ?? SchedulingVersion,
            IsSchedulingReady = answer.IsSchedulingReady ?? IsSchedulingReady,
            IsLoginForgotten = answer.IsSchedulingReady is false && IsLoggedIn is true && IsLoginWished,
        };
        return answer.Drift is { } drift ? link.Drifted(now, drift, settings) : link;
    }

    /// <summary>A step failed in a way that a later try may not meet.</summary>
    /// <param name="now">Now.</param>
    /// <param name="step">The step.</param>
    /// <param name="reason">Why.</param>
    /// <param name="chance">From 0 to 1.</param>
    public OrchestratorLink Missed(DateTimeOffset now, LinkStep step, string reason, double chance) =>
        step == LinkStep.Login ? LoginMissed(now, reason, Backoff.After(LoginFailures + 1, chance))
        : step == LinkStep.Evaluate ? EvaluationMissed(now, reason, Backoff.After(EvaluationFailures + 1, chance))
        : this with { Failures = Failures + 1, Reason = reason, NextAt = now + Backoff.After(Failures + 1, chance) };

    /// <summary>The orchestrator refused a step for a reason of its own.</summary>
    /// <param name="now">Now.</param>
    /// <param name="step">The step.</param>
    /// <param name="reason">Why.</param>
    /// <param name="chance">From 0 to 1.</param>
    public OrchestratorLink Refused(DateTimeOffset now, LinkStep step, string reason, double chance) =>
        step == LinkStep.Login ? LoginMissed(now, reason, Backoff.Standing(chance))
        : step == LinkStep.Evaluate ? EvaluationMissed(now, reason, Backoff.Standing(chance))
        : this with { Failures = Failures + 1, Reason = reason, NextAt = now + Backoff.Standing(chance) };

    /// <summary>The orchestrator does not know the credentials. The node registers again, at once the first time and with growing pauses after that.</summary>
    /// <param name="now">Now.</param>
    /// <param name="reason">Its words.</param>
    /// <param name="chance">From 0 to 1.</param>
    public OrchestratorLink Unauthorized(DateTimeOffset now, string reason, double chance) => CanProve
        ? this with
        {
            IsRegistered = false,
            IsEvaluated = false,
            Rejections = Rejections + 1,
            Reason = $"The orchestrator does not accept the API key ({reason}); the node registers again.",
            NextAt = Rejections == 0 ? now : now + Backoff.After(Rejections + 1, chance),
        }
        : this with
        {
            Failures = Failures + 1,
            Rejections = Rejections + 1,
            Reason = $"The orchestrator does not accept the API key ({reason}), and there is no wallet to register with. Set Orchestrator:WalletKeyFile, or a new Orchestrator:ApiKeyFile.",
            NextAt = now + Backoff.Standing(chance),
        };

    /// <summary>The orchestrator took the wish to be offered, or not. It has other reasons too to give a node no VMs, so it is not told again before a minute is over.</summary>
    /// <param name="now">Now.</param>
    /// <param name="isIn">What it took.</param>
    public OrchestratorLink LoginTaken(DateTimeOffset now, bool isIn) =>
        this with { IsLoggedIn = isIn, IsLoginForgotten = false, LoginFailures = 0, LoginReason = null, LoginAt = isIn == IsLoginWished ? now + Backoff.Longest : now };

    /// <summary>Somebody wants the node offered, or not.</summary>
    /// <param name="now">Now.</param>
    /// <param name="isWished">Whether.</param>
    public OrchestratorLink Wished(DateTimeOffset now, bool isWished) => this with { IsLoginWished = isWished, IsLoggedIn = null, IsLoginForgotten = false, LoginFailures = 0, LoginReason = null, LoginAt = now };

    private OrchestratorLink LoginMissed(DateTimeOffset now, string reason, TimeSpan pause) => this with { LoginFailures = LoginFailures + 1, LoginReason = reason, LoginAt = now + pause };

    private OrchestratorLink EvaluationMissed(DateTimeOffset now, string reason, TimeSpan pause) =>
        this with { EvaluationFailures = EvaluationFailures + 1, LoginReason = $"The host was not evaluated: {reason}", EvaluateAt = now + pause };

    private OrchestratorLink Drifted(DateTimeOffset now, SettingsDrift drift, OrchestratorSettings settings)
    {
        if (NodeIdentity.IsMistakenDrift(settings, drift.ExpectedHash))
        {
            return this with { OmitsSettingsHash = true };
        }

        // Once for each: a drift that a registration does not end is none that it can end.
        return CanProve && drift.ExpectedHash is { } expected && expected != DriftAnswered
            ? this with { IsRegistered = false, IsEvaluated = false, DriftAnswered = expected, NextAt = now, Reason = "The node's settings changed since it was registered; it registers again." }
            : this with { Reason = $"The orchestrator holds other settings of this node than it has: {drift.Message}" };
    }
}
