using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Api.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DeCloud.NodeAgent.Api.WireGuard;

/// <summary>The overlay network.</summary>
internal static class WireGuardEndpoints
{
    private static readonly string[] WhenChanged = [FailureCodes.WireGuardOff, FailureCodes.IdempotencyConflict, FailureCodes.JournalUnavailable, FailureCodes.HostError];

    /// <summary>Maps the routes.</summary>
    /// <param name="wireGuard"><c>/api/wireguard</c>.</param>
    public static void Map(RouteGroupBuilder wireGuard)
    {
        wireGuard.MapGet("", Get)
            .Does("Get the overlay", "The node's interface, its public key, and every peer with its session: where it was last heard of, the last handshake, the traffic, and whether it is stale.")
            .Gives<WireGuardResource>(200, "The overlay as it was last seen.")
            .Fails(EndpointDocs.WhenAsked);

        wireGuard.MapPut("peers/{publicKey}", Put)
            .Mutates()
            .Does(
                "Add or change a peer",
                "Stores the whole of what the peer shall be, and answers; it is on the interface a moment later, and sessions of other peers go on. The same request again changes nothing. A preshared key that is left out is removed.")
            .Reads<PutWireGuardPeerRequest>()
            .Gives<WireGuardPeerResource>(200, "The peer is stored.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(WhenChanged)
            .Fails(FailureCodes.PeerConflict);

        wireGuard.MapDelete("peers/{publicKey}", Delete)
            .Mutates()
            .Does("Remove a peer", "The peer leaves the interface a moment later. Removing one that is not there is no error.")
            .Gives(204, "The peer is no longer wanted.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(WhenChanged);

        wireGuard.MapPost("rotate", Rotate)
            .Mutates()
            .Does(
                "Rotate the node's key",
                "Makes a new key and puts it to use at once; the old one is erased as soon as the interface runs with the new. Peers reach the node again once they know its new public key, so tell them the one in the answer. Repeated under the same Idempotency-Key it answers with the same key.")
            .Gives<WireGuardKeyResource>(200, "The new key is stored.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(WhenChanged);
    }

    private static async Task<Results<Ok<WireGuardResource>, Problem>> Get(HttpContext http, IRequiredActor<WireGuardKey> overlay) =>
        await overlay.ActorRef.QueryAsync<OverlayReply>(new OverlayQueries.Get(), http.RequestAborted) switch
        {
            OverlayReply.Shown shown => TypedResults.Ok(shown.WireGuard),
            OverlayReply.Refused refused => Problem.Of(refused.Failure),
            var other => throw VmReplies.Unexpected(other),
        };

    private static async Task<Results<Ok<WireGuardPeerResource>, Problem>> Put(string publicKey, HttpContext http, IRequiredActor<WireGuardKey> overlay, OverlaySettings settings)
    {
        var body = await JsonBody.ReadAsync(http, RestJson.Default.PutWireGuardPeerRequest, secret: ["presharedKey"]);
        if (body.Value is not { } put)
        {
            return body.Problem!;
        }

        var errors = new FieldErrors();
        if (!PublicKey.TryParseSegment(publicKey, out var key))
        {
            AddKeyError(errors, publicKey);
        }

        var wish = new PeerWish(put.Endpoint, put.AllowedIps, put.KeepaliveSeconds);
        foreach (var objection in OverlayRules.Check(settings, wish))
        {
            errors.Add(objection.Field, objection.Value, objection.Reason);
        }

        PresharedKey? preshared = null;
        if (put.PresharedKey is not null && !PresharedKey.TryParse(put.PresharedKey, out preshared))
        {
            errors.Add("presharedKey", null, "must be a key of WireGuard: 44 characters of base64, as wg genpsk makes it.");
        }

        body.Errors.AddUnlessKnown(errors);
        if (!body.Errors.IsEmpty)
        {
            return Problem.Invalid(body.Errors);
        }

        var request = IdempotencyKey.RequestOf(http, $"PUT /api/wireguard/peers/{key}", put, RestJson.Default.PutWireGuardPeerRequest);
        return await overlay.ActorRef.CommandAsync<OverlayReply>(new OverlayCommands.SetPeer(key, wish, preshared, request), http.RequestAborted) switch
        {
            OverlayReply.PeerKept kept => TypedResults.Ok(kept.Peer),
            OverlayReply.Refused refused => Problem.Of(refused.Failure),
            var other => throw VmReplies.Unexpected(other),
        };
    }

    private static async Task<Results<NoContent, Problem>> Delete(string publicKey, HttpContext http, IRequiredActor<WireGuardKey> overlay)
    {
        if (!PublicKey.TryParseSegment(publicKey, out var key))
        {
            var errors = new FieldErrors();
            AddKeyError(errors, publicKey);
            return Problem.Invalid(errors);
        }

        var request = IdempotencyKey.RequestOf(http, $"DELETE /api/wireguard/peers/{key}");
        return await overlay.ActorRef.CommandAsync<OverlayReply>(new OverlayCommands.RemovePeer(key, request), http.RequestAborted) switch
        {
            OverlayReply.PeerGone => TypedResults.NoContent(),
            OverlayReply.Refused refused => Problem.Of(refused.Failure),
            var other => throw VmReplies.Unexpected(other),
        };
    }

    private static async Task<Results<Ok<WireGuardKeyResource>, Problem>> Rotate(HttpContext http, IRequiredActor<WireGuardKey> overlay) =>
        await overlay.ActorRef.CommandAsync<OverlayReply>(new OverlayCommands.Rotate(IdempotencyKey.RequestOf(http, "POST /api/wireguard/rotate")), http.RequestAborted) switch
        {
            OverlayReply.Rotated rotated => TypedResults.Ok(rotated.Key),
            OverlayReply.Refused refused => Problem.Of(refused.Failure),
            var other => throw VmReplies.Unexpected(other),
        };

    private static void AddKeyError(FieldErrors errors, string publicKey) =>
        errors.Add("publicKey", publicKey, "must be a peer's public key: base64url of 32 bytes, or their base64 with '/' written as %2F.");
}
