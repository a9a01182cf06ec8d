using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Orchestration;

namespace DeCloud.NodeAgent.Actors.Orchestration;

/// <summary>Registering, evaluating, reporting, logging in: one after the other, each in its time.</summary>
internal sealed partial class Heartbeat
{
    private readonly Dictionary<Guid, string> _lastStates = [];
    /// <summary>How long to wait for a close look at the machine before it is registered and evaluated by what is known anyway.</summary>
    private static readonly TimeSpan LookWithin = TimeSpan.FromSeconds(15);

    private Disowned _disowned = Disowned.None;
    private bool _saidBasics;
    private bool _isStepping;
    private string? _saidReason;

    private void TakeStep()
    {
        if (_isStepping)
        {
            return;
        }

        var step = _link.Next(Now);
        if (step == LinkStep.None)
        {
            var pause = _link.WakeAt - Now;
            Timers.StartSingleTimer(nameof(LinkDue), LinkDue.Instance, pause > TimeSpan.Zero ? pause : TimeSpan.FromMilliseconds(1));
            return;
        }

        _isStepping = true;
        Timers.Cancel(nameof(LinkDue));
        var outcome = step switch
        {
            LinkStep.Register => RegisterAsync(_parts, Inventory(), Now, _end.Token),
            LinkStep.Evaluate => EvaluateAsync(_parts, _credentials!, Inventory(), _end.Token),
            LinkStep.Beat => BeatAsync(_parts, _credentials!, Body(), _end.Token),
            _ => LoginAsync(_parts, _credentials!, _link.IsLoginWished, _end.Token),
        };
        outcome.PipeTo(Self, success: came => new LinkStepped(step, came), failure: cause => new LinkStepped(step, new Outcome.Missed(cause.Message)));
    }

    private HostInventory? Inventory()
    {
        var seen = _parts.Report.Inventory;
        _saidBasics = seen is null && Now - _startedAt >= LookWithin;
        return _saidBasics ? _parts.Basics : seen;
    }

    private void Stepped(LinkStepped stepped)
    {
        _isStepping = false;
        NodeInstruments.LinkStepped(WordOf(stepped.Step), WordOf(stepped.Outcome));
        var chance = _parts.Chance();
        switch (stepped.Outcome)
        {
            case Outcome.Registered registered:
                Store([new OrchestrationEvents.Registered(_settings.By, registered.Value.NodeId, Now)], () =>
                {
                    _credentials = new(registered.Value.NodeId, registered.Value.ApiKey);
                    _disowned = Disowned.None;
                    _link = _link.Registered(Now);
                    _log.Info("The node is registered with {0} as {1}", _settings.By, registered.Value.NodeId);
                    TakeStep();
                });
                return;
            case Outcome.Evaluated evaluated:
                _link = _link.Evaluated(evaluated.SchedulingVersion);
                break;
            case Outcome.Beaten beaten:
                Hear(beaten.Answer, chance);
                break;
            case Outcome.LoginTaken login:
                _link = _link.LoginTaken(Now, login.IsIn);
                _log.Info(login.IsIn ? "The orchestrator offers the node for VMs" : "The orchestrator no longer offers the node for VMs");
                break;
            case Outcome.Unauthorized unauthorized:
                Reject(unauthorized.Reason);
                break;
            case Outcome.Refused refused:
                _link = _link.Refused(Now, stepped.Step, refused.Reason, chance);
                break;
            case Outcome.Missed missed:
                _link = _link.Missed(Now, stepped.Step, missed.Reason, chance);
                break;
            default:
                throw new InvalidOperationException($"{stepped.Outcome} is no outcome.");
        }

        SayReason();
        ShowGauges();
        TakeStep();
    }

    private static string WordOf(LinkStep step) => step switch
    {
        LinkStep.Register => "register",
        LinkStep.Evaluate => "evaluate",
        LinkStep.Beat => "heartbeat",
        _ => "login",
    };

    private static string WordOf(Outcome outcome) => outcome switch
    {
        Outcome.Unauthorized => "unauthorized",
        Outcome.Refused => "refused",
        Outcome.Missed => "unreachable",
        _ => "succeeded",
    };

    private void Hear(HeartbeatAnswer answer, double chance)
    {
        var isFirst = _link.LastBeatAt is null || _link.Failures > 0;
        _link = _link.Beaten(Now, answer, _settings, chance);
        if (_saidBasics && _parts.Report.Inventory is not null)
        {
            _link = _link.LookedAgain(Now);
        }

        (_disowned, var confirmed) = _disowned.Hear(answer);
        foreach (var vm in confirmed)
        {
            AskOrigin(new(vm));
        }

        TakeIn(answer.Commands, null);
        Deliver();
        if (isFirst)
        {
            PollSoon();
        }
    }

    private void Reject(string reason)
    {
        _link = _link.Unauthorized(Now, reason, _parts.Chance());
        if (_link.CanProve)
        {
            _credentials = null;
        }

        SayReason();
    }

    // Each reason once, not with every try.
    private void SayReason()
    {
        var reason = _link.Reason ?? _link.LoginReason;
        if (reason == _saidReason)
        {
            return;
        }

        if (reason is not null)
        {
            _log.Warning("The orchestrator {0}: {1}", _settings.BaseUrl, reason);
        }
        else
        {
            _log.Info("The orchestrator {0}: all is well again", _settings.BaseUrl);
        }

        _saidReason = reason;
    }

