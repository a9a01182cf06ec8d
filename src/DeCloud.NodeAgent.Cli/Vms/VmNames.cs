using System.CommandLine;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Cli.Vms;

/// <summary>VMs by name or id. A text in the form of an id is one; a name that several VMs have is refused.</summary>
internal static class VmNames
{
    private const int MostShown = 20;

    /// <summary>The argument that names a VM.</summary>
    public static Argument<string> Argument() => new("VM") { Description = "Name or id of the VM" };

    /// <summary>The id of a VM.</summary>
    /// <exception cref="CliException">There is none of the name, or there are several.</exception>
    public static async Task<Guid> ResolveAsync(AgentClient agent, string nameOrId, CancellationToken cancellation)
    {
        if (Guid.TryParseExact(nameOrId, "D", out var id))
        {
            return id;
        }

        var reply = await agent.GetAsync($"/api/vms?limit={MostShown}&name={Uri.EscapeDataString(nameOrId)}", cancellation).ConfigureAwait(false);
        var page = reply.As(AgentClient.Types.PageVmResource);
        return page.Items switch
        {
            [] => throw new CliException(ExitCode.NotFound, $"There is no VM of the name or id '{nameOrId}'. decloud vm list shows those there are."),
            [var one] => one.Id,
            _ => throw new CliException(ExitCode.Usage, Ambiguous(nameOrId, page)),
        };
    }

    private static string Ambiguous(string name, Page<VmResource> page) =>
        $"{page.Total} VMs have the name '{name}'. Give the id of one of them:"
        + string.Concat(page.Items.Select(vm => $"\n  {vm.Id}  {vm.Status.State}, made {Quantities.Show(vm.CreatedAt)}"))
        + (page.Total > page.Items.Count ? "\n  ..." : "");
}
