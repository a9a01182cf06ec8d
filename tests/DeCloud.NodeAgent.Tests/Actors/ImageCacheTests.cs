using Akka.Actor;
using DeCloud.NodeAgent.Actors.Images;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Simulation;
using DeCloud.NodeAgent.Tests.Vms;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.Tests.Actors;

public sealed class ImageCacheTests(ITestOutputHelper output) : NodeFixture(output)
{
    private static readonly ImageDigest A = SimulatedDisk.DigestOf("https://a.example/a");
    private static readonly ImageDigest B = SimulatedDisk.DigestOf("https://a.example/b");
    private static readonly ImageDigest C = SimulatedDisk.DigestOf("https://a.example/c");

    // Each simulated image takes 100 bytes: two fit.
    protected override ImageCachePolicy ImagePolicy => new(200, TimeSpan.FromHours(1));

    [Fact]
    public async Task Vms_that_wait_for_one_image_share_one_download()
    {
        await Connected();
        Disk.HoldImports = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var ids = Enumerable.Range(0, 10).Select(_ => VmId.New()).ToList();
        await Task.WhenAll(ids.Select(id => Accepted(Samples.Create(id, $"key-{id}"))));
        await Until(() => ids.All(id => Shown(id).Step is { Name: "resolve-image", Progress: not null }));
        Assert.Equal(1, Disk.Imports);
        Disk.HoldImports.SetResult();
        await Until(() => ids.All(id => Shown(id).Status.State == "running"));
        Assert.Equal(1, Disk.Imports);
    }

    [Fact]
    public async Task A_download_that_nobody_waits_for_any_more_is_stopped()
    {
        await Connected();
        Disk.HoldImports = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var id = VmId.New();
        await Accepted(Samples.Create(id));
        await Until(() => Disk.Imports == 1);
        await Accepted(Samples.Change(id, VmChange.Delete, "delete"));
        await Until(() => !Board.Current.ContainsKey(id));
        Assert.Equal("pull-image", (await Pull("https://a.example/a", "p1")).Kind);
        await Until(() => Disk.Imports == 2);
    }

    [Fact]
    public async Task A_pull_is_an_operation_that_survives_a_restart()
    {
        await Connected();
        Disk.HoldImports = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var accepted = await Pull("https://a.example/a", "p1");
        await RestartNode();
        await Connected();
        Disk.HoldImports.SetResult();
        await Until(async () => (await Operation(1)).Status == "succeeded");
        Assert.Equal(accepted.Id, (await Pull("https://a.example/a", "p1")).Id);
        Assert.Equal(FailureCodes.IdempotencyConflict, Assert.IsType<ImageReply.Refused>(await Ask(new ImageCommands.Pull(new("https://a.example/b", null), new("p1", "other", "api")))).Failure.Code);
    }

    [Fact]
    public async Task Waiting_for_a_pull_ends_with_it_and_a_failed_pull_says_why()
    {
        await Connected();
        Disk.Fail("import", 1);
        Disk.HoldImports = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await Pull("https://a.example/a", "p1");
        var waiting = Ask(new ImageQueries.GetOperation(1, TimeSpan.FromSeconds(30)));
        Disk.HoldImports.SetResult();
        var operation = Assert.IsType<ImageReply.Operation>(await waiting).Resource;
        Assert.Equal(("failed", FailureCodes.HostError), (operation.Status, operation.Error?.Code));
    }

    [Fact]
    public async Task A_pull_that_is_given_up_ends_at_once_and_stops_the_download_that_nobody_else_waits_for()
    {
        await Connected();
        Disk.HoldImports = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await Pull("https://a.example/a", "p1");
        await Pull("https://a.example/a", "p2");
        await Until(() => Disk.Imports == 1);
        var waiting = Ask(new ImageQueries.GetOperation(1, TimeSpan.FromSeconds(30)));

        Assert.Equal("superseded", Assert.IsType<ImageReply.Operation>(await Ask(new ImageCommands.Cancel(1))).Resource.Status);
        Assert.Equal("superseded", Assert.IsType<ImageReply.Operation>(await waiting).Resource.Status);
        Assert.Equal("running", (await Operation(2)).Status);
        Assert.Equal(FailureCodes.OperationNotCancellable, Assert.IsType<ImageReply.Refused>(await Ask(new ImageCommands.Cancel(1))).Failure.Code);
        Assert.Equal(FailureCodes.OperationNotFound, Assert.IsType<ImageReply.Refused>(await Ask(new ImageCommands.Cancel(9))).Failure.Code);

        await Ask(new ImageCommands.Cancel(2));
        await RestartNode();
        await Connected();
        Assert.Equal("superseded", (await Operation(2)).Status);
        Assert.Equal(1, Disk.Imports);
        await Pull("https://a.example/a", "p3");
        await Until(() => Disk.Imports == 2);
    }

