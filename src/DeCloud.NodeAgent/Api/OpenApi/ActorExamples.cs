using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Api.OpenApi;

/// <summary>An example of an actor and of what is seen of it.</summary>
internal static class ActorExamples
{
    /// <summary>Where it is.</summary>
    public const string Path = "/user/node/wireguard";

    /// <summary>When it was looked at.</summary>
    public static DateTimeOffset Time { get; } = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    /// <summary>It in full.</summary>
    public static ActorDetailResource Detail { get; } = new()
    {
        Path = Path,
        Type = "WireGuardActor",
        State = "ready",
        Mailbox = 0,
        Messages = 1234,
        Restarts = 1,
        LastFailure = new(Time, "IOException: Broken pipe"),
        Children = 0,
        Supervision = [new(Time.AddHours(-1), "started", null), new(Time, "failed", "IOException: Broken pipe"), new(Time, "stopped", null), new(Time.AddSeconds(0.2), "started", null)],
    };

    /// <summary>It in a list.</summary>
    public static ActorListResource List { get; } = new(
        [
            new()
            {
                Path = Detail.Path,
                Type = Detail.Type,
                State = Detail.State,
                Mailbox = Detail.Mailbox,
                Messages = Detail.Messages,
                Restarts = Detail.Restarts,
                LastFailure = Detail.LastFailure,
                Children = Detail.Children,
            },
        ],
        false);

    /// <summary>How busy it is.</summary>
    public static ActorTopResource Top { get; } = new([new(Path, "WireGuardActor", 0, 12.5, 2)], 1);

    /// <summary>A message that it takes.</summary>
    public static TailResource Sight { get; } = new(Time, "message", "WireGuardActor.Look", "Number=12");

    /// <summary>What wants attention.</summary>
    public static WarningResource Warning { get; } = new()
    {
        Id = "libvirt-lost",
        Kind = "libvirt-lost",
        Severity = "critical",
        Subject = "node",
        Title = "libvirt is not connected",
        Detail = "Connection refused",
        Remedy = "Look at 'systemctl status libvirtd' (or virtqemud) and its log. VMs go on running; the agent connects again by itself.",
        FirstSeen = Time.AddDays(-1),
        LastSeen = Time,
        Count = 2,
        Acknowledged = new(Time, "socket", "being upgraded"),
        Active = true,
    };

    /// <summary>A message that reached nobody.</summary>
    public static DeadLetterResource DeadLetter { get; } = new(Time, "DomainActor.Looked", "/user/node/vms/4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1", null, "Order=12");
}
