namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>A wish for a ticket to a VM's console.</summary>
public sealed record CreateConsoleTicketRequest
{
    /// <summary><c>serial</c> for the serial console, <c>vnc</c> for the screen.</summary>
    public required string Kind { get; init; }
}

/// <summary>A ticket that opens one console of one VM once.</summary>
/// <param name="Ticket">The ticket: 256 random bits as base64url. Whoever has it needs nothing else, so it is a secret until it is used.</param>
/// <param name="Kind">What it opens: <c>serial</c> or <c>vnc</c>.</param>
/// <param name="ExpiresAt">Until when it must be used.</param>
/// <param name="Path">Where to open a WebSocket with it.</param>
public sealed record ConsoleTicketResource(string Ticket, string Kind, DateTimeOffset ExpiresAt, string Path);
