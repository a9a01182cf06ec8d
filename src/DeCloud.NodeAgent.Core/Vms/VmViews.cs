using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Operations;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>How a VM's state is shown.</summary>
public static class VmViews
{
    /// <summary>The VM as the API shows it.</summary>
    /// <param name="state">A state with a spec.</param>
    /// <param name="progress">How far the step in flight is.</param>
    /// <param name="addresses">The guest's addresses.</param>
    public static VmResource View(this VmState state, ProgressResource? progress, IReadOnlyList<string> addresses)
    {
        var spec = state.Spec ?? throw new InvalidOperationException("A VM without a spec has no view.");
        return new()
        {
            Id = state.Id.Value,
            Name = spec.Name,
            VCpus = spec.VCpus,
            MemoryBytes = spec.MemoryBytes,
            DiskBytes = spec.DiskBytes,
            BaseImageUrl = ImageUrl.ShownOf(spec.ImageUrl),
            BaseImageHash = spec.ImageHash?.ToString() ?? "",
            ImageDigest = state.Image?.ToString(),
            ImageTrust = spec.ImageHash is null ? "recorded" : "pinned",
            SshPublicKey = spec.SshPublicKey,
            HasUserData = spec.HasUserData,
            Labels = spec.Labels,
            Gpus = [.. (spec.Gpus ?? []).Select(g => g.Address)],
            MacAddress = state.Id.MacAddress,
            OverlayAddress = spec.OverlayAddress,
            Intent = new(VmWords.Of(state.Wanted.Kind), state.Wanted.By, state.Wanted.RequestId, state.Wanted.At),
            Status = new(VmWords.Of(state.Reality.State), VmWords.Of(state.Reality.Reason), state.Reality.Since),
            Step = state.Step is { } step ? new(VmWords.Of(step.Kind), step.Attempt, step.StartedAt, progress) : null,
            Failure = state.Failure is { } f ? new(VmWords.Of(f.Step), f.Failure.Code, f.Failure.Message, f.Attempt, f.At, f.NextTryAt) : null,
            Addresses = state.Reality.State is PowerState.Running or PowerState.Paused ? addresses : [],
            Crashes = state.Crashes,
            RecentCrashes = state.RecentCrashes ?? [],
            LastStart = state.LastStart is { } start ? new(start.At, Math.Round(start.Took.TotalSeconds, 3)) : null,
            LastOperation = state.Operations.IsEmpty ? null : new OperationId(state.Id, state.Operations[^1].Number).ToString(),
            CreatedAt = state.CreatedAt,
            Version = state.Version,
        };
    }

    /// <summary>An operation as the API shows it; null when it is not remembered.</summary>
    /// <param name="state">The VM's state.</param>
    /// <param name="number">The operation's number.</param>
    /// <param name="progress">How far the step in flight is.</param>
    public static OperationResource? ViewOperation(this VmState state, long number, ProgressResource? progress)
    {
        if (state.Operations.Find(o => o.Number == number) is not { } operation)
        {
            return null;
        }

        var isRunning = operation.Status == OperationStatus.Running;
        return new()
        {
            Id = new OperationId(state.Id, number).ToString(),
            Kind = VmWords.OperationKind(operation.What),
            Status = VmWords.Of(operation.Status),
            Resource = $"/api/vms/{state.Id}",
            RequestId = operation.Request.Id,
            RequestedBy = operation.Request.By,
            AcceptedAt = operation.AcceptedAt,
            CompletedAt = operation.EndedAt,
            Stage = isRunning && state.Step is { } step ? VmWords.Of(step.Kind) : null,
            Progress = isRunning ? progress : null,
            Error = operation.Failure is { } failure ? new(failure.Code, failure.Message, null)
                : isRunning && state.Failure is { } standing ? new(standing.Failure.Code, standing.Failure.Message, standing.NextTryAt)
                : null,
        };
    }
}
