using System.Collections.Frozen;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Api.Problems;

/// <summary>The words for refusals that come from HTTP itself; those of the domain are <see cref="FailureCodes"/>.</summary>
internal static class ApiCodes
{
    public const string InvalidRequest = "invalid-request";
    public const string MalformedJson = "malformed-json";
    public const string BadRequest = "bad-request";
    public const string Unauthorized = "unauthorized";
    public const string CrossOrigin = "cross-origin";
    public const string HostNotAllowed = "host-not-allowed";
    public const string RouteNotFound = "route-not-found";
    public const string MethodNotAllowed = "method-not-allowed";
    public const string RequestTimeout = "request-timeout";
    public const string BodyTooLarge = "body-too-large";
    public const string UnsupportedMediaType = "unsupported-media-type";
    public const string NotReady = "not-ready";
    public const string TooManyStreams = "too-many-streams";
    public const string TicketNotFound = "ticket-not-found";
    public const string UpgradeRequired = "upgrade-required";
    public const string OperatorsOnly = "operators-only";
    public const string JournalNotFound = "journal-not-found";
    public const string InternalError = "internal-error";
}

/// <summary>A kind of problem.</summary>
/// <param name="Code">The stable word.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">It in words.</param>
/// <param name="Meaning">When it happens, and what to do.</param>
/// <param name="RetryAfter">Seconds after which a client should try again; 0 when trying again won't help by itself.</param>
internal sealed record ErrorKind(string Code, int Status, string Title, string Meaning, int RetryAfter = 0);

