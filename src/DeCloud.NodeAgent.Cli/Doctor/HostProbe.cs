using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Configuration;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Cli.Doctor;

/// <summary>Looks at this host, each look bounded and none of them changing anything that stays.</summary>
/// <param name="session">The run.</param>
/// <param name="program">The agent's program.</param>
internal sealed class HostProbe(Session session, string program)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly string[] LibvirtSockets = ["/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock"];
    private static readonly string[] ProgramFolders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"];

    private static readonly (string Program, string Package)[] Programs =
        [("qemu-system-x86_64", "qemu-system-x86"), ("qemu-img", "qemu-utils"), ("ip", "iproute2"), ("nft", "nftables"), ("setpriv", "util-linux"), ("prlimit", "util-linux"), ("ssh-keygen", "openssh-client")];

    /// <summary>Looks.</summary>
    public async Task<HostFacts> LookAsync(CancellationToken cancellation)
    {
        var (health, problem) = await HealthAsync(cancellation).ConfigureAwait(false);
        var checkedConfiguration = await AgentProgram.RunAsync(program, ["--check-config"], cancellation).ConfigureAwait(false);
        var settings = await SettingsAsync(health is not null, cancellation).ConfigureAwait(false);
        string? Setting(string key) => settings?.FirstOrDefault(s => s.Key == key && (s.Origin != "default" || s.Value == s.Default))?.Value;
        var state = Setting("StatePath") is { Length: > 0 } path && Path.IsPathRooted(path) ? path : "/var/lib/decloud";
        var vms = Setting("Libvirt:VmStoragePath") is { Length: > 0 } storage && Path.IsPathRooted(storage) ? storage : Path.Join(state, "vms");
        var (libvirt, libvirtProblem) = await LibvirtAsync(cancellation).ConfigureAwait(false);
        var disk = await DiskAsync(state, cancellation).ConfigureAwait(false);
        var orchestrator = settings?.FirstOrDefault(s => s is { Key: "Orchestrator:BaseUrl", Origin: not "default" })?.Value;
        var (orchestratorProblem, skew) = orchestrator is null ? default : await OrchestratorAsync(orchestrator, cancellation).ConfigureAwait(false);
        var port = Setting("Http:Url") is { } url && Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.Port : 5100;
        return new()
        {
            Now = session.World.Time.GetUtcNow(),
            CpuVirtualizes = Text("/proc/cpuinfo")?.Split('\n').FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal))?.Split(' ').Any(f => f is "vmx" or "svm"),
            HasKvmDevice = File.Exists("/dev/kvm"),
            IommuGroups = Directory.Exists("/sys/kernel") ? Directory.Exists("/sys/kernel/iommu_groups") ? Directory.GetDirectories("/sys/kernel/iommu_groups").Length : 0 : null,
            LibvirtSocket = libvirt,
            LibvirtProblem = libvirtProblem,
            QemuUser = Text("/etc/passwd")?.Split('\n').Select(l => l.Split(':')[0]).FirstOrDefault(u => u is "libvirt-qemu" or "qemu"),
            ClosedFolder = ClosedFolder(vms),
            MissingPrograms = [.. Programs.Where(p => !ProgramFolders.Any(f => File.Exists(Path.Join(f, p.Program))))],
            HasNfTables = await HasNfTablesAsync(cancellation).ConfigureAwait(false),
            AsynchronousIo = long.TryParse(Text("/proc/sys/fs/aio-max-nr"), CultureInfo.InvariantCulture, out var requests) ? requests : null,
            Forwards = Text("/proc/sys/net/ipv4/ip_forward")?.Trim() is { } forward ? forward == "1" : null,
            ClockIsSynchronized = KernelClock.IsSynchronized(),
            StatePath = state,
            FreeBytes = disk.Free,
            WriteBytesPerSecond = disk.Write,
            FlushTime = disk.Flush,
            EphemeralPorts = Range(Text("/proc/sys/net/ipv4/ip_local_port_range")?.Split('\t', ' ', '\n')),
            VmPorts = Range([Setting("Ports:RangeStart") ?? "20000", Setting("Ports:RangeEnd") ?? "21999"]),
            ApiPort = port,
            ApiPortIsTaken = health is null ? IsTaken(port) : false,
            OrchestratorUrl = orchestrator,
            OrchestratorProblem = orchestratorProblem,
            OrchestratorSkew = skew,
            Certificates = [.. Certificates(settings ?? [])],
            Configuration = checkedConfiguration is { } said ? (said.Exit == 0, said.Errors) : null,
            AllowsEmulation = string.Equals(Setting("Libvirt:AllowEmulation"), "true", StringComparison.OrdinalIgnoreCase),
            Health = health,
            AgentProblem = problem,
        };
    }

    private async Task<(HealthResource? Health, string? Problem)> HealthAsync(CancellationToken cancellation)
    {
        try
        {
            return ((await session.Agent.GetAsync("/health", cancellation).ConfigureAwait(false)).As(AgentClient.Types.HealthResource), null);
        }
        catch (Exception e) when (e is CliException or ProblemException)
        {
            return (null, e.Message.Split('\n')[0]);
        }
    }

    private async Task<IReadOnlyList<SettingResource>?> SettingsAsync(bool isThere, CancellationToken cancellation)
    {
        try
        {
            if (isThere)
            {
                return (await session.Agent.GetAsync("/api/node/configuration", cancellation).ConfigureAwait(false)).As(AgentClient.Types.ConfigurationResource).Settings;
            }

            return await AgentProgram.RunAsync(program, ["--show-config"], cancellation).ConfigureAwait(false) is { Output: { Length: > 0 } output }
                ? new Reply(200, output).As(AgentClient.Types.ConfigurationResource).Settings
                : null;
        }
        catch (Exception e) when (e is CliException or ProblemException)
        {
            return null;
        }
    }

    private static async Task<(string? Socket, string? Problem)> LibvirtAsync(CancellationToken cancellation)
    {
        string? problem = null;
        foreach (var path in LibvirtSockets.Where(File.Exists))
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            end.CancelAfter(Patience);
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), end.Token).ConfigureAwait(false);
                return (path, null);
            }
            catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                problem = $"{path}: {e.Message.TrimEnd('.')}";
            }
        }

        return (null, problem);
    }

    // The kernel may have them built in, and loads them as a module when they are first asked for; who is not root can't ask.
    private static async Task<bool?> HasNfTablesAsync(CancellationToken cancellation) =>
        Directory.Exists("/sys/module/nf_tables") ? true
        : Environment.IsPrivilegedProcess && await AgentProgram.RunAsync("/usr/sbin/nft", ["list", "tables"], cancellation).ConfigureAwait(false) is { } ran ? ran.Exit == 0
        : null;

    private static async Task<(long? Free, double? Write, TimeSpan? Flush)> DiskAsync(string state, CancellationToken cancellation)
    {
        var folder = state;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
        {
            folder = parent;
        }

        long? free = null;
        try
        {
            free = new DriveInfo(folder).AvailableFreeSpace;
            return DiskTrial.Worthwhile(free.Value) && folder == state && await DiskTrial.RunAsync(folder, cancellation).ConfigureAwait(false) is { } trial ? (free, trial.Write, trial.Flush) : (free, null, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (free, null, null);
        }
    }

    private async Task<(string? Problem, TimeSpan? Skew)> OrchestratorAsync(string url, CancellationToken cancellation)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Patience }) { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            return (null, answer.Headers.Date is { } theirs ? session.World.Time.GetUtcNow() - theirs : null);
        }
        catch (Exception e) when (e is HttpRequestException or UriFormatException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return ((e.InnerException ?? e).Message.TrimEnd('.'), null);
        }
    }

    private static IEnumerable<CertificateFacts> Certificates(IReadOnlyList<SettingResource> settings)
    {
        foreach (var setting in settings.Where(s => s is { Key: "Remote:CertificateFile" or "Remote:AuthorityFile", Origin: not "default", Value.Length: > 0 }))
        {
            CertificateFacts facts;
            try
            {
                using var certificate = X509CertificateLoader.LoadCertificateFromFile(setting.Value);
                facts = new(setting.Key, setting.Value, certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime(), null);
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                facts = new(setting.Key, setting.Value, null, null, e.Message.TrimEnd('.'));
            }

            yield return facts;
        }
    }

    // Folders that are not there yet will be made passable.
    private static string? ClosedFolder(string path)
    {
        for (var folder = path; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Directory.Exists(folder) && OperatingSystem.IsLinux() && (File.GetUnixFileMode(folder) & UnixFileMode.OtherExecute) == 0)
            {
                return folder;
            }
        }

        return null;
    }

    private static bool IsTaken(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static (int First, int Last)? Range(IReadOnlyList<string>? words) =>
        words is [var first, var last, ..] && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var low) && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var high) ? (low, high) : null;

    private static string? Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
