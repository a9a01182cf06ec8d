using System.Diagnostics;
using System.Globalization;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.IntegrationTests.Orchestrator;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>
/// From giving an orchestrator's command to the end of the VM's QEMU, by each of the ways in; against the same libvirt call made directly, in turns. The command is to cut the VM's power: libvirt
/// signals QEMU first thing, and says that the domain stopped a second or more later, when it has cleaned up, which would drown the difference.
/// </summary>
internal static class PushBenchmark
{
    private const int Rounds = 12;
    private const double BudgetMilliseconds = 100;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>A key that documentation of Ethereum libraries publishes; nobody keeps anything in it.</summary>
    private const string WalletKey = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";

    public static async Task RunAsync(Setting setting, Report report)
    {
        var state = setting.NewFolder("push");
        var image = await BenchImage.PutAsync(setting, state);
        using (var authority = Certificates.Authority(state))
        {
            Certificates.Certify(authority, state, "orchestrator", ["orchestrator"]);
            Certificates.Certify(authority, state, "node-1", ["node-1"]);
        }

        var wallet = Path.Combine(state, "wallet");
        await File.WriteAllTextAsync(wallet, WalletKey);
        File.SetUnixFileMode(wallet, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        foreach (var key in Directory.GetFiles(state, "*.key"))
        {
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        await using var peer = new OrchestratorDouble { ImagePath = setting.Image };
        await peer.StartAsync();
        var edge = LoopbackServer.FreePort();
        await using var agent = await Agent.StartReadyAsync(
            setting, state,
            "--Remote:Enabled=true", "--Remote:Host=127.0.0.1", $"--Remote:Port={edge}", $"--Remote:CertificateFile={FileOf("node-1.pem")}", $"--Remote:KeyFile={FileOf("node-1.key")}",
            $"--Remote:AuthorityFile={FileOf("ca.pem")}", "--Remote:Orchestrators=orchestrator",
            $"--Orchestrator:BaseUrl={peer.Url}", $"--Orchestrator:WalletKeyFile={wallet}", "--Orchestrator:MachineId=bench", $"--Orchestrator:AcceptTermsVersion={peer.Terms.Version}",
            $"--Orchestrator:AcceptTermsHash={peer.Terms.Hash}", "--Heartbeat:Interval=00:00:01", "--Images:AllowHttp=true");
        using var orchestrator = OrchestratorProgram.Start(state, 1, "--node", $"node-1=127.0.0.1:{edge}");
        await orchestrator.AttachedAsync(1, Deadline);
        await UntilAsync("the agent is registered", () => Task.FromResult(peer.IsPushEnabled));

        await using var libvirt = await LibvirtConnection.ConnectAsync(LibvirtUri.Parse(setting.QemuUri));
        var (direct, pushed, streamed) = (new Sample(), new Sample(), new Sample());
        var own = (await agent.CreateAsync(image.Request("push"))).Id;

        // An orchestrator over HTTP commands only what it ordered.
        var ordered = Guid.NewGuid();
        peer.Queue(
            OrchestratorCommandType.CreateVm,
            $$"""{"VmId":"{{ordered}}","Name":"ordered","OwnerId":"bench","VirtualCpuCores":1,"MemoryBytes":{{128 << 20}},"DiskBytes":{{1 << 30}},"BaseImageUrl":"{{peer.Url}}images/small.qcow2","BaseImageHash":""}""");
        await UntilAsync("the ordered VM runs", async () => (await agent.Http.GetAsync($"/api/vms/{ordered}")).IsSuccessStatusCode && await RunsAsync(ordered));
        for (var round = 0; round < Rounds; round++)
        {
            direct.Add(await TakesAsync(own, () => libvirt.Domains.DestroyAsync(DomainRef.Of(own))));
            streamed.Add(await TakesAsync(own, () => orchestrator.SayAsync($"stop {own} on=node-1 force=true")));
            pushed.Add(await TakesAsync(ordered, async () =>
            {
                if ((await peer.GiveAsync(agent.Port, OrchestratorCommandType.StopVm, $$"""{"VmId":"{{ordered}}","Force":true}""", isSigned: true)).Answer is not System.Net.HttpStatusCode.OK)
                {
                    throw new InvalidOperationException("The push was not taken.");
                }
            }));
        }

        report.Tell("A VM's power is cut: the libvirt call until its QEMU has ended", Of(direct));
        Tell("streamed over Akka.Remote with mutual TLS", streamed);
        Tell("pushed over HTTP, signed", pushed);
        await orchestrator.QuitAsync();
        await agent.DeleteAsync(own);
        await agent.DeleteAsync(ordered);

        string FileOf(string name) => Path.Combine(state, name);

        static FormattableString Of(Sample sample) => $"median {sample.Median:0.0} ms, p95 {sample.P95:0.0} ms (n={sample.Count})";

        void Tell(string way, Sample sample) => report.AtMost(
            $"The same by a command {way}, on top of that",
            $"median {sample.Median - direct.Median:0.0} ms (from giving it to the end {sample.Median:0.0} ms, p95 {sample.P95:0.0} ms)",
            sample.Median - direct.Median, BudgetMilliseconds, "ms");

        async Task<bool> RunsAsync(Guid vm) => await agent.GetAsync(vm) is { Status.State: "running", Step: null };

        async Task<TimeSpan> TakesAsync(Guid vm, Func<Task> give)
        {
            if (!await RunsAsync(vm))
            {
                await agent.ChangeAsync(vm, "start");
            }

            using var qemu = Process.GetProcessById(
                int.Parse(await File.ReadAllTextAsync(Path.Combine(setting.Host, "run/libvirt/qemu", $"dc-{vm}.pid")), CultureInfo.InvariantCulture));
            var ended = Task.Run(() => EndOf(qemu));
            await Task.Delay(100);
            var given = Stopwatch.GetTimestamp();
            var giving = give();
            var took = Stopwatch.GetElapsedTime(given, await ended);
            await giving;
            await UntilAsync("the stop is over", async () => (await agent.GetAsync(vm)) is { Status.State: "stopped", Step: null });
            return took;
        }
    }

    /// <summary>Looks every half millisecond, since a process that is not this one's child can't be waited for.</summary>
    private static long EndOf(Process process)
    {
        var file = string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/stat");
        var since = Stopwatch.GetTimestamp();
        while (Lives(file))
        {
            if (Stopwatch.GetElapsedTime(since) > Deadline)
            {
                throw new TimeoutException("QEMU did not end.");
            }

            Thread.Sleep(TimeSpan.FromMilliseconds(0.5));
        }

        return Stopwatch.GetTimestamp();
    }

    private static bool Lives(string file)
    {
        try
        {
            // The state follows the name, which is in brackets (proc_pid_stat(5)).
            var stat = File.ReadAllText(file);
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        var since = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            if (Stopwatch.GetElapsedTime(since) > Deadline)
            {
                throw new TimeoutException($"Not so within {Deadline}: {what}.");
            }

            await Task.Delay(50);
        }
    }
}
