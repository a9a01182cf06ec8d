using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Api.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Consoles;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Consoles;
using DeCloud.NodeAgent.Security;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace DeCloud.NodeAgent.Api.Consoles;

/// <summary>Live consoles of VMs in WebSockets, each opened by a ticket.</summary>
internal static partial class ConsoleEndpoints
{
    private const string Doors = "/api/consoles";

    /// <summary>What noVNC asks for.</summary>
    private const string Subprotocol = "binary";

    private static readonly TimeSpan OpenDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Idle clients are asked for a sign of life, so that one that vanished gives its place back.</summary>
    public static WebSocketOptions Liveness { get; } = new() { KeepAliveInterval = TimeSpan.FromSeconds(20), KeepAliveTimeout = TimeSpan.FromSeconds(20) };

    /// <summary>Whether a request is for a route that a ticket opens: it needs no token, and everything else that a request needs.</summary>
    public static bool IsDoor(HttpRequest request) => HttpMethods.IsGet(request.Method) && request.Path.StartsWithSegments(Doors, StringComparison.Ordinal);

    /// <summary>Maps the routes.</summary>
    /// <param name="vm"><c>/api/vms/{id}</c>.</param>
    /// <param name="consoles"><c>/api/consoles</c>.</param>
    public static void Map(RouteGroupBuilder vm, RouteGroupBuilder consoles)
    {
        vm.MapPost("tickets", Issue)
            .Mutates()
            .Does(
                "Get a ticket to a console",
                "A ticket opens the VM's serial console or screen in a WebSocket, once and within 30 seconds, without any other proof: browsers can send none with a WebSocket. One client at a time has the serial console; 'takeover' takes it from whoever has it.")
            .Query("takeover", "boolean", "true to take the serial console from whoever has it when the ticket is used.", "false")
            .Reads<CreateConsoleTicketRequest>()
            .Gives<ConsoleTicketResource>(201, "The ticket.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.VmNotFound, FailureCodes.VmDeleted, FailureCodes.VmNotRunning, FailureCodes.ConsoleBusy, ApiCodes.TooManyStreams);

        consoles.MapGet("{ticket}", Open)
            .Does(
                "Open a console",
                "A WebSocket (RFC 6455), with the subprotocol 'binary' when it is asked for. Binary messages carry the console's bytes both ways, unchanged; text is refused. The close code says why it ended: 1000 closed by the client, 1001 the agent stops, 1003 text was sent, 4000 the VM's console ended, 4001 the client read too slowly, 4002 another client took the console over, 4003 libvirt is not connected, 4004 the guest takes nothing. Needs no token: the ticket is the proof.")
            .Gives(101, "The WebSocket is open.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(ApiCodes.TicketNotFound, ApiCodes.UpgradeRequired, ApiCodes.TooManyStreams)
            .Fails(FailureCodes.VmNotFound, FailureCodes.VmDeleted, FailureCodes.VmNotRunning, FailureCodes.ConsoleBusy, FailureCodes.ForeignDomain)
            .Fails(FailureCodes.HypervisorUnavailable, FailureCodes.HypervisorError, FailureCodes.HostError);
    }

    private static async Task<Results<Created<ConsoleTicketResource>, Problem>> Issue(Guid id, HttpContext http, IRequiredActor<VmsKey> vms, ConsoleTickets tickets, ConsoleSessions sessions)
    {
        var query = new QueryReader(http.Request.Query);
        var takesOver = query.Flag("takeover");
        var body = await JsonBody.ReadAsync(http, RestJson.Default.CreateConsoleTicketRequest);
        if (body.Value is not { } wish)
        {
            return body.Problem!;
        }

        var kind = wish.Kind switch { "serial" => ConsoleKind.Serial, "vnc" => ConsoleKind.Vnc, _ => (ConsoleKind?)null };
        var errors = query.Errors;
        if (kind is null)
        {
            errors.Add("kind", wish.Kind, "must be serial or vnc.");
        }
        else if (takesOver && kind != ConsoleKind.Serial)
        {
            errors.Add("takeover", "true", "is for the serial console; a screen is shared by its viewers.");
        }

        body.Errors.AddUnlessKnown(errors);
        if (!body.Errors.IsEmpty)
        {
            return Problem.Invalid(body.Errors);
        }

        var vm = new VmId(id);
        if (await ProblemOfAsync(vm, http, vms) is { } problem)
        {
            return problem;
        }

        // A browser is not told why a WebSocket was refused, so what can be said already is said here.
        if (kind == ConsoleKind.Serial && !takesOver && sessions.HasSerial(vm))
        {
            return Problem.Of(FailureCodes.ConsoleBusy);
        }

        if (tickets.Issue(vm, kind!.Value, takesOver, CallerOf(http)) is not { } issued)
        {
            return Problem.Of(ApiCodes.TooManyStreams);
        }

        http.Response.Headers.CacheControl = "no-store";
        var path = $"{Doors}/{issued.Text}";
        return TypedResults.Created(path, new ConsoleTicketResource(issued.Text, wish.Kind, issued.Ticket.ExpiresAt, path));
    }

    private static async Task<IResult> Open(
        string ticket, HttpContext http, IRequiredActor<VmsKey> vms, IRequiredActor<NodeKey> node, ConsoleTickets tickets, ConsoleSessions sessions, TimeProvider time, IHostApplicationLifetime host, ILogger<ConsoleBridge> log)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.Headers.Upgrade = "websocket";
            return Problem.Of(ApiCodes.UpgradeRequired);
        }

        if (tickets.Redeem(ticket) is not { } good)
        {
            return Problem.Of(ApiCodes.TicketNotFound);
        }

        if (await ProblemOfAsync(good.Vm, http, vms) is { } problem)
        {
            return problem;
        }

        using var place = sessions.Enter(good.Vm, good.Kind);
        if (place is null)
        {
            return Problem.Of(ApiCodes.TooManyStreams);
        }

        if (good.TakesOver)
        {
            sessions.TakeOver(place);
        }

        var caller = CallerOf(http);
        await using var line = await OpenLineAsync(good, http, node);
        var since = time.GetTimestamp();
        LogOpened(log, good.Kind, good.Vm.Value, caller, good.IssuedTo);
        var end = ConsoleEnd.Failed;
        try
        {
            // The bridge has bounds of its own, and tells whoever exceeds them why.
            http.Features.GetRequiredFeature<IHttpMinResponseDataRateFeature>().MinDataRate = null;
            using var client = await http.WebSockets.AcceptWebSocketAsync(http.WebSockets.WebSocketRequestedProtocols.Contains(Subprotocol) ? Subprotocol : null);
            end = await new ConsoleBridge(client, line, time).RunAsync(place.SentAway, host.ApplicationStopping);
        }
        finally
        {
            LogClosed(log, good.Kind, good.Vm.Value, caller, time.GetElapsedTime(since), end.Reason);
        }

        return Results.Empty;
    }

