using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Micro;

/// <summary>Runs the small benchmarks of pure code and puts their means and allocations into the table.</summary>
internal static class MicroBenchmark
{
    public static Task RunAsync(Setting setting, Report report)
    {
        // In this process: a project of BenchmarkDotNet's own making would need a restore of its own.
        var config = DefaultConfig.Instance
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .WithArtifactsPath(Path.Combine(setting.Work, "micro"));
        foreach (var result in BenchmarkRunner.Run<PureCode>(config).Reports)
        {
            var mean = (result.ResultStatistics ?? throw new InvalidOperationException($"{result.BenchmarkCase.DisplayInfo} gave no figures.")).Mean / 1000;
            report.Tell(
                result.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\''),
                $"{mean:0.0} µs, {(result.GcStats.GetBytesAllocatedPerOperation(result.BenchmarkCase) ?? 0) / 1024.0:0.0} KiB allocated");
        }

        return Task.CompletedTask;
    }
}
