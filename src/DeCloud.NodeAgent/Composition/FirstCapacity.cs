using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Composition;

/// <summary>Reads once at the start what the machine has, and tells the node. Nothing waits for it but the readiness of the node.</summary>
internal static partial class FirstCapacity
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);

    /// <summary>Has the node be told as soon as its actors are there.</summary>
    public static AkkaConfigurationBuilder WithFirstCapacity(this AkkaConfigurationBuilder akka, IServiceProvider services) =>
        akka.AddStartup((system, registry) =>
        {
            _ = TellAsync(registry, services.GetRequiredService<IHostInventory>(), services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(FirstCapacity).FullName!));
        });

    private static async Task TellAsync(IReadOnlyActorRegistry registry, IHostInventory inventory, ILogger log)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            registry.Get<NodeKey>().Tell(new ResourceMessages.CapacityKnown(CapacityOf.Host(await inventory.ReadAsync(deadline.Token))), Akka.Actor.ActorRefs.NoSender);
        }
        catch (OperationCanceledException)
        {
            LogUnknown(log, Deadline);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "What this machine has could not be found out within {Deadline}: no VM is let in until the agent is started again")]
    private static partial void LogUnknown(ILogger log, TimeSpan deadline);
}
