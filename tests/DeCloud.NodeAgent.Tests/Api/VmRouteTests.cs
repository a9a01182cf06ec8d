using System.Text.Json.Nodes;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class VmRouteTests(ApiHost host) : IClassFixture<ApiHost>
{
    private static string Vm => $"/api/vms/{Samples.Id}";

    [Fact]
    public async Task Create_tells_the_actor_what_was_asked_and_answers_202_with_the_operation()
    {
        host.Vms.Answers(m => m is VmCommands.Create c ? new VmReply.Accepted(Samples.Operation(vm: c.VmId), Samples.Vm(c.VmId.Value)) : null);

        var answer = await host.Post("/api/vms", Samples.Create(("userData", "#cloud-config\n"), ("labels", new JsonObject { ["b"] = "2", ["a"] = "1" })), ("Idempotency-Key", "my key"));

        var create = host.Vms.Last<VmCommands.Create>();
        Assert.Equal(202, answer.Status);
        Assert.Equal($"/api/operations/vm-{create.VmId.Value:N}-1", answer.Header("Location"));
        Assert.Equal("my key", answer.Header("Idempotency-Key"));
        Assert.Equal("my key", create.Request.Id);
        Assert.Equal("api", create.Request.By);
        Assert.Equal(64, create.Request.BodyHash.Length);
        Assert.Equal(("web-1", 2, 1L << 30, 10L << 30), (create.Spec.Name, create.Spec.VCpus, create.Spec.MemoryBytes, create.Spec.DiskBytes));
        Assert.Equal(Samples.Digest, create.Spec.ImageHash.ToString());
        Assert.Equal(["a", "b"], create.Spec.Labels.Keys);
        Assert.True(create.Spec.HasUserData);
        Assert.Equal("#cloud-config\n"u8.ToArray(), create.UserData!.Value.ToArray());
        Assert.Equal(create.VmId.Value, answer.Json.GetProperty("vm").GetProperty("id").GetGuid());
        Assert.Equal("running", answer.Json.GetProperty("operation").GetProperty("status").GetString());
        Assert.DoesNotContain("cloud-config", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_without_the_optional_fields_is_accepted()
    {
        host.Vms.Answers(m => m is VmCommands.Create c ? new VmReply.Accepted(Samples.Operation(vm: c.VmId), Samples.Vm(c.VmId.Value)) : null);

        var answer = await host.Post("/api/vms", Samples.Create(("baseImageHash", null), ("sshPublicKey", null), ("id", Samples.Id.ToString())));

        Assert.Equal(202, answer.Status);
        var create = host.Vms.Last<VmCommands.Create>();
        Assert.Equal(Samples.Id, create.VmId.Value);
        Assert.Null(create.Spec.ImageHash);
        Assert.Null(create.UserData);
        Assert.Equal("", create.Spec.SshPublicKey);
        Assert.Empty(create.Spec.Labels);
    }

    [Theory]
    [InlineData("start", VmChange.Start)]
    [InlineData("stop", VmChange.Stop)]
    [InlineData("stop?force=true", VmChange.ForceStop)]
    [InlineData("stop?force=false", VmChange.Stop)]
    [InlineData("restart", VmChange.Restart)]
    [InlineData("reset", VmChange.Reset)]
    [InlineData("pause", VmChange.Pause)]
    [InlineData("resume", VmChange.Resume)]
    public async Task Power_routes_ask_for_their_change(string route, VmChange expected)
    {
        host.Vms.Answers(m => m is VmCommands.Change c ? new VmReply.Accepted(Samples.Operation(vm: c.VmId, number: 9), Samples.Vm()) : null);

        var answer = await host.Post($"{Vm}/{route}");

        Assert.Equal(202, answer.Status);
        Assert.Equal($"/api/operations/vm-{Samples.Id:N}-9", answer.Header("Location"));
        var change = host.Vms.Last<VmCommands.Change>();
        Assert.Equal((expected, Samples.Id), (change.What, change.VmId.Value));
    }

    [Theory]
    [InlineData("""{"force":true}""", VmChange.ForceStop)]
    [InlineData("""{"force":false}""", VmChange.Stop)]
    [InlineData("{}", VmChange.Stop)]
    public async Task Stop_takes_force_from_its_body(string body, VmChange expected)
    {
        host.Vms.Answers(m => m is VmCommands.Change c ? new VmReply.Accepted(Samples.Operation(vm: c.VmId), Samples.Vm()) : null);

        Assert.Equal(202, (await host.Post(Vm + "/stop", body)).Status);
        Assert.Equal(expected, host.Vms.Last<VmCommands.Change>().What);
    }

    [Fact]
    public async Task Delete_answers_202_with_the_operation()
    {
        host.Vms.Answers(m => m is VmCommands.Change c ? new VmReply.Accepted(Samples.Operation("delete", vm: c.VmId, number: 3), Samples.Vm()) : null);

        var answer = await host.Delete(Vm, ("Idempotency-Key", "d"));

        Assert.Equal((202, $"/api/operations/vm-{Samples.Id:N}-3"), (answer.Status, answer.Header("Location")));
        Assert.Equal((VmChange.Delete, "d"), (host.Vms.Last<VmCommands.Change>().What, host.Vms.Last<VmCommands.Change>().Request.Id));
    }

    [Fact]
    public async Task Get_has_the_version_as_its_etag_and_answers_304_to_who_has_it()
    {
        host.Vms.Answers(new VmReply.Found(Samples.Vm(version: 41)));

        var answer = await host.Get(Vm);
        Assert.Equal((200, "W/\"41\""), (answer.Status, answer.Header("ETag")));
        Assert.Equal(2, answer.Json.GetProperty("vCpus").GetInt32());

        Assert.Equal(304, (await host.Get(Vm, ("If-None-Match", "W/\"41\""))).Status);
        Assert.Equal(200, (await host.Get(Vm, ("If-None-Match", "W/\"40\""))).Status);
    }

    public static TheoryData<string, int> Refusals => new()
    {
        { FailureCodes.VmNotFound, 404 },
        { FailureCodes.OperationNotFound, 404 },
        { FailureCodes.VmExists, 409 },
        { FailureCodes.VmNotRunning, 409 },
        { FailureCodes.GuestDown, 409 },
        { FailureCodes.ForeignDomain, 409 },
        { FailureCodes.NoAcceleration, 409 },
        { FailureCodes.ImageInUse, 409 },
        { FailureCodes.VmDeleted, 410 },
        { FailureCodes.IdempotencyConflict, 422 },
        { FailureCodes.ImageTooLarge, 422 },
        { FailureCodes.HypervisorError, 502 },
        { FailureCodes.HypervisorUnavailable, 503 },
        { FailureCodes.CapacityExhausted, 409 },
        { FailureCodes.GpuUnknown, 422 },
        { FailureCodes.CapacityUnknown, 503 },
        { FailureCodes.Restarting, 503 },
        { FailureCodes.JournalUnavailable, 503 },
        { FailureCodes.Timeout, 504 },
        { FailureCodes.DiskFull, 507 },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Refusals_become_problems_of_their_code(string code, int status)
    {
        host.Vms.Answers(new VmReply.Refused(new(code, "Because of this; do that.", false)));

        foreach (var answer in new[] { await host.Post("/api/vms", Samples.Create()), await host.Post(Vm + "/start"), await host.Get(Vm), await host.Delete(Vm) })
        {
            Assert.Equal((status, code), (answer.Status, answer.Problem));
            Assert.Equal("Because of this; do that.", answer.Json.GetProperty("detail").GetString());
            Assert.Equal(status == 503, answer.Header("Retry-After") is not null);
        }
    }

    [Fact]
    public async Task What_there_is_too_little_of_is_in_the_problem_with_its_figures()
    {
        var offer = new Offer(new(2, 4L << 30, [], []), new(), 0);
        var verdict = Admission.Decide(offer, Reservations.Of([]), Tests.Vms.Samples.Spec with { VCpus = 100, DiskBytes = 0 }, []);
        host.Vms.Answers(new VmReply.Refused(verdict.Refusal!) { Shortages = verdict.Shortages });

        var answer = await host.Post("/api/vms", Samples.Create());

        Assert.Equal((409, "capacity-exhausted"), (answer.Status, answer.Problem));
        var cpu = answer.Json.GetProperty("shortages")[0];
        Assert.Equal(("cpu", "vcpus", 100, 32, 0, 32), (cpu.GetProperty("resource").GetString(), cpu.GetProperty("unit").GetString(), Figure("asked"), Figure("offered"), Figure("reserved"), Figure("free")));
        Assert.Contains("100 vcpus are asked for", cpu.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(["cpu", "disk"], answer.Json.GetProperty("shortages").EnumerateArray().Select(s => s.GetProperty("resource").GetString()));

        int Figure(string name) => cpu.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Gpus_are_asked_for_by_address_or_as_any()
    {
        host.Vms.Answers(m => m is VmCommands.Create c ? new VmReply.Accepted(Samples.Operation(vm: c.VmId), Samples.Vm()) : null);

        Assert.Equal(202, (await host.Post("/api/vms", Samples.Create(("gpus", new JsonArray("any", "0000:65:00.0"))))).Status);
        Assert.Equal<IEnumerable<string>>(["any", "0000:65:00.0"], host.Vms.Last<VmCommands.Create>().Gpus);
    }

    [Theory]
    [InlineData("0000:65:00.8")]
    [InlineData("0000:65:20.0")]
    [InlineData("65:00.0")]
    [InlineData("0000:65:00.0\n")]
    [InlineData("0000:AB:00.0")]
    [InlineData("Any")]
    [InlineData("")]
    public async Task What_is_no_gpu_is_refused_by_name(string gpu)
    {
        var answer = await host.Post("/api/vms", Samples.Create(("gpus", new JsonArray(gpu))));

        Assert.Equal((400, "gpus"), (answer.Status, Assert.Single(answer.ErrorFields)));
    }

    [Fact]
    public async Task A_gpu_twice_and_too_many_are_refused()
    {
        Assert.Equal(400, (await host.Post("/api/vms", Samples.Create(("gpus", new JsonArray("0000:65:00.0", "0000:65:00.0"))))).Status);
        Assert.Equal(400, (await host.Post("/api/vms", Samples.Create(("gpus", new JsonArray([.. Enumerable.Repeat((JsonNode)"any", 17).Select(n => n.DeepClone())]))))).Status);
        Assert.Equal(400, (await host.Post("/api/vms", Samples.Create(("gpus", new JsonArray([null]))))).Status);
    }

    [Fact]
    public async Task An_actor_that_does_not_answer_is_a_504_by_its_deadline()
    {
        host.Vms.Answers(_ => null);

        var answer = await host.Get(Vm);

        Assert.Equal((504, FailureCodes.Timeout), (answer.Status, answer.Problem));
    }

    [Fact]
    public async Task An_actor_that_answers_nonsense_is_a_500_that_says_nothing_of_the_inside()
    {
        host.Vms.Answers(new VmReply.Operation(Samples.Operation()));

        var answer = await host.Get(Vm);

        Assert.Equal((500, "internal-error"), (answer.Status, answer.Problem));
        Assert.DoesNotContain("VmReply", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Actors_that_are_not_there_yet_are_a_503_with_retry_after()
    {
        var empty = new ApiHost { IsEmpty = true };
        await empty.InitializeAsync();
        try
        {
            var answer = await empty.Get(Vm);
            Assert.Equal((503, FailureCodes.Restarting, "1"), (answer.Status, answer.Problem, answer.Header("Retry-After")));
            Assert.Equal(200, (await empty.Get("/healthz")).Status);
            Assert.Equal((503, "not-ready"), (await empty.Get("/readyz") is var ready ? ready.Status : 0, ready.Problem));
        }
        finally
        {
            await empty.DisposeAsync();
        }
    }
}
