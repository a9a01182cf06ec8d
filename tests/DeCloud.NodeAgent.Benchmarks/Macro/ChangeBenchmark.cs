using System.Diagnostics;
using System.Globalization;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Events;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>
/// From libvirt's event, as a client of its own sees it on a connection of its own, to GET /api/vms/{id} showing the change, asked in a loop. The resolution is one request, well under a
/// millisecond. And from the act itself, for the kill.
/// </summary>
internal static class ChangeBenchmark
{
    private const int Kills = 12;
    private const int Poweroffs = 10;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BootDeadline = TimeSpan.FromMinutes(3);

    public static async Task RunAsync(Setting setting, Report report)
    {
        var state = setting.NewFolder("change");
        var image = await BenchImage.PutAsync(setting, state);
        await using var agent = await Agent.StartReadyAsync(setting, state);
        await using var libvirt = await LibvirtConnection.ConnectAsync(LibvirtUri.Parse(setting.QemuUri));
        await using var events = await libvirt.Events.SubscribeAsync(DomainEventKinds.Lifecycle);
        var stops = new Stops(events);
        var vm = (await agent.CreateAsync(image.Request("change"))).Id;

        var (afterEvent, afterKill) = (new Sample(), new Sample());
        for (var i = 0; i < Kills; i++)
        {
            var pid = int.Parse(await File.ReadAllTextAsync(Path.Combine(setting.Host, "run/libvirt/qemu", $"dc-{vm}.pid")), CultureInfo.InvariantCulture);
            var stopped = stops.NextAsync(vm);
            var shown = ShownAsync(agent, vm);
            await Task.Delay(100);
            var killed = Stopwatch.GetTimestamp();
            Process.GetProcessById(pid).Kill();
            var (eventAt, shownAt) = (await stopped, await shown);
            afterEvent.Add(Stopwatch.GetElapsedTime(eventAt, shownAt));
            afterKill.Add(Stopwatch.GetElapsedTime(killed, shownAt));
            await agent.ChangeAsync(vm, "start");
        }

        report.AtMost("QEMU killed to the API, after libvirt's event", Milliseconds(afterEvent), afterEvent.P95, 250, "ms p95");
        report.Tell("QEMU killed to the API, from the kill", Milliseconds(afterKill));

        var afterPoweroff = new Sample();
        await agent.ChangeAsync(vm, "stop?force=true");
        await stops.NextAsync(vm);
        for (var i = 0; i < Poweroffs; i++)
        {
            var boots = await BootsAsync(agent, vm);
            await agent.ChangeAsync(vm, "start");
            await BootedAsync(agent, vm, boots);
            var stopped = stops.NextAsync(vm);
            var shown = ShownAsync(agent, vm);
            await PressAsync(libvirt, vm, stopped);
            afterPoweroff.Add(Stopwatch.GetElapsedTime(await stopped, await shown));
        }

        report.AtMost("Guest powered off to the API, after libvirt's event", Milliseconds(afterPoweroff), afterPoweroff.P95, 25, "ms p95");
        await agent.DeleteAsync(vm);
    }

    private static FormattableString Milliseconds(Sample sample) => $"median {sample.Median:0.0} ms, p95 {sample.P95:0.0} ms (n={sample.Count})";

    /// <summary>Asks until the VM is shown as stopped; tells when that was.</summary>
    private static async Task<long> ShownAsync(Agent agent, Guid vm)
    {
        var since = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(since) < Deadline)
        {
            if ((await agent.GetAsync(vm)).Status.State == "stopped")
            {
                return Stopwatch.GetTimestamp();
            }
        }

        throw new TimeoutException("The VM was not shown as stopped.");
    }

    /// <summary>Presses the power button until the guest is down: one that has only just booted may not hear it yet.</summary>
    private static async Task PressAsync(LibvirtConnection libvirt, Guid vm, Task stopped)
    {
        while (!stopped.IsCompleted)
        {
            try
            {
                await libvirt.Domains.ShutdownAsync(DomainRef.Of(vm), ShutdownFlags.AcpiPowerButton);
            }
            catch (LibvirtException refused) when (refused.Code == LibvirtErrorCode.OperationInvalid)
            {
                // It is down, and the event is on its way.
            }

            await Task.WhenAny(stopped, Task.Delay(TimeSpan.FromSeconds(2)));
        }
    }

    /// <summary>Waits until the guest says on its console that it is up once more, and so hears its power button.</summary>
    private static async Task BootedAsync(Agent agent, Guid vm, int boots)
    {
        var since = Stopwatch.GetTimestamp();
        while (await BootsAsync(agent, vm) <= boots)
        {
            if (Stopwatch.GetElapsedTime(since) > BootDeadline)
            {
                throw new TimeoutException("The guest did not boot.");
            }

            await Task.Delay(100);
        }
    }

    private static async Task<int> BootsAsync(Agent agent, Guid vm) =>
        (await agent.Http.GetStringAsync($"/api/vms/{vm}/console?tail=65536")).Split("decloud-test-guest: ready").Length - 1;
}
