using DeCloud.NodeAgent.Benchmarks;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Macro;
using DeCloud.NodeAgent.Benchmarks.Measure;
using DeCloud.NodeAgent.Benchmarks.Micro;

Dictionary<string, Func<Setting, Report, Task>> benchmarks = new()
{
    ["create"] = CreateBenchmark.RunAsync,
    ["list"] = ListBenchmark.RunAsync,
    ["resources"] = ResourcesBenchmark.RunAsync,
    ["metrics"] = MetricsBenchmark.RunAsync,
    ["restart"] = RestartBenchmark.RunAsync,
    ["start"] = StartBenchmark.RunAsync,
    ["journal"] = JournalBenchmark.RunAsync,
    ["import"] = ImportBenchmark.RunAsync,
    ["change"] = ChangeBenchmark.RunAsync,
    ["hang"] = HangBenchmark.RunAsync,
    ["libvirt"] = LibvirtBenchmark.RunAsync,
    ["push"] = PushBenchmark.RunAsync,
    ["nodes"] = NodesBenchmark.RunAsync,
    ["cli"] = TerminalBenchmark.RunAsync,
    ["inspection"] = InspectionBenchmark.RunAsync,
    ["micro"] = MicroBenchmark.RunAsync,
};

switch (args)
{
    case ["serve-file", var file, var port]:
        await LoopbackServer.ServeFileAsync(file, int.Parse(port, System.Globalization.CultureInfo.InvariantCulture));
        return 0;
    case ["serve-body", var file, var port]:
        await LoopbackServer.ServeBodyAsync(file, int.Parse(port, System.Globalization.CultureInfo.InvariantCulture));
        return 0;
    case ["names"]:
        Console.WriteLine(string.Join(' ', benchmarks.Keys));
        return 0;
    case [var name, .. var rest] when benchmarks.TryGetValue(name, out var run):
        var setting = Setting.Read(rest);
        await run(setting, new Report(setting.Rows));
        return 0;
    default:
        Console.Error.WriteLine("Which benchmark? One of: " + string.Join(' ', benchmarks.Keys) + ". scripts/bench.sh sets up what they need.");
        return 64;
}
