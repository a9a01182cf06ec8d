using System.Text.Json;
using System.Text.Json.Nodes;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Api;

/// <summary>Things to answer and to send.</summary>
internal static class Samples
{
    public const string Digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    public const string SshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@example";
    private static readonly DateTimeOffset Time = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public static Guid Id { get; } = Guid.Parse("4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1");

    public static VmResource Vm(Guid? id = null, string name = "web-1", string state = "running", long version = 7, params (string Key, string Value)[] labels) => new()
    {
        Id = id ?? Id,
        Name = name,
        VCpus = 2,
        MemoryBytes = 1L << 30,
        DiskBytes = 10L << 30,
        BaseImageUrl = "https://images.example/a.qcow2",
        BaseImageHash = Digest,
        ImageDigest = Digest,
        ImageTrust = "pinned",
        SshPublicKey = SshKey,
        HasUserData = true,
        Labels = labels.ToDictionary(l => l.Key, l => l.Value),
        MacAddress = "52:54:4f:1c:9d:5e",
        Intent = new("running", "api", "key-1", Time),
        Status = new(state, "booted", Time),
        Addresses = ["192.168.122.45"],
        Crashes = 0,
        CreatedAt = Time,
        Version = version,
    };

    public static OperationResource Operation(string kind = "create", string status = "running", VmId? vm = null, long number = 1) => new()
    {
        Id = new OperationId(vm, number).ToString(),
        Kind = kind,
        Status = status,
        Resource = vm is { } id ? $"/api/vms/{id}" : "/api/images",
        RequestId = "key-1",
        RequestedBy = "api",
        AcceptedAt = Time,
    };

    public static HistoryEntryResource Entry(long sequence) => new(sequence, Time, "step-completed", null, "The disk was created.", JsonElement.Parse("""{"step":"create-disk"}"""));

    public static EventResource Event(long id) => new(id, $"/api/vms/{Id}", Entry(id));

    /// <summary>The body of a create request that is right, with some fields changed; a null removes the field.</summary>
    public static string Create(params (string Field, JsonNode? Value)[] changes)
    {
        var body = new JsonObject
        {
            ["name"] = "web-1",
            ["vCpus"] = 2,
            ["memoryBytes"] = 1L << 30,
            ["diskBytes"] = 10L << 30,
            ["baseImageUrl"] = "https://images.example/a.qcow2",
            ["baseImageHash"] = Digest,
            ["sshPublicKey"] = SshKey,
        };
        foreach (var (field, value) in changes)
        {
            body.Remove(field);
            if (value is not null)
            {
                body[field] = value.DeepClone();
            }
        }

        return body.ToJsonString();
    }
}
