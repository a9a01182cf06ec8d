using DeCloud.NodeAgent.Core.Images;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>Lets progress through at most four times a second, and always at the beginning of a stage.</summary>
/// <param name="target">Who is told.</param>
/// <param name="time">The clock.</param>
internal sealed class ProgressGate(IProgress<ImportProgress> target, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private readonly Lock _lock = new();
    private long _last;
    private string? _stage;

    /// <summary>Tells progress, unless it was told just now.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="done">Bytes done in it.</param>
    /// <param name="total">Bytes of it, when known.</param>
    public void Report(string stage, long done, long? total)
    {
        lock (_lock)
        {
            if (stage == _stage && time.GetElapsedTime(_last) < Interval)
            {
                return;
            }

            (_stage, _last) = (stage, time.GetTimestamp());
        }

        target.Report(new(stage, done, total));
    }
}
