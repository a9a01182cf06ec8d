using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CliWrap;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Images;
using DeCloud.NodeAgent.IntegrationTests.Lab;
using DeCloud.NodeAgent.IntegrationTests.WireGuard;

namespace DeCloud.NodeAgent.IntegrationTests.Docs;

/// <summary>An agent that is started as docs/orchestrators.md says, with certificates that were made as it says; only folders, ports and names of interfaces are those of the tests.</summary>
public sealed class DocumentedLab : AgentLab
{
    private readonly string _interface = $"wg{Guid.NewGuid().ToString("n")[..4]}d";
    private LiarServer? _images;

    internal DocumentedExamples Page { get; } = DocumentedExamples.Of("orchestrators.md");

    /// <summary>Where orchestrators reach the agent.</summary>
    public int EdgePort { get; } = FreePort();

    /// <summary>Where the image is.</summary>
    public string ImageUrl => _images!.Url("/small.qcow2");

    /// <inheritdoc/>
    protected override string[] Settings =>
    [
        .. DocumentedExamples.ArgumentsOf(Page.With("scripts/certs.sh"), "decloud-agent").Where(a => a.StartsWith("--", StringComparison.Ordinal)).Select(a => InPlace(a)[2..]).Where(a => a != "Libvirt:AllowEmulation=true"),
        $"Remote:Port={EdgePort.ToString(CultureInfo.InvariantCulture)}", $"WireGuard:InterfaceName={_interface}", $"WireGuard:VmBridge={_interface}b",
        "Images:AllowHttp=true", "Images:AllowPrivateAddresses=true", "Images:ReserveBytes=256MiB",
    ];

    /// <summary>A word of the page, with the tests' folder in it.</summary>
    public string InPlace(string word) => word.Replace("$PWD", StatePath, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var image = await File.ReadAllBytesAsync(Path.Combine(StatePath, "images", "small.qcow2"));
        _images = new((_, reply) => reply.WholeAsync(image));
    }

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await _images!.DisposeAsync();
        await Tool.TryAsync("ip", "link", "del", _interface);
        await base.DisposeAsync();
        await OverlayLeftovers.RemoveAsync(Agent.Port);
        await Tool.TryAsync("ip", "link", "del", _interface + "b");
    }

    /// <inheritdoc/>
    protected override Task PrepareStateAsync() => Cli.Wrap(Path.Combine(LibvirtHost.RepositoryRoot(), "scripts", "certs.sh"))
        .WithArguments(DocumentedExamples.ArgumentsOf(Page.With("scripts/certs.sh"), "scripts/certs.sh"))
        .WithWorkingDirectory(StatePath)
        .ExecuteAsync();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
