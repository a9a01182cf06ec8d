using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Infrastructure.Qemu;
using Microsoft.Extensions.Logging;
using static DeCloud.NodeAgent.Infrastructure.WireGuard.NetworkTools;

namespace DeCloud.NodeAgent.Infrastructure.WireGuard;

/// <summary>
/// The interface on Linux, by <c>ip</c> and <c>wg</c>: the kernel's own where the kernel has WireGuard, else one by <c>wireguard-go</c>, which detaches itself and lives on when the agent ends.
/// Keys reach <c>wg</c> through its standard input alone.
/// </summary>
/// <param name="folder">A folder of the agent, for the note that an interface is being made.</param>
/// <param name="log">Told which implementation is used.</param>
[SupportedOSPlatform("linux")]
internal sealed partial class LinuxOverlay(string folder, ILogger<LinuxOverlay> log) : IOverlayInterface
{
    private const int RemovedAtOnce = 50;

    // Silent: at any other level it keeps the agent's output open, and whoever waits for its end would wait for ever.
    private static readonly Dictionary<string, string> Silent = new() { ["LOG_LEVEL"] = "silent" };

    private readonly string _note = Path.Join(folder, "making");

    public async Task<OverlaySighting> LookAsync(string interfaceName, string mark, CancellationToken cancellation)
    {
        var listed = await DoneAsync("ip", ["-json", "-details", "address", "show"], "list the network interfaces", cancellation);
        try
        {
            var links = LinkList.Parse(listed.Output, interfaceName, mark);
            var device = links.Any(l => l.Name == interfaceName) ? await DeviceAsync(interfaceName, cancellation) : null;
            return new(links, device, IsBeingMade(interfaceName));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw Unavailable($"What ip or wg printed could not be understood: {e.Message} Install a current iproute2 and wireguard-tools.", e);
        }
    }

    public Task ApplyAsync(OverlayStep step, OverlayTarget? target, CancellationToken cancellation) => step switch
    {
        OverlayStep.MakeLink s => MakeAsync(s.InterfaceName, cancellation),
        OverlayStep.Mark s => MarkAsync(s, cancellation),
        OverlayStep.Configure s => ConfigureAsync(s, cancellation),
        OverlayStep.AddAddress s => DoneAsync("ip", ["address", "replace", s.Address.ToString(), "dev", s.InterfaceName], $"give {s.InterfaceName} the address {s.Address}", cancellation),
        OverlayStep.RemoveAddress s => DoneAsync("ip", ["address", "del", s.Address.ToString(), "dev", s.InterfaceName], $"take the address {s.Address} from {s.InterfaceName}", cancellation),
        OverlayStep.SetUp s => DoneAsync("ip", ["link", "set", "dev", s.InterfaceName, "up"], $"switch {s.InterfaceName} on", cancellation),
        OverlayStep.RemoveLink s => DoneAsync("ip", ["link", "del", "dev", s.InterfaceName], $"remove {s.InterfaceName}", cancellation),
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, "There is no such step."),
    };

    private static async Task<SeenDevice?> DeviceAsync(string interfaceName, CancellationToken cancellation)
    {
        var shown = await RunAsync("wg", ["show", interfaceName, "dump"], cancellation);
        if (shown.IsDone)
        {
            return WgDump.Parse(shown.Output);
        }

        // What wg says of an interface that is not WireGuard's, or whose process is gone.
        return shown.Says("No such device", "not supported", "No such file") ? null : throw Failed(shown, "wg", $"look at {interfaceName}");
    }

    private async Task MakeAsync(string interfaceName, CancellationToken cancellation)
    {
        // Durable first: an interface without key and mark that is found after a crash is ours if this says so.
        await NoteAsync(interfaceName, cancellation);
        var made = await RunAsync("ip", ["link", "add", "dev", interfaceName, "type", "wireguard"], cancellation);
        if (made.IsDone)
        {
            LogMade(log, interfaceName, "the kernel");
            return;
        }

        if (!made.Says("Unknown device type", "not supported"))
        {
            throw Failed(made, "ip", $"make the interface {interfaceName}");
        }

        if (HostPrograms.Find("wireguard-go") is not { } program)
        {
            throw Unavailable("This host has WireGuard neither in its kernel nor as a program. Load the kernel module (modprobe wireguard), or install the package wireguard-go.");
        }

        // In a session of its own, so that an interrupt at the agent's terminal does not end the tunnel.
        var started = await RunAsync("setsid", [program, interfaceName], cancellation, environment: Silent);
        if (!started.IsDone)
        {
            throw started.ExitCode == ToolResult.NotInstalled
                ? Failed(started, "setsid", $"start {program}")
                : Unavailable($"wireguard-go could not make the interface {interfaceName} (exit code {started.ExitCode}). It needs /dev/net/tun and the right to manage networks (root or CAP_NET_ADMIN).");
        }

        LogMade(log, interfaceName, "wireguard-go");
    }

    private async Task MarkAsync(OverlayStep.Mark step, CancellationToken cancellation)
    {
        await DoneAsync("ip", ["link", "set", "dev", step.InterfaceName, "alias", step.Text], $"mark {step.InterfaceName}", cancellation);
        File.Delete(_note);
    }

    // addconf and not syncconf: the latter sets every peer's allowed IPs anew, and packets of peers that did not change are dropped in between.
    private static async Task ConfigureAsync(OverlayStep.Configure step, CancellationToken cancellation)
    {
        var (name, change) = step;
        foreach (var keys in change.Remove.Chunk(RemovedAtOnce))
        {
            await DoneAsync("wg", ["set", name, .. keys.SelectMany(k => new[] { "peer", k.Text, "remove" })], $"remove peers from {name}", cancellation);
        }

        if (change.HasText)
        {
            await DoneAsync("wg", ["addconf", name, "/dev/stdin"], $"configure {name}", cancellation, change.ToText());
        }
    }

    private bool IsBeingMade(string interfaceName)
    {
        try
        {
            return OwnFolder.HasFile(_note) && File.ReadAllText(_note) == interfaceName;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private async Task NoteAsync(string interfaceName, CancellationToken cancellation)
    {
        try
        {
            OwnFolder.Ensure(folder);
            await OwnFolder.WriteAsync(_note, Encoding.ASCII.GetBytes(interfaceName), 0b110_000_000, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unavailable($"The note {_note} could not be written, without which no interface is made: {e.Message}", e);
        }
    }

    [LoggerMessage(EventId = 2601, Level = LogLevel.Information, Message = "The overlay interface {InterfaceName} was made by {Implementation}")]
    private static partial void LogMade(ILogger logger, string interfaceName, string implementation);
}
