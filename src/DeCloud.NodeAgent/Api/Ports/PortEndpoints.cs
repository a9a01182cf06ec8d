using System.Globalization;
using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Ports;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Api.Vms;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DeCloud.NodeAgent.Api.Ports;

/// <summary>The host's ports that lead to VMs.</summary>
internal static class PortEndpoints
{
    private static readonly string[] Words = ["tcp", "udp", "both"];

    /// <summary>Maps the routes.</summary>
    /// <param name="ports"><c>/api/ports</c>.</param>
    /// <param name="vm"><c>/api/vms/{id}</c>.</param>
    public static void Map(RouteGroupBuilder ports, RouteGroupBuilder vm)
    {
        ports.MapGet("", (HttpContext http, IRequiredActor<PortsKey> keeper, NodeOptions options, NetworkBoard board) => List(null, http, keeper, options, board))
            .Does("List forwarded ports", "Every port of the host that leads to a VM, and how the VMs' network stands.")
            .Gives<PortListResource>(200, "The ports.")
            .Fails(EndpointDocs.WhenAsked);

        vm.MapGet("ports", (Guid id, HttpContext http, IRequiredActor<PortsKey> keeper, NodeOptions options, NetworkBoard board) => List(new(id), http, keeper, options, board))
            .Does("List a VM's forwarded ports", "Every port of the host that leads to this VM.")
            .Gives<PortListResource>(200, "The ports.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.VmNotFound);

        vm.MapPost("ports", Allocate)
            .Mutates()
            .Does("Forward a port to a VM", "Leads a port of the host to a port of the VM, whenever the VM runs, until it is removed or the VM is deleted. Asked again for the same port it answers with the same.")
            .Reads<AllocatePortRequest>()
            .Gives<PortResource>(200, "The port is forwarded, now or by an earlier request.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.VmNotFound, FailureCodes.VmDeleted, FailureCodes.IdempotencyConflict, FailureCodes.JournalUnavailable)
            .Fails(FailureCodes.PortRefused, FailureCodes.PortTaken, FailureCodes.PortsExhausted, FailureCodes.PacketFilterUnavailable);

        vm.MapDelete("ports/{guestPort}/{protocol}", Remove)
            .Mutates()
            .Does("Stop forwarding a port", "Takes the port away. Connections through it that are open end when their rule does.")
            .Gives<PortResource>(200, "The port is gone; this is what it was.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.PortNotFound, FailureCodes.IdempotencyConflict, FailureCodes.JournalUnavailable);
    }

    private static async Task<Results<Ok<PortListResource>, Problem>> List(VmId? id, HttpContext http, IRequiredActor<PortsKey> keeper, NodeOptions options, NetworkBoard board) =>
        await keeper.ActorRef.QueryAsync<PortReply>(new PortQueries.List(id), http.RequestAborted) switch
        {
            PortReply.Listed listed => TypedResults.Ok(new PortListResource([.. listed.Forwards.Select(Shown)], options.Ports.RangeStart, options.Ports.RangeEnd, Shown(board.Current))),
            PortReply.Refused refused => Problem.Of(refused.Failure),
            var other => throw VmReplies.Unexpected(other),
        };

    private static async Task<Results<Ok<PortResource>, Problem>> Allocate(Guid id, HttpContext http, IRequiredActor<PortsKey> keeper)
    {
        var body = await JsonBody.ReadAsync(http, RestJson.Default.AllocatePortRequest);
        if (body.Value is not { } wish)
        {
            return body.Problem!;
        }

        var errors = new FieldErrors();
        if (wish.GuestPort is < 1 or > 65535)
        {
            errors.Add("guestPort", Number(wish.GuestPort), "must be 1 to 65535.");
        }

        if (wish.HostPort is < 1 or > 65535)
        {
            errors.Add("hostPort", Number(wish.HostPort.Value), "must be 1 to 65535, or absent.");
        }

        if (wish.Protocol.Length > 0 && !Words.Contains(wish.Protocol))
        {
            errors.Add("protocol", wish.Protocol, "must be tcp, udp or both.");
        }

        if (wish.Label is { } label && (label.Length > PortTable.LongestLabel || label.Any(char.IsControl)))
        {
            errors.Add("label", label, $"must be at most {PortTable.LongestLabel} characters without control characters.");
        }

        body.Errors.AddUnlessKnown(errors);
        if (!body.Errors.IsEmpty)
        {
            return Problem.Invalid(body.Errors);
        }

        var protocol = wish.Protocol.Length > 0 ? PortWords.ProtocolOf(wish.Protocol) : PortProtocol.Tcp;
        var request = IdempotencyKey.RequestOf(http, $"POST /api/vms/{id}/ports", wish, RestJson.Default.AllocatePortRequest);
        return Answer(await keeper.ActorRef.CommandAsync<PortReply>(new PortCommands.Allocate(new(id), wish.GuestPort, protocol, wish.HostPort, wish.Label, request), http.RequestAborted));
    }

    private static async Task<Results<Ok<PortResource>, Problem>> Remove(Guid id, string guestPort, string protocol, HttpContext http, IRequiredActor<PortsKey> keeper)
    {
        if (!int.TryParse(guestPort, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
        {
            return Problem.Invalid("guestPort", guestPort, "must be 1 to 65535.");
        }

        if (!Words.Contains(protocol))
        {
            return Problem.Invalid("protocol", protocol, "must be tcp, udp or both.");
        }

        var request = IdempotencyKey.RequestOf(http, $"DELETE /api/vms/{id}/ports/{port}/{protocol}");
        return Answer(await keeper.ActorRef.CommandAsync<PortReply>(new PortCommands.Remove(new(id), port, PortWords.ProtocolOf(protocol), request), http.RequestAborted));
    }

    private static Results<Ok<PortResource>, Problem> Answer(PortReply reply) => reply switch
    {
        PortReply.Done done => TypedResults.Ok(Shown(done.Forward)),
        PortReply.Removed removed => TypedResults.Ok(Shown(removed.Forward)),
        PortReply.Refused refused => Problem.Of(refused.Failure),
        _ => throw VmReplies.Unexpected(reply),
    };

    private static PortResource Shown(PortForward forward) => new()
    {
        VmId = forward.VmId.Value,
        GuestPort = forward.GuestPort,
        Protocol = PortWords.Of(forward.Protocol),
        HostPort = forward.HostPort,
        Label = forward.Label,
        RequestedBy = forward.Request.By,
        Since = forward.Since,
    };

    private static VmNetworkResource Shown(NetworkState state) => new(state.Isolation, state.Unavailable is null && state.Isolation != "starting", state.Unavailable?.Message);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