    [Fact]
    public async Task Over_the_budget_the_longest_unused_leaves_and_what_is_in_use_stays()
    {
        await Connected();
        Disk.Referenced.Add(A);
        await Done("https://a.example/a", "a");
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Done("https://a.example/b", "b");
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Done("https://a.example/c", "c");
        await Until(async () => (await List()).Count == 2);
        Assert.Equal(new[] { A, C }.Select(d => d.ToString()).Order(StringComparer.Ordinal), await List());
    }

    [Fact]
    public async Task An_image_in_use_is_not_removed_and_one_that_is_not_is()
    {
        await Connected();
        await Done("https://a.example/a", "a");
        await Done("https://a.example/b", "b");
        Disk.Referenced.Add(A);
        Assert.Equal(FailureCodes.ImageInUse, Assert.IsType<ImageReply.Refused>(await Ask(new ImageCommands.Remove(A))).Failure.Code);
        Assert.Equal(B, Assert.IsType<ImageReply.Removed>(await Ask(new ImageCommands.Remove(B))).Digest);
        Assert.Equal(FailureCodes.ImageMissing, Assert.IsType<ImageReply.Refused>(await Ask(new ImageCommands.Remove(B))).Failure.Code);
        Assert.Equal([A.ToString()], await List());
    }

    [Fact]
    public async Task An_image_that_a_vm_waits_to_stand_on_is_held()
    {
        await Connected();
        Disk.Fail("disk", 1);
        var id = VmId.New();
        await Accepted(Samples.Create(id, spec: Samples.Spec with { ImageHash = A }));
        await Until(() => Shown(id).Failure?.Step == "create-disk");
        Assert.Equal(FailureCodes.ImageInUse, Assert.IsType<ImageReply.Refused>(await Ask(new ImageCommands.Remove(A))).Failure.Code);
    }

    [Fact]
    public async Task Without_a_hash_the_same_address_is_served_from_the_cache_for_a_while()
    {
        await Connected();
        var spec = Samples.Spec with { ImageHash = null, ImageUrl = "https://a.example/a" };
        // The simulated import stamps its images long ago, so the reuse is over and each VM asks again.
        await Accepted(Samples.Create(VmId.New(), "k1", spec: spec));
        await Until(() => Disk.Imports == 1);
        Disk.ImportedAt = Clock.Now;
        await Done("https://a.example/b", "b");
        var imports = Disk.Imports;
        var id = VmId.New();
        await Accepted(Samples.Create(id, "k2", spec: spec with { ImageUrl = "https://a.example/b" }));
        await Until(() => Shown(id).Status.State == "running");
        Assert.Equal(imports, Disk.Imports);
        Assert.Equal(("recorded", B.ToString()), (Shown(id).ImageTrust, Shown(id).ImageDigest));
    }

    private new async Task<ImageReply> Ask(object message) => await Node.Ask<ImageReply>(message, Timeout.InfiniteTimeSpan).WaitAsync(Wait);

    private async Task<Contracts.Rest.OperationResource> Pull(string url, string key) =>
        Assert.IsType<ImageReply.Accepted>(await Ask(new ImageCommands.Pull(new(url, null), new(key, url, "api")))).Resource;

    private async Task<Contracts.Rest.OperationResource> Operation(long number) =>
        Assert.IsType<ImageReply.Operation>(await Ask(new ImageQueries.GetOperation(number, TimeSpan.Zero))).Resource;

    private async Task Done(string url, string key)
    {
        var number = OperationId.TryParse((await Pull(url, key)).Id, out var id) ? id.Number : 0;
        await Until(async () => (await Operation(number)).Status == "succeeded");
    }

    private async Task<List<string>> List() => [.. Assert.IsType<ImageReply.Listed>(await Ask(new ImageQueries.List())).Images.Items.Select(i => i.Digest)];
}
