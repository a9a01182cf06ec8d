namespace DeCloud.NodeAgent.Tests;

/// <summary>A clock that measures what it is told has passed.</summary>
internal sealed class SteppedTime : TimeProvider
{
    public TimeSpan Passed { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Passed.Ticks;
}
