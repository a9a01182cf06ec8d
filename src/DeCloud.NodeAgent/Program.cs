using DeCloud.NodeAgent.Composition;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Infrastructure.State;
using Microsoft.AspNetCore.Connections;

var start = Start.Read(args, Console.Out, Console.Error);
if (start.Options is not { } options)
{
    return start.ExitCode;
}

if (!StateFolder.TryTake(options.StatePath, out var state, out var problem))
{
    await Console.Error.WriteLineAsync($"decloud-agent does not start: {problem}").ConfigureAwait(false);
    return Start.UnavailableExitCode;
}

using var taken = state;
try
{
    var app = NodeHost.Build(options, start.Configuration, NodeComposition.AddNode);
    await using (app.ConfigureAwait(false))
    {
        await app.RunAsync().ConfigureAwait(false);
    }

    return 0;
}
catch (AgentSocketException e)
{
    await Console.Error.WriteLineAsync($"decloud-agent does not start: {e.Message}").ConfigureAwait(false);
    return Start.UnavailableExitCode;
}
catch (IOException e) when (e.InnerException is AddressInUseException)
{
    await Console.Error.WriteLineAsync($"decloud-agent does not start: {options.Http.Listen} is taken by another program. Stop it, or set Http:Url to another port.").ConfigureAwait(false);
    return Start.UnavailableExitCode;
}
