using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>
/// What a VM makes of what happens to it: every method takes the state and one happening and returns the turn that follows. Pure: no clock, no effects, the same answer always.
/// </summary>
public static class VmLife
{
    /// <summary>Asked to come into being. The same key again gets the same operation; another key is refused.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="policy">How patient to be.</param>
    /// <param name="command">The command.</param>
    /// <param name="isKnownAbsent">Whether libvirt was seen to have no such domain; otherwise it is asked before anything is done.</param>
    /// <param name="at">Now.</param>
    public static VmTurn Create(VmState state, VmPolicy policy, VmCommands.Create command, bool isKnownAbsent, DateTimeOffset at)
    {
        if (Replay(state, command.Request) is { } replay)
        {
            return replay;
        }

        if (state.Spec is not null)
        {
            return Refuse(state, FailureCodes.VmExists, "A VM with this id exists. Give another id, or none.");
        }

        var turn = new Builder(state, policy, at);
        turn.Emit(new VmEvents.Created(command.VmId, command.Spec, at));
        turn.Emit(new VmEvents.OperationAccepted(1, VmChange.Create, command.Request, at));
        turn.Emit(new VmEvents.IntentChanged(VmIntent.Running, false, command.Request.By, command.Request.Id, at));
        if (isKnownAbsent)
        {
            turn.See(PowerState.Absent, PowerReason.Unspecified);
        }

        return turn.Advance(operation: 1);
    }

    /// <summary>Asked to change.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="policy">How patient to be.</param>
    /// <param name="command">The command.</param>
    /// <param name="at">Now.</param>
    public static VmTurn Change(VmState state, VmPolicy policy, VmCommands.Change command, DateTimeOffset at)
    {
        if (Replay(state, command.Request) is { } replay)
        {
            return replay;
        }

        if ((Refusal(state, command.What) ?? Objection(state, command.GivesUp)) is { } refusal)
        {
            return new([], state, null, refusal, 0);
        }

        var turn = new Builder(state, policy, at);
        var number = (state.Operations.IsEmpty ? 0 : state.Operations[^1].Number) + 1;
        turn.Emit(new VmEvents.OperationAccepted(number, command.What, command.Request, at));
        foreach (var earlier in state.Operations.Where(o => o.Status == OperationStatus.Running && !(o.What == VmChange.Delete && command.What == VmChange.Delete)))
        {
            turn.Emit(new VmEvents.OperationEnded(earlier.Number, OperationStatus.Superseded, null, at));
        }

        if (state.Step is { } step && IsOvertaken(step.Kind, command.What))
        {
            turn.Emit(new VmEvents.StepAbandoned(step.Number, step.Kind, at));
        }

        turn.Emit(new VmEvents.IntentChanged(IntentOf(command.What), command.What == VmChange.ForceStop, command.Request.By, command.Request.Id, at));
        return turn.Advance(number);
    }

    private static Failure? Objection(VmState state, long? givenUp) =>
        givenUp is not { } number ? null
        : state.ViewOperation(number, null) is not { } operation ? new(FailureCodes.OperationNotFound, "There is no such operation, or it is too long ago.", true)
        : Cancelling.Objection(operation) is { } objection ? new(FailureCodes.OperationNotCancellable, objection, true)
        : null;

    /// <summary>The agent has started and replayed the journal: what was in flight is tried anew, once libvirt was asked.</summary>
    /// <param name="state">What the journal says.</param>
    /// <param name="policy">How patient to be.</param>
    /// <param name="at">Now.</param>
    public static VmTurn Recover(VmState state, VmPolicy policy, DateTimeOffset at)
    {
        var turn = new Builder(state.Recovered(at), policy, at);
        if (state.Step is { } step)
        {
            turn.Emit(new VmEvents.StepAbandoned(step.Number, step.Kind, at));
        }

        return turn.Advance();
    }

    /// <summary>libvirt said what the domain is; null says that there is none.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="policy">How patient to be.</param>
    /// <param name="status">libvirt's word.</param>
    /// <param name="at">Now.</param>
    public static VmTurn Seen(VmState state, VmPolicy policy, DomainStatus? status, DateTimeOffset at)
    {
        var turn = new Builder(state, policy, at);
        turn.Observe(status);
        return turn.Advance();
    }

    /// <summary>libvirt can't be asked any more. Nothing follows from it but that it is shown.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="policy">How patient to be.</param>
    /// <param name="at">Now.</param>
    public static VmTurn HypervisorLost(VmState state, VmPolicy policy, DateTimeOffset at)
    {
        var turn = new Builder(state, policy, at);
        turn.See(PowerState.Unknown, PowerReason.HypervisorLost);
        return turn.Advance();
    }