/// <summary>Every kind of problem the API answers with. <c>/docs/errors</c>, the OpenAPI document and the answers themselves are made from this table.</summary>
internal static class ErrorCatalogue
{
    /// <summary>The table, ordered by status.</summary>
    public static IReadOnlyList<ErrorKind> All { get; } =
    [
        new(ApiCodes.InvalidRequest, 400, "The request is not valid", "A field, query parameter or header has a value that is not allowed. 'errors' names every one of them and says what would be right. Nothing was done."),
        new(ApiCodes.MalformedJson, 400, "The body is not JSON", "The body could not be read as one JSON object: a syntax error, a field given twice, or more than 16 levels. Nothing was done."),
        new(ApiCodes.BadRequest, 400, "The request is malformed", "The request breaks the rules of HTTP."),
        new(ApiCodes.Unauthorized, 401, "A token is required", "The API asks for a token. Send it as 'Authorization: Bearer <token>'."),
        new(ApiCodes.CrossOrigin, 403, "Requests from other web sites are refused", "A web page of another origin sent the request. Send it from the API's own origin, or from a program that is no browser."),
        new(ApiCodes.OperatorsOnly, 403, "Operators only", "The request changes the agent itself, and nothing shows that its operator sent it: no token is configured, so everybody on the machine can. Send it over the agent's socket (decloud does), or set Http:ApiTokenFile and show the token."),
        new(FailureCodes.CommandNotProven, 403, "Nothing shows that the command is the orchestrator's", "A pushed command is carried out only with a signature, or when the orchestrator gives the same one while the push waits. Otherwise the node goes on asking its orchestrator for commands; leave the command in the queue there."),
        new(ApiCodes.RouteNotFound, 404, "There is nothing at this path", "The path names no route of the API. /swagger lists the routes."),
        new(FailureCodes.VmNotFound, 404, "There is no such VM", "No VM of this node has or had this id, or it did not exist at the time that was asked for."),
        new(FailureCodes.OperationNotFound, 404, "There is no such operation", "The id names no operation that this node remembers."),
        new(FailureCodes.ImageMissing, 404, "The image is not in the cache", "The image was removed or never imported. POST /api/images brings it into the cache."),
        new(FailureCodes.NoOrchestrator, 404, "No orchestrator is configured", "The node reports to no orchestrator over HTTP. Set Orchestrator:BaseUrl and restart the agent."),
        new(FailureCodes.PortNotFound, 404, "There is no such forwarded port", "The VM has no forwarded port of this number and protocol, as it was allocated."),
        new(FailureCodes.WarningNotFound, 404, "There is no such warning", "No warning has this name, or it ended too long ago. GET /api/warnings?state=all lists them."),
        new(FailureCodes.ActorNotFound, 404, "There is no such actor", "No actor has this path now. GET /api/actors lists those that there are."),
        new(ApiCodes.JournalNotFound, 404, "The journal has nothing of this subject", "No event was ever stored under this persistence id."),
        new(ApiCodes.TicketNotFound, 404, "The ticket opens nothing", "The console ticket was never issued, was used before, or is older than 30 seconds. Ask for another."),
        new(ApiCodes.MethodNotAllowed, 405, "The method is not allowed here", "The path exists, with other methods. The Allow header lists them."),
        new(ApiCodes.RequestTimeout, 408, "The request came too slowly", "The request's headers or body did not arrive in time."),
        new(FailureCodes.NoAcceleration, 409, "The host cannot run VMs", "The host has no usable KVM. Turn virtualisation on in its firmware, or accept slow and unprotected emulation with Libvirt:AllowEmulation=true."),
        new(FailureCodes.ForeignDomain, 409, "A foreign domain has this identity", "libvirt knows a domain with this UUID that the agent did not make. It is never touched; choose another id."),
        new(FailureCodes.VmNotRunning, 409, "The VM's state does not allow this", "The request needs the VM in another state, running as a rule."),
        new(FailureCodes.GuestDown, 409, "The guest is down", "The guest went down when it should have come up. The console's tail and the history say why."),
        new(FailureCodes.VmCrashed, 409, "The VM went down by itself", "QEMU died under the VM or could not start it; the VM is started again after a pause."),
        new(FailureCodes.OperationNotCancellable, 409, "The operation can't be cancelled", "It has ended, or it is past waiting and downloading; the detail says which and what to do instead."),
        new(FailureCodes.ActorNotRestartable, 409, "The actor is not started again by hand", "Only parts of the node and VMs' actors are; the detail says which to choose instead."),
        new(FailureCodes.ActorBusy, 409, "The actor has work in flight", "A restart would break it off. Wait for its end."),
        new(FailureCodes.ConsoleBusy, 409, "Somebody has the VM's serial console", "One at a time has a VM's serial console. Wait until it is free, or ask for the ticket with 'takeover=true', which takes it from whoever has it."),
        new(FailureCodes.VmExists, 409, "The VM's id is taken", "A VM with this id exists or existed. Choose another id, or leave it out."),
        new(FailureCodes.CapacityExhausted, 409, "The node has too little left", "The VM does not fit beside those that are here. 'shortages' has, for every resource of which there is too little, what is asked for, offered, reserved and free. Nothing was done, and nothing was downloaded. Delete VMs, or ask for less; GET /api/node/capacity shows who has what."),
        new(FailureCodes.ImageInUse, 409, "VMs stand on the image", "The image is the base of VMs' disks. Delete the VMs first."),
        new(FailureCodes.WireGuardOff, 409, "The node takes part in no overlay", "WireGuard:Address is not set. Set it to the node's address in the overlay and start the agent again."),
        new(FailureCodes.OverlayNotOffered, 409, "The node attaches no VMs to an overlay", "WireGuard:VmSubnet is not set. Set it to a part of the overlay that no other node has and start the agent again, or create the VM without 'overlay'."),
        new(FailureCodes.PeerConflict, 409, "The peer would speak for what is another's", "The peer's allowed IPs overlap with those of another peer, or its key is the node's own; the detail says which."),
        new(FailureCodes.PortTaken, 409, "The port is in use", "The host's port leads elsewhere or is used by a program of the host, or the guest's port is forwarded already in another way."),
        new(FailureCodes.PortsExhausted, 409, "No port is left", "The VM has as many forwarded ports as it may have, or the node's range of ports is used up."),
        new(FailureCodes.VmDeleted, 410, "The VM is deleted", "The VM was deleted or is being deleted. Its history remains."),
        new(ApiCodes.BodyTooLarge, 413, "The body is too large", "The body is larger than Http:MaxRequestBodyBytes."),
        new(ApiCodes.UnsupportedMediaType, 415, "The body must be JSON", "Send the body as 'Content-Type: application/json', in UTF-8 and without Content-Encoding."),
        new(ApiCodes.HostNotAllowed, 421, "The host name is not this node's", "The Host header names neither a loopback name, nor the address that was connected to, nor a name of Http:AllowedHosts."),
        new(FailureCodes.NoCommand, 422, "The body is no command", "What was pushed names no command id of 1 to 100 letters, digits, '.', '_' and '-'."),
        new(FailureCodes.IdempotencyConflict, 422, "The idempotency key was used for another request", "The same Idempotency-Key came before with another body or path. Use a new key for a new request."),
        new(FailureCodes.GpuUnknown, 422, "There is no such GPU to be had", "The node has no GPU at this address, or none that a VM can be given: its whole IOMMU group must be free to leave the host. GET /api/node/capacity lists those that are offered."),
        new(FailureCodes.ImageUrlRefused, 422, "The image's URL may not be used", "The URL leads to a scheme or address that is not allowed for images."),
        new(FailureCodes.PortRefused, 422, "The port can't be given", "The host's port is outside the node's range, or something else of the request is out of bounds."),
        new(FailureCodes.ImageNotFound, 422, "The image's server does not have it", "The server answered with a status that a later try will not change. Check the URL."),
        new(FailureCodes.ImageHashMismatch, 422, "The image does not hash to what was promised", "The file was downloaded whole and has another SHA-256 than the request says. Nothing of it was kept."),
        new(FailureCodes.ImageRefused, 422, "The image is not of an accepted form", "The image is neither plain qcow2 nor raw, or it refers to other files, is encrypted or uses unknown features."),
        new(FailureCodes.ImageTooLarge, 422, "The image is too large", "The image is larger than allowed or than the VM's disk."),
        new(ApiCodes.UpgradeRequired, 426, "A WebSocket is required", "The route is for WebSockets alone (RFC 6455). The ticket was not used up by this."),
        new(FailureCodes.TooManyPushes, 429, "Commands are pushed too often", "Pushes are bounded to one a second, with some at once. Waiting commands are asked for anyway.", 1),
        new(ApiCodes.TooManyStreams, 429, "Too many streams are open", "The number of event streams and viewers at once is bounded. Close some.", 10),
        new(ApiCodes.InternalError, 500, "The agent failed", "A defect of the agent. The log has more under the trace id."),
        new(FailureCodes.HostError, 500, "The host failed", "A file or program of the host failed; the detail says which."),
        new(FailureCodes.VmsUnsupported, 501, "This node runs no VMs", "The agent runs VMs on Linux only; here it serves the API and tells what the machine has. Nothing was done. Send requests for VMs and images to a node on Linux."),
        new(FailureCodes.HypervisorError, 502, "libvirt answered with an error", "libvirt refused; the detail has its words."),
        new(FailureCodes.ImageUnreachable, 502, "The image's server cannot be reached", "The server could not be reached, broke off or stalled. The import is tried again by itself."),
        new(ApiCodes.NotReady, 503, "The node is not ready", "Something the node needs is missing; 'errors' says what.", 2),
        new(FailureCodes.HypervisorUnavailable, 503, "libvirt cannot be reached", "The connection to libvirt is lost. The agent connects again by itself; VMs go on running.", 5),
        new(FailureCodes.WireGuardUnavailable, 503, "WireGuard cannot be used on this host", "A tool, a right or a key is missing; the detail says which and what to do.", 10),
        new(FailureCodes.CapacityUnknown, 503, "What the node has is not known yet", "The agent has just started and is still finding out what the machine has. /readyz tells when it knows.", 1),
        new(FailureCodes.Restarting, 503, "A part of the agent is starting", "The part that should answer is starting. Try again with the same Idempotency-Key.", 1),
        new(FailureCodes.PacketFilterUnavailable, 503, "The packet filter cannot be used", "The host's packet filter (nftables) is missing, not permitted or refuses the agent's rules; the detail says which.", 10),
        new(FailureCodes.NetworkNotIsolated, 503, "The VMs' network is not isolated", "A VM is not started while the rules that keep it from the host's own network are not in force. It is tried again by itself.", 5),
        new(FailureCodes.OverlayNotReady, 503, "The VM's way into the overlay is not there", "A VM that is attached to the overlay is not started while its bridge, or the rules that guard it, are not there; the detail and GET /api/wireguard say why. It is tried again by itself.", 5),
        new(FailureCodes.JournalUnavailable, 503, "The journal cannot be written", "The journal did not confirm that the request is stored. Send it again with the same Idempotency-Key: it is carried out once.", 5),
        new(FailureCodes.Timeout, 504, "No answer in time", "The part that should answer did not in time. The request may or may not have been accepted: repeat it with the same Idempotency-Key."),
        new(FailureCodes.DiskFull, 507, "Not enough free space", "A file system of the node is too full for this. Free some space or lower the request."),
    ];

    private static readonly FrozenDictionary<string, ErrorKind> ByCode = All.ToFrozenDictionary(k => k.Code);

    /// <summary>The kind of a code; the agent's own failure for a code that the table lacks.</summary>
    public static ErrorKind Of(string code) => ByCode.GetValueOrDefault(code) ?? ByCode[ApiCodes.InternalError];

    /// <summary>The table as it is shown.</summary>
    public static IReadOnlyList<ErrorKindResource> Shown { get; } = [.. All.Select(k => new ErrorKindResource(k.Code, k.Status, k.Title, k.Meaning))];
}
