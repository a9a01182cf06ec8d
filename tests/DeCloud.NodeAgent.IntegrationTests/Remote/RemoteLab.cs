using System.Net;
using System.Net.Sockets;
using CliWrap;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Images;
using DeCloud.NodeAgent.IntegrationTests.Lab;
using DeCloud.NodeAgent.Remote;

namespace DeCloud.NodeAgent.IntegrationTests.Remote;

/// <summary>An agent that obeys orchestrators, certificates of every kind, and an image that can be fetched.</summary>
public class RemoteLab : AgentLab
{
    private LiarServer? _images;
    private long _epoch;

    /// <summary>Where orchestrators reach the agent.</summary>
    public int EdgePort { get; } = FreePort();

    /// <summary>The address at which orchestrators reach the agent.</summary>
    public virtual string EdgeHost => "127.0.0.1";

    /// <summary>The network namespace that orchestrators run in; null for the agent's own.</summary>
    public virtual string? OrchestratorNamespace => null;

    /// <summary>The address that the agent answers orchestrators at.</summary>
    public virtual string OrchestratorHost => "127.0.0.1";

    /// <summary>An epoch that is later than all before.</summary>
    public long NextEpoch() => Interlocked.Increment(ref _epoch);

    /// <summary>The VM that attacks are survived by, once there is one.</summary>
    public Guid? Bystander { get; set; }

    /// <summary>Where the image is.</summary>
    public string ImageUrl => _images!.Url("/small.qcow2");

    /// <summary>What it hashes to.</summary>
    public string ImageHash { get; private set; } = "";

    /// <inheritdoc/>
    protected override string[] Settings =>
    [
        "Remote:Enabled=true", $"Remote:Host={EdgeHost}", $"Remote:Port={EdgePort}", $"Remote:CertificateFile={FileOf("node-1.pem")}", $"Remote:KeyFile={FileOf("node-1.key")}",
        $"Remote:AuthorityFile={FileOf("ca.pem")}", "Remote:Orchestrators=orchestrator,late,spare", "Images:AllowPrivateAddresses=true", "Images:ReserveBytes=256MiB",
    ];

    /// <summary>A file of the good authority's folder.</summary>
    public string FileOf(string name) => Path.Combine(StatePath, "certs", name);

    /// <summary>Certificate and key of somebody.</summary>
    /// <param name="name">The name.</param>
    /// <param name="folder">Whose authority signed it.</param>
    public PeerCertificates Certificates(string name, string folder = "certs") => PeerCertificates.Load(
        Path.Combine(StatePath, folder, name + ".pem"), Path.Combine(StatePath, folder, name + ".key"), FileOf("ca.pem"));

    /// <inheritdoc/>
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var image = await File.ReadAllBytesAsync(Path.Combine(StatePath, "images", "small.qcow2"));
        ImageHash = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(image));
        _images = new((_, reply) => reply.WholeAsync(image));
    }

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await _images!.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override async Task PrepareStateAsync()
    {
        await CertifyAsync("certs", "node-1", "node-2", "orchestrator", "spare");
        await CertifyAsync("certs", "--expired", "late");
        await CertifyAsync("other", "orchestrator");
    }

    private Task CertifyAsync(string folder, params string[] names) => Cli.Wrap(Path.Combine(LibvirtHost.RepositoryRoot(), "scripts", "certs.sh"))
        .WithArguments([Path.Combine(StatePath, folder), .. names])
        .ExecuteAsync();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