    /// <summary>The guest rebooted.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="policy">How patient to be.</param>
    /// <param name="at">Now.</param>
    public static VmTurn Rebooted(VmState state, VmPolicy policy, DateTimeOffset at)
    {
        var turn = new Builder(state, policy, at);
        if (state.PendingRestart is not null || state.RebootedAt is not { } last || at - last >= policy.RebootSettlesWithin)
        {
            turn.Emit(new VmEvents.Rebooted(at));
        }

        return turn.Advance();
    }

    /// <summary>Time has passed.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="policy">How patient to be.</param>
    /// <param name="at">Now.</param>
    public static VmTurn Woken(VmState state, VmPolicy policy, DateTimeOffset at) => new Builder(state, policy, at).Advance();

    /// <summary>A step was taken. An answer of an older effect changes nothing.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="policy">How patient to be.</param>
    /// <param name="number">Number of the effect.</param>
    /// <param name="image">The image found, if that was the step.</param>
    /// <param name="look">What libvirt said after a step on the domain; null when the step was none.</param>
    /// <param name="at">Now.</param>
    /// <param name="along">A later step whose effect came along with this one: it is stored as taken with it, if it is the next at all.</param>
    public static VmTurn StepCompleted(VmState state, VmPolicy policy, long number, ImageDigest? image, Look? look, DateTimeOffset at, VmStep? along = null)
    {
        var turn = new Builder(state, policy, at);
        if (state.Step is not { } step || step.Number != number)
        {
            return turn.Advance();
        }

        if (Contradiction(step.Kind, look) is { } failure)
        {
            turn.Observe(look!.Status);
            turn.Fail(step, failure);
            return turn.Advance();
        }

        turn.Emit(new VmEvents.StepCompleted(number, step.Kind, image, at));
        if (look is not null)
        {
            turn.ObserveAfter(step.Kind, look.Status);
        }

        if (along is { } next)
        {
            turn.TakenAlong(next);
        }

        if (step.Kind == VmStep.RemoveFiles)
        {
            turn.Emit(new VmEvents.Tombstoned(at));
        }

        return turn.Advance();
    }

    /// <summary>A step failed. An answer of an older effect changes nothing.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="policy">How patient to be.</param>
    /// <param name="number">Number of the effect.</param>
    /// <param name="failure">The cause.</param>
    /// <param name="look">What libvirt said after it, when it could be asked.</param>
    /// <param name="at">Now.</param>
    public static VmTurn StepFailed(VmState state, VmPolicy policy, long number, Failure failure, Look? look, DateTimeOffset at)
    {
        var turn = new Builder(state, policy, at);
        if (state.Step is not { } step || step.Number != number)
        {
            return turn.Advance();
        }

        if (!failure.IsPermanent && LeadsElsewhere(state, policy, step.Kind, look, at))
        {
            turn.Emit(new VmEvents.StepAbandoned(number, step.Kind, at));
        }
        else
        {
            turn.Fail(step, failure);
        }

        if (look is not null)
        {
            turn.Observe(look.Status);
        }

        return turn.Advance();
    }

    /// <summary>
    /// Whether what the domain is by now calls for another step than the one that failed: a delete that overtook a start meets a domain that runs after all.
    /// That is no failure to wait after. A step that would be the same again is never taken without a pause.
    /// </summary>
    private static bool LeadsElsewhere(VmState state, VmPolicy policy, VmStep failed, Look? look, DateTimeOffset at)
    {
        var seen = look is null ? state : state.See(new(look.Status?.State ?? PowerState.Absent, look.Status?.Reason ?? PowerReason.Unspecified, at));
        return VmPlan.Next(seen with { Step = null }, policy, at) is { } next && next != failed;
    }

    private static VmTurn? Replay(VmState state, Request request)
    {
        if (state.Operations.FindLast(o => o.Request.Id == request.Id) is not { } earlier)
        {
            return null;
        }

        return earlier.Request.BodyHash == request.BodyHash
            ? new([], state, null, null, earlier.Number)
            : Refuse(state, FailureCodes.IdempotencyConflict, "This Idempotency-Key was used for another request. Use a new key.");
    }

    private static VmTurn Refuse(VmState state, string code, string message) => new([], state, null, new(code, message, true), 0);

    private static Failure? Refusal(VmState state, VmChange what)
    {
        if (state.Spec is null)
        {
            return new(FailureCodes.VmNotFound, "There is no such VM.", true);
        }

        if (state.IsTombstoned || (state.Wanted.Kind == VmIntent.Deleted && what != VmChange.Delete))
        {
            return new(FailureCodes.VmDeleted, "The VM is deleted; its history can still be read.", true);
        }

        var needs = what switch
        {
            VmChange.Restart or VmChange.Reset => "running",
            VmChange.Pause or VmChange.Resume => "running or paused",
            _ => null,
        };
        return (needs, state.Reality.State) switch
        {
            (null, _) => null,
            (_, PowerState.Unknown) => new(FailureCodes.HypervisorUnavailable, "libvirt can't be asked whether the VM runs. Try again when it is back.", false),
            ("running", PowerState.Running) => null,
            ("running or paused", PowerState.Running or PowerState.Paused) => null,
            _ => new(FailureCodes.VmNotRunning, $"This needs a VM that is {needs}; it is {VmWords.Of(state.Reality.State)}. Start it first.", true),
        };
    }

