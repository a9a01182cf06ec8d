using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Vms;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DeCloud.NodeAgent.Api.Vms;

/// <summary>Translates what VMs answer into HTTP.</summary>
internal static class VmReplies
{
    /// <summary>The answer to a command.</summary>
    public static Results<Accepted<AcceptedResource>, Problem> ToAnswer(VmReply reply) => reply switch
    {
        VmReply.Accepted accepted => TypedResults.Accepted($"/api/operations/{accepted.Resource.Id}", new AcceptedResource(accepted.Resource, accepted.Vm)),
        VmReply.Refused refused => Problem.Of(refused.Failure, refused.Shortages),
        _ => throw Unexpected(reply),
    };

    /// <summary>What a reply of the wrong kind is: a defect.</summary>
    public static InvalidOperationException Unexpected(object reply) => new($"An actor answered with {reply.GetType().Name}, which does not answer the question.");
}
