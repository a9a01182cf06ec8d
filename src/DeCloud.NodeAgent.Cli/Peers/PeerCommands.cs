using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;
using Spectre.Console;

namespace DeCloud.NodeAgent.Cli.Peers;

/// <summary><c>decloud peer ...</c>: the overlay, and who is in it.</summary>
internal static class PeerCommands
{
    private const int MostKeyCharacters = 4096;

    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var command = new Command("peer", "The WireGuard overlay and its peers");
        command.Subcommands.Add(List(decloud));
        command.Subcommands.Add(Add(decloud));
        command.Subcommands.Add(Remove(decloud));
        command.Subcommands.Add(Rotate(decloud));
        return command;
    }

    private static Argument<string> Key() => new("KEY") { Description = "The peer's public key, as wg pubkey prints it" };

    private static Command List(Decloud decloud)
    {
        var looking = new Looking();
        var command = new Command("list", "Show the node's own key and every peer with its session");
        command.Aliases.Add("ls");
        looking.AddTo(command);
        return decloud.On(command, (session, parsed, cancellation) => looking.ShowAsync(
            session,
            parsed,
            "/api/wireguard",
            reply =>
            {
                var overlay = reply.As(AgentClient.Types.WireGuardResource);
                session.Screen.Print(Facts(overlay));
                if (overlay.Peers.Count > 0)
                {
                    session.Screen.Line("");
                    session.Screen.Print(Table(overlay.Peers, session.World.Time.GetUtcNow()));
                }
            },
            cancellation));
    }

    private static Command Add(Decloud decloud)
    {
        var key = Key();
        var allowed = new Option<string[]>("--allowed-ip") { Description = "An address or network of the overlay behind the peer; may be repeated", HelpName = "CIDR", Required = true };
        var endpoint = new Option<string?>("--endpoint") { Description = "Where it can be reached. Default: wait until it calls", HelpName = "ADDRESS:PORT" };
        var keepalive = new Option<int>("--keepalive") { Description = "Seconds between packets that keep a NAT open. Default: none", HelpName = "SECONDS" };
        var preshared = new Option<string?>("--preshared-key-file") { Description = "File with a key that both sides share, as wg genpsk makes it", HelpName = "FILE" };
        var (json, idempotency) = (Shared.Json(), Shared.Key());
        return decloud.On(new("add", "Add a peer, or change it to what is said here") { key, allowed, endpoint, keepalive, preshared, idempotency, json }, async (session, parsed, cancellation) =>
        {
            var body = new PutWireGuardPeerRequest
            {
                AllowedIps = parsed.GetRequiredValue(allowed),
                Endpoint = parsed.GetValue(endpoint),
                KeepaliveSeconds = parsed.GetValue(keepalive),
                PresharedKey = parsed.GetValue(preshared) is { } file ? ReadKey(file) : null,
            };
            var reply = await session.Agent.ChangeAsync(
                HttpMethod.Put, PathOf(parsed.GetRequiredValue(key)), JsonSerializer.Serialize(body, RestJson.Default.PutWireGuardPeerRequest), parsed.GetValue(idempotency) ?? Guid.NewGuid().ToString(), cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(reply.Body);
            }
            else
            {
                session.Screen.Line($"{reply.As(AgentClient.Types.WireGuardPeerResource).PublicKey}: stored");
            }

            return ExitCode.Done;
        });
    }

    private static Command Remove(Decloud decloud)
    {
        var key = Key();
        var (json, idempotency) = (Shared.Json(), Shared.Key());
        var command = new Command("remove", "Remove a peer") { key, idempotency, json };
        command.Aliases.Add("rm");
        return decloud.On(command, async (session, parsed, cancellation) =>
        {
            await session.Agent.ChangeAsync(HttpMethod.Delete, PathOf(parsed.GetRequiredValue(key)), null, parsed.GetValue(idempotency) ?? Guid.NewGuid().ToString(), cancellation).ConfigureAwait(false);
            session.Screen.Gone(parsed.GetRequiredValue(key), parsed.GetValue(json));
            return ExitCode.Done;
        });
    }

    private static Command Rotate(Decloud decloud)
    {
        var (json, idempotency) = (Shared.Json(), Shared.Key());
        return decloud.On(new("rotate", "Give the node a new key; peers reach it again once they know it") { idempotency, json }, async (session, parsed, cancellation) =>
        {
            var reply = await session.Agent.ChangeAsync(HttpMethod.Post, "/api/wireguard/rotate", null, parsed.GetValue(idempotency) ?? Guid.NewGuid().ToString(), cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(reply.Body);
            }
            else
            {
                var rotated = reply.As(AgentClient.Types.WireGuardKeyResource);
                session.Screen.Line(string.Create(CultureInfo.InvariantCulture, $"{rotated.PublicKey} (key {rotated.KeyId}); tell it the peers"));
            }

            return ExitCode.Done;
        });
    }

    private static string PathOf(string key) => $"/api/wireguard/peers/{Uri.EscapeDataString(key)}";

    // By file: every user of the machine sees command lines.
    private static string ReadKey(string file)
    {
        try
        {
            using var reader = File.OpenText(file);
            var buffer = new char[MostKeyCharacters];
            return new string(buffer, 0, reader.ReadBlock(buffer)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"The key file {file} can't be read: {e.Message}", e);
        }
    }

    private static Table Facts(WireGuardResource overlay) => Cells.Facts(
        ("overlay", Cells.State(overlay.State)),
        ("reason", Cells.Warning(overlay.Reason)),
        ("interface", Cells.Of(string.Create(CultureInfo.InvariantCulture, $"{overlay.InterfaceName}, UDP port {overlay.ListenPort}{(overlay.Implementation is { } kind ? ", " + kind : "")}"))),
        ("address", Cells.Maybe(overlay.Address)),
        ("public key", Cells.Maybe(overlay.PublicKey)),
        ("vms", Cells.Maybe(overlay.Vms is { } vms ? $"{vms.State} on {vms.Subnet}{(vms.Reason is { } reason ? ": " + reason : "")}" : null)));

    private static Table Table(IEnumerable<WireGuardPeerResource> peers, DateTimeOffset now)
    {
        var table = Cells.Table("PUBLIC KEY", "STATE", "ALLOWED IPS", "ENDPOINT", "HANDSHAKE", "RECEIVED", "SENT", "PROBLEM");
        foreach (var peer in peers)
        {
            table.AddRow(
                Cells.Of(peer.PublicKey), Cells.State(peer.State), Cells.Of(string.Join(",", peer.AllowedIps)), Cells.Of(peer.CurrentEndpoint ?? peer.Endpoint),
                Cells.Of(peer.LastHandshakeAt is { } at ? Quantities.Show(now - at) + " ago" : null), Cells.Of(Quantities.Show(peer.ReceivedBytes)), Cells.Of(Quantities.Show(peer.SentBytes)), Cells.Of(peer.Problem ?? ""));
        }

        return table;
    }
}