    private static VmIntent IntentOf(VmChange what) => what switch
    {
        VmChange.Stop or VmChange.ForceStop => VmIntent.Stopped,
        VmChange.Pause => VmIntent.Paused,
        VmChange.Delete => VmIntent.Deleted,
        _ => VmIntent.Running,
    };

    /// <summary>Whether a request makes the step in flight pointless, so that it is not waited for.</summary>
    private static bool IsOvertaken(VmStep step, VmChange by) => by switch
    {
        VmChange.ForceStop or VmChange.Delete => step is not (VmStep.Destroy or VmStep.Undefine or VmStep.RemoveFiles),
        VmChange.Stop => step is VmStep.ResolveImage or VmStep.CreateDisk or VmStep.CreateSeed,
        _ => false,
    };

    /// <summary>A call that succeeded and left the domain as it was has failed all the same; without this the planner would repeat it at once and for ever.</summary>
    private static Failure? Contradiction(VmStep step, Look? look) => (step, look?.Status) switch
    {
        (VmStep.Resume, { State: PowerState.Paused, Reason: PowerReason.IoError }) =>
            new(FailureCodes.DiskFull, "The guest is paused because its disk can't be written. Make space on the file system that holds the VMs.", false),
        (VmStep.Resume, { State: PowerState.Paused }) => new(FailureCodes.HypervisorError, "The guest stayed paused after it was resumed.", false),
        (VmStep.Start, { State: PowerState.Stopped, Reason: not PowerReason.GuestShutdown and not PowerReason.Destroyed } stopped) =>
            new(FailureCodes.VmCrashed, VmWords.CrashMessage(stopped.Reason), false),
        (VmStep.Destroy, { State: PowerState.Running or PowerState.Paused }) => new(FailureCodes.HypervisorError, "The domain still runs after its power was cut.", false),
        (VmStep.Undefine, { State: not PowerState.Absent }) => new(FailureCodes.HypervisorError, "The domain is still defined after it was undefined.", false),
        (VmStep.Define, null) when look is not null => new(FailureCodes.HypervisorError, "The domain is not there after it was defined.", false),
        _ => null,
    };

    /// <summary>Collects the events of one turn and applies each as it comes, so that what follows is decided on what precedes.</summary>
    private sealed class Builder(VmState state, VmPolicy policy, DateTimeOffset at)
    {
        private readonly ImmutableList<IVmEvent>.Builder _events = ImmutableList.CreateBuilder<IVmEvent>();
        private readonly Reality _before = state.LastKnown;
        private VmState _state = state;

        public void Emit(IVmEvent @event)
        {
            _events.Add(@event);
            _state = _state.Apply(@event);
        }

        public void See(PowerState power, PowerReason reason)
        {
            if (_state.Recorded.State != power || _state.Recorded.Reason != reason)
            {
                Emit(new VmEvents.Observed(power, reason, at));
            }
            else
            {
                _state = _state.See(_state.Recorded);
            }
        }

        public void Observe(DomainStatus? status)
        {
            var before = _state.LastKnown;
            var (power, reason) = status is null ? (PowerState.Absent, PowerReason.Unspecified) : (status.State, status.Reason);
            See(power, reason);
            if (before.State is PowerState.Running or PowerState.Paused && before.State != power)
            {
                Interpret(before, power, reason);
            }
        }

        /// <summary>What libvirt says right after a step of ours is the step's doing, except a guest that is down right after its start.</summary>
        public void ObserveAfter(VmStep step, DomainStatus? status)
        {
            var isGuestDown = step == VmStep.Start && status is { State: PowerState.Stopped };
            See(status?.State ?? PowerState.Absent, status?.Reason ?? PowerReason.Unspecified);
            if (isGuestDown)
            {
                WentDown(status!.Reason);
            }
            else if (step is VmStep.Shutdown or VmStep.Reboot && status is { State: PowerState.Stopped })
            {
                WentDown(status.Reason);
            }
        }

        public void Fail(StepInFlight step, Failure failure)
        {
            // A hypervisor that is away is no failure of the VM.
            var attempt = failure.Code == FailureCodes.HypervisorUnavailable ? step.Attempt - 1 : step.Attempt;
            DateTimeOffset? next = failure.IsPermanent ? null : at + policy.PauseAfter(_state.Id, Math.Max(attempt, 1));
            Emit(new VmEvents.StepFailed(step.Number, step.Kind, failure, attempt, next, at));
        }