    private HeartbeatBody Body()
    {
        var board = _board.Current;
        var vms = _state.Vms.Where(vm => board.ContainsKey(vm.Key)).Select(vm => (board[vm.Key], vm.Value)).OrderBy(vm => vm.Item1.Id);
        var body = HeartbeatReport.Of(_credentials!.NodeId, _settings, _link, _parts.Report.Metrics, vms, _lastStates, Now);
        _lastStates.Clear();
        foreach (var vm in body.ActiveVms)
        {
            _lastStates[Guid.Parse(vm.VmId)] = vm.State;
        }

        return body;
    }

    private static async Task<Outcome> RegisterAsync(OrchestratorParts parts, HostInventory? inventory, DateTimeOffset now, CancellationToken cancellation)
    {
        var settings = parts.Settings;
        if (!settings.CanProve)
        {
            return new Outcome.Refused("There is nothing to register with. Set Orchestrator:WalletKeyFile, a signed message (Orchestrator:MessageFile and SignatureFile), or Orchestrator:ApiKeyFile.");
        }

        if (inventory is null)
        {
            return new Outcome.Missed("The machine has not been looked at yet.");
        }

        var terms = await parts.Client.GetTermsAsync(cancellation).ConfigureAwait(false);
        if (terms is not PeerReply<Terms>.Given(var inForce))
        {
            return Outcome.Of(terms);
        }

        if (settings.AcceptedTerms is not { } accepted || accepted.Version != inForce.Version || !accepted.Hash.Equals(inForce.Hash, StringComparison.OrdinalIgnoreCase))
        {
            return new Outcome.Refused(
                $"Its terms of service, version {PeerAnswers.Shown(inForce.Version)} with SHA-256 {PeerAnswers.Shown(inForce.Hash)}, are not accepted. Read {new Uri(settings.BaseUrl, "/api/tos")}, then set Orchestrator:AcceptTermsVersion and Orchestrator:AcceptTermsHash to these values.");
        }

        try
        {
            var (message, signature) = await parts.Proof.ProveAsync(NodeIdentity.RegistrationMessage(settings, inForce, now), cancellation).ConfigureAwait(false);
            var body = new RegistrationBody(
                settings.MachineId, settings.Wallet, message, signature, settings.Name, settings.PublicIp, settings.AgentPort, inventory, settings.AgentVersion, [], settings.Region, settings.Zone, settings.Country, now);
            var reply = await parts.Client.RegisterAsync(body, cancellation).ConfigureAwait(false);
            if (reply is not PeerReply<Registration>.Given(var registration))
            {
                return reply is PeerReply<Registration>.Unauthorized(var why) ? new Outcome.Refused($"The registration is refused: {why}") : Outcome.Of(reply);
            }

            await parts.Vault.KeepKeyAsync(registration.ApiKey, cancellation).ConfigureAwait(false);
            return new Outcome.Registered(registration);
        }
        catch (FailureException e)
        {
            return new Outcome.Refused(e.Failure.Message);
        }
    }

    private static async Task<Outcome> EvaluateAsync(OrchestratorParts parts, NodeCredentials credentials, HostInventory? inventory, CancellationToken cancellation)
    {
        if (inventory is null)
        {
            return new Outcome.Missed("The machine has not been looked at yet.");
        }

        var reply = await parts.Client.EvaluateAsync(credentials, inventory, cancellation).ConfigureAwait(false);
        return reply is PeerReply<int?>.Given(var version) ? new Outcome.Evaluated(version) : Outcome.Of(reply);
    }

    private static async Task<Outcome> BeatAsync(OrchestratorParts parts, NodeCredentials credentials, HeartbeatBody body, CancellationToken cancellation)
    {
        var reply = await parts.Client.BeatAsync(credentials, body, cancellation).ConfigureAwait(false);
        return reply is PeerReply<HeartbeatAnswer>.Given(var answer) ? new Outcome.Beaten(answer) : Outcome.Of(reply);
    }

    private static async Task<Outcome> LoginAsync(OrchestratorParts parts, NodeCredentials credentials, bool isIn, CancellationToken cancellation)
    {
        var reply = await parts.Client.LoginAsync(credentials, isIn, cancellation).ConfigureAwait(false);
        return reply is PeerReply<Done>.Given ? new Outcome.LoginTaken(isIn) : Outcome.Of(reply);
    }

    private abstract record Outcome
    {
        public static Outcome Of<T>(PeerReply<T> reply) => reply switch
        {
            PeerReply<T>.Unauthorized(var reason) => new Unauthorized(reason),
            PeerReply<T>.Refused(var status, var code, var reason) => new Refused($"It refused ({status}{(code is null ? "" : $", {code}")}): {reason}"),
            PeerReply<T>.Unreachable(var reason) => new Missed(reason),
            _ => throw new ArgumentException($"{reply} is no failure.", nameof(reply)),
        };

        public sealed record Registered(Registration Value) : Outcome;

        public sealed record Evaluated(int? SchedulingVersion) : Outcome;

        public sealed record Beaten(HeartbeatAnswer Answer) : Outcome;

        public sealed record LoginTaken(bool IsIn) : Outcome;

        public sealed record Unauthorized(string Reason) : Outcome;

        public sealed record Refused(string Reason) : Outcome;

        public sealed record Missed(string Reason) : Outcome;
    }

    private sealed record LinkStepped(LinkStep Step, Outcome Outcome);

    private sealed record LinkDue
    {
        public static readonly LinkDue Instance = new();
    }
}
