using System.ComponentModel;
using System.Text;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Infrastructure.WireGuard;

/// <summary>
/// The interface on Windows, where its owner imports a tunnel into the WireGuard app: the agent writes the file to import whenever the tunnel should change, and tells by <c>wg.exe</c> how it
/// stands. It changes nothing of the tunnel itself.
/// </summary>
/// <param name="program"><c>wg.exe</c>, which is there when the app is installed.</param>
/// <param name="folder">Where the file is written.</param>
/// <param name="address">The node's address, which the imported file gives the tunnel; wg.exe does not show it.</param>
internal sealed class WindowsOverlay(string program, string folder, InterfaceAddress? address) : IOverlayInterface
{
    private static readonly TimeSpan ToolDeadline = TimeSpan.FromSeconds(5);

    /// <summary>Where the app's installer puts <c>wg.exe</c>.</summary>
    public static string InstalledProgram => Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "WireGuard", "wg.exe");

    public async Task<OverlaySighting> LookAsync(string interfaceName, string mark, CancellationToken cancellation)
    {
        if (!File.Exists(program))
        {
            return new([], null, false);
        }

        try
        {
            var shown = await HostTool.RunFileAsync(program, ["show", interfaceName, "dump"], ToolDeadline, cancellation);
            return shown.IsDone ? Seen(interfaceName, mark, WgDump.Parse(shown.Output)) : new([], null, false);
        }
        catch (Exception e) when (e is TimeoutException or FormatException or InvalidDataException or Win32Exception)
        {
            throw FailureException.Transient(FailureCodes.WireGuardUnavailable, $"{program} did not say how the tunnel stands: {e.Message} Install WireGuard anew from https://www.wireguard.com/install.", e);
        }
    }

    public async Task ApplyAsync(OverlayStep step, OverlayTarget? target, CancellationToken cancellation)
    {
        // Addresses, marks and the switch are the app's business; what wg.exe does not show is taken for right.
        if (target is null || step is not (OverlayStep.MakeLink or OverlayStep.Configure))
        {
            return;
        }

        var path = Path.Join(folder, target.InterfaceName + ".conf");
        try
        {
            Directory.CreateDirectory(folder);
            var temporary = path + ".new";
            await File.WriteAllTextAsync(temporary, TunnelFile.Text(target), Encoding.ASCII, cancellation);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FailureException.Transient(FailureCodes.WireGuardUnavailable, $"The tunnel file {path} could not be written: {e.Message}", e);
        }

        throw FailureException.Transient(
            FailureCodes.WireGuardUnavailable,
            $"On Windows the tunnel is imported by hand: install WireGuard from https://www.wireguard.com/install, choose 'Import tunnel(s) from file', take {path} and activate it. "
            + "The file holds the node's private key: delete every copy of it afterwards.");
    }

    private OverlaySighting Seen(string interfaceName, string mark, SeenDevice device) => new([new(interfaceName, "wireguard", mark, true, address is null ? [] : [address])], device, false);
}
