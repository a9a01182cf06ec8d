using Akka.Actor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Actors.Images;

/// <summary>One import in flight: lives as long as it, and stops it when it is stopped.</summary>
internal sealed class ImageImport : ReceiveActor
{
    private readonly CancellationTokenSource _stop = new();
    private readonly IImageStore _store;
    private readonly ImageRequest _request;

    public ImageImport(IImageStore store, ImageRequest request)
    {
        _store = store;
        _request = request;
        ReceiveAny(outcome =>
        {
            Context.Parent.Tell(outcome);
            if (outcome is Imported or NotImported)
            {
                Context.Stop(Self);
            }
        });
    }

    protected override void PreStart()
    {
        var self = Self;
        var progress = new Reporter(self, _request);
        Task.Run(() => _store.ImportAsync(_request, progress, _stop.Token)).PipeTo(
            self,
            success: image => new Imported(_request, image),
            failure: cause => new NotImported(_request, cause is FailureException known ? known.Failure : new(FailureCodes.HostError, cause.Message, false)));
    }

    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    internal sealed record Imported(ImageRequest Request, CachedImage Image);

    internal sealed record NotImported(ImageRequest Request, Failure Failure);

    internal sealed record Advanced(ImageRequest Request, ImportProgress Progress);

    private sealed class Reporter(IActorRef self, ImageRequest request) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => self.Tell(new Advanced(request, value));
    }
}
