using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Vnc;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace DeCloud.NodeAgent.Api.Vms;

/// <summary>What a VM shows: its serial console and its screen.</summary>
internal static class VmConsoleEndpoints
{
    private const int DefaultTail = 4096;
    private const int MostTail = 1 << 20;

    /// <summary>Maps the routes.</summary>
    /// <param name="vm"><c>/api/vms/{id}</c>.</param>
    public static void Map(RouteGroupBuilder vm)
    {
        vm.MapGet("console", Tail)
            .Does("Read the serial console", "The end of what the guest printed on its serial console, as plain text. Control characters are shown as \\xNN, unless the bytes are asked for as they are.")
            .Query("tail", "integer", $"How many bytes of the end, 1 to {MostTail}; {DefaultTail} when absent.", "4096")
            .Query("raw", "boolean", "true for the bytes as they were printed. A terminal obeys what is in them.", "false")
            .Gives<string>(200, "The end of the log; empty when nothing was printed yet.", "text/plain")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.VmNotFound, FailureCodes.VmDeleted, FailureCodes.HostError);

        vm.MapPost("vnc", OpenVnc)
            .Mutates()
            .Does("Open the screen for a viewer", "Opens a port on the loopback address for one VNC viewer, for 60 seconds: vncviewer localhost::PORT. The port is closed behind the viewer.")
            .Gives<VncTicketResource>(200, "The port.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.VmNotFound, FailureCodes.VmDeleted, FailureCodes.VmNotRunning, FailureCodes.HypervisorUnavailable, FailureCodes.HypervisorError, FailureCodes.HostError, ApiCodes.TooManyStreams);
    }

    private static async Task<Results<RawBody, Problem>> Tail(Guid id, HttpContext http, IRequiredActor<VmsKey> vms, [FromServices] IVmFiles files)
    {
        var query = new QueryReader(http.Request.Query);
        var bytes = (int)query.Whole("tail", DefaultTail, 1, MostTail);
        var raw = query.Flag("raw");
        if (!query.Errors.IsEmpty)
        {
            return Problem.Invalid(query.Errors);
        }

        if (await vms.ActorRef.QueryAsync<VmReply>(new VmQueries.Get(new(id)), http.RequestAborted) is VmReply.Refused refused)
        {
            return Problem.Of(refused.Failure);
        }

        using var deadline = Deadline.ForRead(http);
        var printed = await files.ReadConsoleTailAsync(new(id), bytes, deadline.Token);
        http.Response.Headers.CacheControl = "no-store";
        return new RawBody(raw ? printed : ConsoleText.Escape(printed.Span), "text/plain; charset=utf-8");
    }

    private static async Task<Results<Ok<VncTicketResource>, Problem>> OpenVnc(Guid id, HttpContext http, IRequiredActor<NodeKey> node, LoopbackRelay relay)
    {
        var socket = await node.ActorRef.QueryAsync<VncSocket>(new NodeQueries.GetVncSocket(new(id)), http.RequestAborted);
        return socket.Path is not { } path ? Problem.Of(socket.Failure ?? new(FailureCodes.VmNotRunning, "The VM has no screen now; start it.", false))
            : relay.Open(path) is not { } port ? Problem.Of(ApiCodes.TooManyStreams)
            : TypedResults.Ok(new VncTicketResource("127.0.0.1", port.Port, port.ExpiresAt));
    }
}