    private static async Task<IConsoleLine> OpenLineAsync(ConsoleTicket ticket, HttpContext http, IRequiredActor<NodeKey> node)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        deadline.CancelAfter(OpenDeadline);
        if (ticket.Kind == ConsoleKind.Vnc)
        {
            var socket = await node.ActorRef.QueryAsync<VncSocket>(new NodeQueries.GetVncSocket(ticket.Vm), deadline.Token);
            return socket.Path is { } path
                ? await SocketLine.ConnectAsync(path, deadline.Token)
                : throw new FailureException(socket.Failure ?? new(FailureCodes.VmNotRunning, "The VM has no screen now; start it.", false));
        }

        var access = await node.ActorRef.QueryAsync<ConsoleAccess>(new NodeQueries.GetConsoles(), deadline.Token);
        return access.Consoles is { } consoles
            ? await consoles.OpenConsoleAsync(ticket.Vm, ticket.TakesOver, deadline.Token)
            : throw new FailureException(access.Failure ?? new(FailureCodes.HypervisorUnavailable, "libvirt is not connected. Try again when it is back.", false));
    }

    private static async Task<Problem?> ProblemOfAsync(VmId vm, HttpContext http, IRequiredActor<VmsKey> vms) =>
        await vms.ActorRef.QueryAsync<VmReply>(new VmQueries.Get(vm), http.RequestAborted) switch
        {
            VmReply.Found { Vm.Status.State: "running" or "paused" } => null,
            VmReply.Found found => Problem.Of(FailureCodes.VmNotRunning, $"The VM is {found.Vm.Status.State}, and has a console while it runs. Start it first."),
            VmReply.Refused refused => Problem.Of(refused.Failure),
            var other => throw VmReplies.Unexpected(other),
        };

    private static string CallerOf(HttpContext http) => LocalCaller.Is(http) ? "the agent's socket" : http.Connection.RemoteIpAddress?.ToString() ?? "an unknown address";

    [LoggerMessage(1, LogLevel.Information, "Console opened: {Kind} of VM {Vm} by {Caller}, with a ticket issued to {IssuedTo}")]
    private static partial void LogOpened(ILogger log, ConsoleKind kind, Guid vm, string caller, string issuedTo);

    [LoggerMessage(2, LogLevel.Information, "Console closed: {Kind} of VM {Vm} by {Caller} after {Took}: {Reason}")]
    private static partial void LogClosed(ILogger log, ConsoleKind kind, Guid vm, string caller, TimeSpan took, string reason);
}
