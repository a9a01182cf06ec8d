using CliWrap;
using CliWrap.Buffered;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>An agent whose state folder is a small file system.</summary>
public sealed class SmallStateLab : AgentLab
{
    /// <inheritdoc/>
    protected override string[] Settings => ["Images:ReserveBytes=0", "Capacity:ReserveDiskBytes=0"];

    /// <inheritdoc/>
    protected override async Task PrepareStateAsync() =>
        await Cli.Wrap("mount").WithArguments(["-t", "tmpfs", "-o", "size=1g,mode=0711", "decloud-small-state", StatePath]).ExecuteBufferedAsync();

    /// <inheritdoc/>
    protected override async Task DropStateAsync() => await Cli.Wrap("umount").WithArguments(["--lazy", StatePath]).ExecuteBufferedAsync();
}

/// <summary>A full file system under the journal.</summary>
public sealed class DiskFullTests(SmallStateLab lab) : AgentTests(lab), IClassFixture<SmallStateLab>
{
    [Fact]
    public async Task With_a_full_disk_requests_are_refused_vms_run_on_and_nothing_acknowledged_is_lost()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64))))!;
        var qemu = Assert.Single(Lab.Invariants.QemusOf(vm.Id));
        var filler = Path.Combine(Lab.StatePath, "filler");
        await FillAsync(filler);

        var accepted = new List<AcceptedResource>();
        Answer? refused = null;
        for (var i = 0; i < 200 && refused is null; i++)
        {
            // What the journal's file has reserved before the disk was full is used up first.
            var answer = await Lab.Api.TryChangeAsync(vm.Id, i % 2 == 0 ? "pause" : "resume");
            if (answer.Status == System.Net.HttpStatusCode.Accepted)
            {
                accepted.Add(answer.As(RestJson.Default.AcceptedResource));
                await Lab.Api.EndOfAsync(accepted[^1], TimeSpan.FromSeconds(10));
            }
            else
            {
                refused = answer;
            }
        }

        Assert.NotNull(refused);
        Assert.True(refused.Code is "journal-unavailable" or "restarting", refused.ToString());
        Assert.Equal([qemu], Lab.Invariants.QemusOf(vm.Id));
        Assert.Equal(200, (int)(await Lab.Api.SendAsync(HttpMethod.Get, "/healthz")).Status);
        Assert.Equal(200, (int)(await Lab.Api.SendAsync(HttpMethod.Get, "/api/vms")).Status);
        Assert.Contains((await Lab.Api.TryCreateAsync(Lab.Small(64) with { UserData = "#cloud-config\n" })).Code, (string[])["journal-unavailable", "restarting", "disk-full", "capacity-exhausted"]);

        File.Delete(filler);
        await Patience.UntilAsync(
            "requests are taken again",
            TimeSpan.FromSeconds(40),
            async () => (await Lab.Api.TryChangeAsync(vm.Id, "resume")).Status == System.Net.HttpStatusCode.Accepted,
            () => Lab.Agent.Log);
        await Lab.Api.UntilVmAsync(vm.Id, "the VM runs", TimeSpan.FromSeconds(30), v => v.Status.State == "running" && v.Step is null);
        await Lab.Agent.ReadyAsync();
        Assert.Equal([qemu], Lab.Invariants.QemusOf(vm.Id));
        await Lab.Invariants.AssertAsync();
        await Lab.Agent.RestartAsync();
        await Lab.Invariants.AssertAsync();
    }

    /// <summary>Writes until nothing more goes in.</summary>
    private static async Task FillAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                await file.WriteAsync(block);
            }
        }
        catch (IOException)
        {
            // It is full, which was asked for.
        }
    }
}