        public VmTurn Advance(long operation = 0)
        {
            EndOperations();
            StepInFlight? run = null;
            if (VmPlan.Next(_state, policy, at) is { } step)
            {
                Begin(step);
                run = _state.Step;
            }

            return new(_events.ToImmutable(), _state, run, null, operation);
        }

        public void TakenAlong(VmStep step)
        {
            if (VmPlan.Next(_state, policy, at) == step)
            {
                Begin(step);
                Emit(new VmEvents.StepCompleted(_state.LastStep, step, null, at));
            }
        }

        private void Begin(VmStep step)
        {
            var attempt = _state.Failure is { } failure && failure.Step == step ? failure.Attempt + 1 : 1;
            Emit(new VmEvents.StepStarted(_state.LastStep + 1, step, attempt, at));
        }

        private void Interpret(Reality before, PowerState power, PowerReason reason)
        {
            switch (_state.Wanted.Kind, power)
            {
                case (VmIntent.Running, PowerState.Stopped):
                    WentDown(reason);
                    break;
                case (VmIntent.Running, PowerState.Paused) when reason == PowerReason.UserPaused && _state.Step is null:
                    Want(VmIntent.Paused, "outside");
                    break;
                case (VmIntent.Paused, PowerState.Running) when before.State == PowerState.Paused && _state.Step is null:
                    Want(VmIntent.Running, "outside");
                    break;
                case (VmIntent.Paused, PowerState.Stopped):
                    Want(VmIntent.Stopped, reason == PowerReason.GuestShutdown ? "guest" : "outside");
                    break;
                default:
                    break;
            }
        }

        private void WentDown(PowerReason reason)
        {
            if (_state.Wanted.Kind != VmIntent.Running)
            {
                return;
            }

            if (_state.PendingRestart is not null)
            {
                // The guest took the request to reboot as one to power off; it is started again, which is what was asked.
                Emit(new VmEvents.Rebooted(at));
                return;
            }

            switch (reason)
            {
                case PowerReason.GuestShutdown:
                    Want(VmIntent.Stopped, "guest");
                    break;
                case PowerReason.Destroyed or PowerReason.MovedAway:
                    Want(VmIntent.Stopped, "outside");
                    break;
                case PowerReason.Crashed or PowerReason.GuestPanicked or PowerReason.Failed or PowerReason.Daemon:
                    var streak = _state.CrashStreak > 0 && at - _before.Since < policy.CrashForgottenAfter ? _state.CrashStreak + 1 : 1;
                    Emit(new VmEvents.Crashed(reason, streak, at + policy.PauseAfter(_state.Id, streak), at));
                    break;
                default:
                    // After a reboot of the host libvirt knows no reason: the VM is started again.
                    break;
            }
        }

        private void Want(VmIntent intent, string by)
        {
            Emit(new VmEvents.IntentChanged(intent, false, by, null, at));
            foreach (var operation in _state.Operations.Where(o => o.Status == OperationStatus.Running))
            {
                if (Outcome(operation) is null)
                {
                    Emit(new VmEvents.OperationEnded(operation.Number, OperationStatus.Failed, new(FailureCodes.GuestDown, $"The VM was {VmWords.Of(intent)} by the {by} meanwhile.", true), at));
                }
            }
        }

        private void EndOperations()
        {
            foreach (var operation in _state.Operations.Where(o => o.Status == OperationStatus.Running))
            {
                if (Outcome(operation) is var (outcome, failure))
                {
                    Emit(new VmEvents.OperationEnded(operation.Number, outcome, failure, at));
                }
            }
        }

        private (OperationStatus Outcome, Failure? Failure)? Outcome(VmOperation operation)
        {
            var isDone = operation.What switch
            {
                VmChange.Create or VmChange.Start or VmChange.Resume => _state.Reality.State == PowerState.Running,
                VmChange.Stop or VmChange.ForceStop => _state.Reality.State is PowerState.Stopped or PowerState.Absent,
                VmChange.Pause => _state.Reality.State == PowerState.Paused,
                VmChange.Restart or VmChange.Reset => _state.PendingRestart is null && _state.Reality.State == PowerState.Running,
                VmChange.Delete => _state.IsTombstoned,
                _ => false,
            };
            if (isDone)
            {
                return (OperationStatus.Succeeded, null);
            }

            // A crash after the request is counted on the VM, not on the request, until its own tries are used up.
            return _state.Failure is { } failure && (failure.NextTryAt is null || failure.Attempt >= policy.AttemptsPerOperation)
                ? (OperationStatus.Failed, failure.Failure)
                : null;
        }
    }
}

/// <summary>One answer of libvirt to "what is this domain".</summary>
/// <param name="Status">The domain, or null when there is none.</param>
public sealed record Look(DomainStatus? Status);
