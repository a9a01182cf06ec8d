using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Operations;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Actors.Images;

/// <summary>How the image cache behaves.</summary>
/// <param name="BudgetBytes">What the images may take together; images in use stay even above it.</param>
/// <param name="UnpinnedReuse">For how long an image that was imported without a hash serves further requests for the same URL without a hash; zero to download every time.</param>
public sealed record ImageCachePolicy(long BudgetBytes, TimeSpan UnpinnedReuse);

/// <summary>
/// The images of this node: imports what is asked for, once for all who wait for the same, holds what a VM is about to use, and evicts what nothing stands on when the budget is exceeded.
/// </summary>
internal sealed class ImageCache : ReceivePersistentActor, IWithTimers
{
    private const int SnapshotEvery = 200;

    private readonly IImageStore _store;
    private readonly ImageCachePolicy _policy;
    private readonly AdmissionPolicy _admission;
    private readonly VmBoard _board;
    private readonly JournalSignal _written;
    private readonly OperationBoard _operations;
    private readonly NodeGaugeBoard _gauges;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<ImageDigest, CachedImage> _images = [];
    private readonly HashSet<ImageDigest> _seenWhole = [];
    private readonly Dictionary<ImageRequest, Job> _jobs = [];
    private readonly Dictionary<VmId, ImageDigest> _held = [];
    private readonly HashSet<ImageDigest> _leaving = [];
    private readonly OperationWaiters _waiters;
    private ImageCacheState _state = new();
    private bool _isScanned;
    private long _lastJob;
    private long _budget;

    public ImageCache(IImageStore store, ImageCachePolicy policy, AdmissionPolicy admission, VmBoard board, JournalSignal written, OperationBoard operations, NodeGaugeBoard gauges)
    {
        _store = store;
        _policy = policy;
        _admission = admission with { ImageBudgetBytes = policy.BudgetBytes };
        _budget = policy.BudgetBytes;
        _board = board;
        _written = written;
        _operations = operations;
        _gauges = gauges;
        _waiters = new(this, number => new ImageReply.Operation(ViewOperation(number)!));

        Recover<SnapshotOffer>(offer => _state = (ImageCacheState)offer.Snapshot);
        Recover<IImageEvent>(@event => _state = _state.Apply(@event));
        Recover<RecoveryCompleted>(_ => Scan());

        Command<Scanned>(Begin);
        Command<object>(_ => Stash.Stash(), _ => !_isScanned);
        Command<ResourceMessages.CapacityKnown>(Fit);
        Command<ImageCommands.Resolve>(Resolve);
        Command<ImageCommands.Release>(release => Release(release.VmId));
        Command<ImageCommands.Pull>(Pull);
        Command<ImageCommands.Cancel>(Cancel);
        Command<ImageCommands.Remove>(Remove);
        Command<ImageQueries.List>(_ => Sender.Tell(new ImageReply.Listed(View())));
        Command<ImageQueries.GetOperation>(Answer);
        Command<ImageImport.Advanced>(Advance);
        Command<ImageImport.Imported>(imported => Succeed(imported.Request, imported.Image));
        Command<ImageImport.NotImported>(failed => Fail(failed.Request, failed.Failure));
        Command<Leave>(Part);
        Command<Left>(Forget);
        Command<OperationWaiters.Over>(_waiters.End);
        Command<SaveSnapshotSuccess>(_ => { });
        Command<SaveSnapshotFailure>(failure => _log.Warning("Snapshot of the image cache failed: {0}", failure.Cause.Message));
    }

    public override string PersistenceId => "images";

    public ITimerScheduler Timers { get; set; } = null!;

