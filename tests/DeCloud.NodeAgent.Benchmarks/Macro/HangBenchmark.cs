using System.Diagnostics;
using System.Net;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>libvirtd frozen by SIGSTOP: what reads of the API cost before and during it, and when a call that was on its way to libvirt ends.</summary>
internal static class HangBenchmark
{
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public static async Task RunAsync(Setting setting, Report report)
    {
        var state = setting.NewFolder("hang");
        var image = await BenchImage.PutAsync(setting, state);
        await using var agent = await Agent.StartReadyAsync(setting, state);
        var vm = (await agent.CreateAsync(image.Request("hang"))).Id;
        await ReadAsync(agent, vm, TimeSpan.FromSeconds(3));
        var before = await ReadAsync(agent, vm, Span);
        await Programs.RunAsync(setting.Script, "pause-libvirtd", setting.Host);
        (Sample List, Sample One) during;
        double stuck;
        try
        {
            var asked = StuckAsync(agent, vm);
            during = await ReadAsync(agent, vm, Span);
            stuck = await asked;
        }
        finally
        {
            await Programs.RunAsync(setting.Script, "resume-libvirtd", setting.Host);
        }

        var since = Stopwatch.GetTimestamp();
        while ((await agent.Http.GetAsync("/readyz")).StatusCode != HttpStatusCode.OK && Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(60))
        {
            await Task.Delay(5);
        }

        var back = Stopwatch.GetElapsedTime(since);
        report.Tell("`GET /api/vms`, p99 before and while libvirtd hangs", $"{before.List.P99:0.0} ms, {during.List.P99:0.0} ms (medians {before.List.Median:0.00} and {during.List.Median:0.00}, n={during.List.Count})");
        report.Tell("`GET /api/vms/{id}`, p99 before and while libvirtd hangs", $"{before.One.P99:0.0} ms, {during.One.P99:0.0} ms (medians {before.One.Median:0.00} and {during.One.Median:0.00})");
        var worse = Math.Max(during.List.Median / before.List.Median, during.One.Median / before.One.Median);
        report.AtMost("Reads while libvirtd hangs ÷ before", $"{worse:0.00} (the worse of the medians)", worse, 1.5, "");
        report.AtMost("A request that needs the hung libvirtd is answered after (the API's own deadline)", $"{stuck:0.0} s", stuck, 10.5, "s");
        report.Tell("libvirtd goes on, until ready again", $"{back.TotalSeconds:0.00} s");
        await agent.DeleteAsync(vm);
    }

    /// <summary>Reads the list and one VM in turns, with a little pause.</summary>
    private static async Task<(Sample List, Sample One)> ReadAsync(Agent agent, Guid vm, TimeSpan span)
    {
        var (list, one) = (new Sample(), new Sample());
        var since = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(since) < span)
        {
            list.Add(await TimeAsync("/api/vms"));
            one.Add(await TimeAsync($"/api/vms/{vm}"));
            await Task.Delay(Pause);
        }

        return (list, one);

        async Task<TimeSpan> TimeAsync(string path)
        {
            var begin = Stopwatch.GetTimestamp();
            using var answer = await agent.Http.GetAsync(path);
            answer.EnsureSuccessStatusCode();
            return Stopwatch.GetElapsedTime(begin);
        }
    }

    /// <summary>Asks for the screen, which asks libvirt; tells in seconds when that ends, however it does.</summary>
    private static async Task<double> StuckAsync(Agent agent, Guid vm)
    {
        var since = Stopwatch.GetTimestamp();
        using var answer = await agent.Http.PostAsync($"/api/vms/{vm}/vnc", null);
        return answer.IsSuccessStatusCode
            ? throw new InvalidOperationException("libvirtd answered although it was frozen.")
            : Stopwatch.GetElapsedTime(since).TotalSeconds;
    }
}
