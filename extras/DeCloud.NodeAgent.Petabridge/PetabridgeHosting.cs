using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Inspection;
using Microsoft.Extensions.DependencyInjection;
using Petabridge.Cmd.Host;

namespace DeCloud.NodeAgent.Petabridge;

/// <summary>Puts the palette into the actor system of the agent.</summary>
public static class PetabridgeHosting
{
    private const int Port = 9110;

    /// <summary>Lets <c>pbm</c> look at the actors, from this machine only: it asks for no token.</summary>
    /// <param name="builder">The actor system's builder.</param>
    /// <param name="services">The container.</param>
    public static AkkaConfigurationBuilder AddNodePalette(this AkkaConfigurationBuilder builder, IServiceProvider services) =>
        builder.AddPetabridgeCmd(
            new PetabridgeCmdOptions { Host = "127.0.0.1", Port = Port },
            cmd => cmd.RegisterCommandPalette(new NodePaletteHandler(services.GetRequiredService<ActorInspector>(), services.GetRequiredService<DeadLetterBoard>())));
}