    private static DateTimeOffset Now => Context.System.Scheduler.Now;

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "Event {0} of the image cache could not be stored", sequenceNr);
        Sender.Tell(new ImageReply.Refused(VmActor.JournalFailure(cause)));
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private void Scan() =>
        Task.Run(() => _store.ListAsync(CancellationToken.None)).PipeTo(Self, success: images => new Scanned(images, null), failure: cause => new Scanned([], cause));

    private void Begin(Scanned scanned)
    {
        if (scanned.Cause is { } cause)
        {
            // Without a list nothing may be evicted or answered; the node starts this actor again after a pause.
            _log.Error(cause, "The image folder can't be read");
            Context.Stop(Self);
            return;
        }

        foreach (var image in scanned.Images)
        {
            _images[image.Digest] = image;
        }

        _isScanned = true;
        NodeInstruments.CacheBegins();
        TellSize();
        ShowOperations();
        foreach (var pull in _state.Pulls.Where(p => p.Status == OperationStatus.Running))
        {
            Join(new(pull.Url, pull.Expected), new(null, 0, ActorRefs.Nobody, pull.Number));
        }

        Stash.UnstashAll();
    }

    /// <summary>Keeps to the part of the file system that is set aside for images, so that they never take what VMs were promised.</summary>
    private void Fit(ResourceMessages.CapacityKnown known)
    {
        _budget = ImageShare.Of(known.Capacity, _admission);
        ShowGauges();
        MakeRoom();
    }

    private void TellSize()
    {
        Context.Parent.Tell(new ResourceMessages.ImagesTake(_images.Values.Sum(i => i.SizeBytes)));
        ShowGauges();
    }

    private void ShowGauges() => _gauges.Publish(new ImageGauges(_images.Count, _images.Values.Sum(i => i.SizeBytes), _budget, _jobs.Count));

    private void Resolve(ImageCommands.Resolve resolve)
    {
        if (resolve.Image.Expected is { } expected && _leaving.Contains(expected))
        {
            Stash.Stash();
            return;
        }

        if (AtHand(resolve.Image) is { } image)
        {
            NodeInstruments.LookedUp(isThere: true);
            _held[resolve.VmId] = image.Digest;
            MarkUsed(image.Digest);
            Sender.Tell(new ImageReply.Resolved(image, resolve.Token));
            return;
        }

        NodeInstruments.LookedUp(isThere: false);
        Join(resolve.Image, new(resolve.VmId, resolve.Token, Sender, 0));
    }

    /// <summary>An image that needs neither a download nor another check.</summary>
    private CachedImage? AtHand(ImageRequest request)
    {
        if (request.Expected is { } expected)
        {
            return _seenWhole.Contains(expected) ? _images.GetValueOrDefault(expected) : null;
        }

        var isLocal = request.Url.StartsWith("file:", StringComparison.OrdinalIgnoreCase);
        return isLocal ? null : _images.Values
            .Where(i => i.SourceUrl == request.Url && _seenWhole.Contains(i.Digest) && !_leaving.Contains(i.Digest) && i.ImportedAt > Now - _policy.UnpinnedReuse)
            .MaxBy(i => i.ImportedAt);
    }

    private void Join(ImageRequest request, Party party)
    {
        if (!_jobs.TryGetValue(request, out var job))
        {
            var store = _store;
            job = new(Context.ActorOf(Props.Create(() => new ImageImport(store, request)), $"import-{++_lastJob}"));
            _jobs[request] = job;
            ShowGauges();
        }

        job.Parties.Add(party);
        if (party.VmId is not null && job.Progress is { } progress)
        {
            party.Asker.Tell(new ImageReply.Progress(progress, party.Token));
        }
    }

    private void Cancel(ImageCommands.Cancel cancel)
    {
        if (ViewOperation(cancel.Number) is not { } operation)
        {
            Sender.Tell(new ImageReply.Refused(new(FailureCodes.OperationNotFound, "There is no such operation, or it is too long ago.", true)));
        }
        else if (operation.CompletedAt is not null)
        {
            Sender.Tell(new ImageReply.Refused(new(FailureCodes.OperationNotCancellable, $"The operation has ended: it {operation.Status}.", true)));
        }
        else
        {
            Store(new ImageEvents.PullEnded(cancel.Number, OperationStatus.Superseded, null, null, Now), () =>
            {
                StopWaiting(p => p.VmId is null && p.Operation == cancel.Number);
                ShowOperations();
                _waiters.EndWhere(waited => waited == cancel.Number);
                Sender.Tell(new ImageReply.Operation(ViewOperation(cancel.Number)!));
            });
        }
    }

    private void Release(VmId id)
    {
        _held.Remove(id);
        StopWaiting(p => p.VmId == id);
    }

    private void StopWaiting(Predicate<Party> who)
    {
        foreach (var (request, job) in _jobs.ToList())
        {
            job.Parties.RemoveAll(who);
            if (job.Parties.Count == 0)
            {
                // Nobody waits for it any more; what was downloaded stays for the next who asks.
                Context.Stop(job.Import);
                _jobs.Remove(request);
                ShowGauges();
            }
        }
    }

    private void Pull(ImageCommands.Pull pull)
    {
        if (_state.Pulls.FindLast(p => p.Request.Id == pull.Request.Id) is { } earlier)
        {
            Sender.Tell(earlier.Request.BodyHash == pull.Request.BodyHash
                ? new ImageReply.Accepted(ViewOperation(earlier.Number)!)
                : new ImageReply.Refused(new(FailureCodes.IdempotencyConflict, "This Idempotency-Key was used for another request. Use a new key.", true)));
            return;
        }

        var number = (_state.Pulls.IsEmpty ? 0 : _state.Pulls[^1].Number) + 1;
        Store(new ImageEvents.PullAccepted(number, pull.Image.Url, pull.Image.Expected, pull.Request, Now), () =>
        {
            Sender.Tell(new ImageReply.Accepted(ViewOperation(number)!));
            Join(pull.Image, new(null, 0, ActorRefs.Nobody, number));
        });
    }

    private void Advance(ImageImport.Advanced advanced)
    {
        if (!_jobs.TryGetValue(advanced.Request, out var job) || job.Import != Sender)
        {
            return;
        }

        job.Progress = advanced.Progress;
        ShowOperations();
        foreach (var party in job.Parties.Where(p => p.VmId is not null))
        {
            party.Asker.Tell(new ImageReply.Progress(advanced.Progress, party.Token));
        }
    }

    private void Succeed(ImageRequest request, CachedImage image)
    {
        _images[image.Digest] = image;
        _seenWhole.Add(image.Digest);
        NodeInstruments.Imported(isImported: true);
        var wasWanted = _jobs.Remove(request, out var job);
        TellSize();
        if (!wasWanted)
        {
            return;
        }

        foreach (var party in job!.Parties.Where(p => p.VmId is not null))
        {
            _held[party.VmId!.Value] = image.Digest;
            party.Asker.Tell(new ImageReply.Resolved(image, party.Token));
        }

        MarkUsed(image.Digest);
        foreach (var party in job.Parties.Where(p => p.VmId is null))
        {
            EndPull(party.Operation, OperationStatus.Succeeded, image.Digest, null);
        }

        MakeRoom();
    }

    private void Fail(ImageRequest request, Failure failure)
    {
        NodeInstruments.Imported(isImported: false);
        if (!_jobs.Remove(request, out var job))
        {
            return;
        }

        ShowGauges();

        foreach (var party in job.Parties.Where(p => p.VmId is not null))
        {
            party.Asker.Tell(new ImageReply.Refused(failure, party.Token));
        }

        foreach (var party in job.Parties.Where(p => p.VmId is null))
        {
            EndPull(party.Operation, OperationStatus.Failed, null, failure);
        }
    }

    private void EndPull(long number, OperationStatus outcome, ImageDigest? digest, Failure? failure) =>
        Store(new ImageEvents.PullEnded(number, outcome, digest, failure, Now), () =>
        {
            if (ViewOperation(number) is { CompletedAt: { } end } pull)
            {
                NodeInstruments.OperationEnded(pull.Kind, outcome, end - pull.AcceptedAt);
            }

            _waiters.EndWhere(waited => waited == number);
        });

    /// <summary>When an image was last used only orders evictions, so nobody waits for it to be stored.</summary>
    private void MarkUsed(ImageDigest digest) => PersistAsync(new ImageEvents.Used(digest, Now), used => _state = _state.Apply(used));

    private void MakeRoom()
    {
        if (_images.Values.Sum(i => i.SizeBytes) > _budget)
        {
            Task.Run(() => _store.ReferencedAsync(CancellationToken.None)).PipeTo(Self, success: used => new Leave(null, used, null, null), failure: cause => new Leave(null, null, null, cause));
        }
    }

    private void Remove(ImageCommands.Remove remove)
    {
        if (!_images.ContainsKey(remove.Digest) || _leaving.Contains(remove.Digest))
        {
            Sender.Tell(new ImageReply.Refused(new(FailureCodes.ImageMissing, "There is no such image in the cache.", true)));
            return;
        }

        var asker = Sender;
        Task.Run(() => _store.ReferencedAsync(CancellationToken.None))
            .PipeTo(Self, success: used => new Leave(remove.Digest, used, asker, null), failure: cause => new Leave(remove.Digest, null, asker, cause));
    }

    /// <summary>Knows which images disks stand on, and lets the one that was asked for go, or as many as the budget demands.</summary>
    private void Part(Leave leave)
    {
        if (leave.Used is null)
        {
            leave.Asker?.Tell(new ImageReply.Refused(new(FailureCodes.HostError, $"Which images are in use can't be read, so none is removed: {leave.Cause!.Message}", false)));
            return;
        }

        var inUse = new HashSet<ImageDigest>(leave.Used);
        inUse.UnionWith(_held.Values);
        inUse.UnionWith(_leaving);
        if (leave.Digest is not { } digest)
        {
            foreach (var victim in ImageEviction.Choose(_images.Values, LastUsed, inUse, _budget))
            {
                StartRemoval(victim, "evicted", null);
            }
        }
        else if (inUse.Contains(digest))
        {
            leave.Asker!.Tell(new ImageReply.Refused(new(FailureCodes.ImageInUse, "VMs stand on this image. Delete them first.", true)));
        }
        else
        {
            StartRemoval(digest, "asked", leave.Asker);
        }
    }

    private void StartRemoval(ImageDigest digest, string reason, IActorRef? asker)
    {
        _leaving.Add(digest);
        Task.Run(() => _store.RemoveAsync(digest, CancellationToken.None))
            .PipeTo(Self, success: () => new Left(digest, reason, asker, null), failure: cause => new Left(digest, reason, asker, cause));
    }

    private void Forget(Left left)
    {
        _leaving.Remove(left.Digest);
        Stash.UnstashAll();
        if (left.Cause is { } cause)
        {
            _log.Warning("Image {0} could not be removed: {1}", left.Digest, cause.Message);
            left.Asker?.Tell(new ImageReply.Refused(new(FailureCodes.HostError, cause.Message, false)));
            return;
        }

        _images.Remove(left.Digest);
        _seenWhole.Remove(left.Digest);
        NodeInstruments.Removed(left.Reason);
        TellSize();
        Store(new ImageEvents.Removed(left.Digest, left.Reason, Now), () => left.Asker?.Tell(new ImageReply.Removed(left.Digest)));
    }

    private void Store(IImageEvent @event, Action then) => Persist(@event, stored =>
    {
        _state = _state.Apply(stored);
        _written.Set();
        ShowOperations();
        then();
        if (LastSequenceNr % SnapshotEvery == 0)
        {
            SaveSnapshot(_state);
        }
    });

    private void Answer(ImageQueries.GetOperation query)
    {
        if (ViewOperation(query.Number) is not { } operation)
        {
            Sender.Tell(new ImageReply.Refused(new(FailureCodes.OperationNotFound, "There is no such operation, or it is too long ago.", true)));
        }
        else if (query.Wait <= TimeSpan.Zero || operation.CompletedAt is not null)
        {
            Sender.Tell(new ImageReply.Operation(operation));
        }
        else
        {
            _waiters.Add(query.Number, Sender, query.Wait);
        }
    }

    private void ShowOperations()
    {
        var state = _state;
        var progress = _jobs.Values.SelectMany(job => job.Parties.Where(p => p.VmId is null).Select(p => (p.Operation, job.Progress))).ToDictionary(p => p.Operation, p => p.Progress);
        _operations.Publish(PersistenceId, () => state.Pulls.Select(p => state.View(p.Number, progress.GetValueOrDefault(p.Number))!));
    }

    private OperationResource? ViewOperation(long number) =>
        _state.View(number, _jobs.Values.FirstOrDefault(j => j.Parties.Exists(p => p.Operation == number))?.Progress);

    private DateTimeOffset LastUsed(CachedImage image) => _state.LastUsed.GetValueOrDefault(image.Digest.ToString(), image.ImportedAt);

    private ImageListResource View()
    {
        var users = _board.Current.Values.Where(vm => vm.ImageDigest is not null).ToLookup(vm => vm.ImageDigest!, vm => vm.Id);
        var items = _images.Values.OrderBy(i => i.Digest.Hex, StringComparer.Ordinal).Select(i => new ImageResource
        {
            Digest = i.Digest.ToString(),
            SourceUrl = ImageUrl.ShownOf(i.SourceUrl),
            SourceFormat = i.SourceFormat,
            SizeBytes = i.SizeBytes,
            VirtualSizeBytes = i.VirtualSizeBytes,
            Trust = i.IsPinned ? "pinned" : "recorded",
            ImportedAt = i.ImportedAt,
            LastUsedAt = LastUsed(i),
            UsedBy = [.. users[i.Digest.ToString()]],
        }).ToList();
        return new(items, items.Sum(i => i.SizeBytes), _budget, _store.FreeBytes());
    }

    private sealed record Scanned(IReadOnlyList<CachedImage> Images, Exception? Cause);

    /// <summary>One who waits for an import: a VM, or a pull operation.</summary>
    private sealed record Party(VmId? VmId, long Token, IActorRef Asker, long Operation);

    private sealed record Leave(ImageDigest? Digest, IReadOnlySet<ImageDigest>? Used, IActorRef? Asker, Exception? Cause);

    private sealed record Left(ImageDigest Digest, string Reason, IActorRef? Asker, Exception? Cause);

    private sealed class Job(IActorRef import)
    {
        public IActorRef Import { get; } = import;

        public List<Party> Parties { get; } = [];

        public ImportProgress? Progress { get; set; }
    }
}
