using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DeCloud.NodeAgent.Api.Vms;

/// <summary>What a VM's power switch does.</summary>
internal static class VmPowerEndpoints
{
    private static readonly (string Route, VmChange Change, string Summary, string Description)[] Switches =
    [
        ("start", VmChange.Start, "Start a VM", "Runs the VM, and goes on trying until it runs. A failure that stands is tried again at once."),
        ("restart", VmChange.Restart, "Restart a VM", "Asks the guest to reboot; resets it when it does not within the grace time (Vms:StopGrace)."),
        ("reset", VmChange.Reset, "Reset a VM", "Presses the reset button. The guest is not asked; what it has not written is lost."),
        ("pause", VmChange.Pause, "Pause a VM", "Stops the virtual CPUs. Memory stays taken."),
        ("resume", VmChange.Resume, "Resume a VM", "Lets the virtual CPUs of a paused VM run again."),
    ];

    /// <summary>Maps the routes.</summary>
    /// <param name="vm"><c>/api/vms/{id}</c>.</param>
    public static void Map(RouteGroupBuilder vm)
    {
        foreach (var (route, change, summary, description) in Switches)
        {
            Describe(vm.MapPost(route, (Guid id, HttpContext http, IRequiredActor<VmsKey> vms) => Change(id, route, change, http, vms)), summary, description);
        }

        Describe(
            vm.MapPost("stop", Stop),
            "Stop a VM",
            "Asks the guest to power off (ACPI) and cuts the power after the grace time (Vms:StopGrace). With force the power is cut at once, whatever else is going on.")
            .Query("force", "boolean", "true to cut the power at once. The body may say so as well.", "true")
            .Reads<StopVmRequest>(isOptional: true);
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route, string summary, string description) => route
        .Mutates()
        .Does(summary, description)
        .Gives<AcceptedResource>(202, "The request is stored and will be carried out. 'Location' names the operation.")
        .Fails(EndpointDocs.WhenAsked)
        .Fails(FailureCodes.VmNotFound, FailureCodes.VmDeleted, FailureCodes.VmNotRunning, FailureCodes.IdempotencyConflict, FailureCodes.JournalUnavailable, FailureCodes.HypervisorUnavailable);

    private static async Task<Results<Accepted<AcceptedResource>, Problem>> Stop(Guid id, HttpContext http, IRequiredActor<VmsKey> vms)
    {
        var query = new QueryReader(http.Request.Query);
        var force = query.Flag("force");
        var body = await JsonBody.ReadAsync(http, RestJson.Default.StopVmRequest, isOptional: true);
        if (body.Problem is not null)
        {
            return body.Problem;
        }

        body.Errors.AddUnlessKnown(query.Errors);
        return !body.Errors.IsEmpty ? Problem.Invalid(body.Errors)
            : force || body.Value is { Force: true } ? await Change(id, "stop?force", VmChange.ForceStop, http, vms)
            : await Change(id, "stop", VmChange.Stop, http, vms);
    }

    private static async Task<Results<Accepted<AcceptedResource>, Problem>> Change(Guid id, string what, VmChange change, HttpContext http, IRequiredActor<VmsKey> vms) =>
        VmReplies.ToAnswer(await vms.ActorRef.CommandAsync<VmReply>(
            new VmCommands.Change(new(id), change, IdempotencyKey.RequestOf(http, $"POST /api/vms/{id}/{what}")) { Trace = NodeTracing.Current },
            http.RequestAborted));
}
