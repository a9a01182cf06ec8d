using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Infrastructure.WireGuard;

/// <summary>
/// Keys as files of mode 0600 in a folder of the agent: <c>private.N.key</c> for the node's, <c>peer.HASH.N.key</c> for those shared with peers, whose public keys hold characters that no name of
/// a file should. Each is written beside its name, flushed and renamed, so that it is there whole or not at all.
/// </summary>
/// <param name="folder">The folder; made when it is not there.</param>
internal sealed partial class KeyFiles(string folder) : IOverlayKeys
{
    private const int OwnerOnly = 0b110_000_000;
    private const int LongestFile = 128;

    public async Task<PublicKey> MakeAsync(int keyId, CancellationToken cancellation)
    {
        var key = Curve25519.NewPrivateKey();
        await WriteAsync(NameOf(keyId), key, cancellation);
        return Curve25519.PublicKeyOf(key);
    }

    public Task<PrivateKey> LoadAsync(int keyId, PublicKey expected, CancellationToken cancellation) => Task.FromResult(
        !PrivateKey.TryParse(Read(NameOf(keyId)), out var key)
            ? throw Missing($"The node's overlay key {Path.Join(folder, NameOf(keyId))} is missing or damaged. Restore it from a backup, or make a new one with POST /api/wireguard/rotate.")
        : Curve25519.PublicKeyOf(key) != expected
            ? throw Missing($"The key in {Path.Join(folder, NameOf(keyId))} is not the one that the journal names, {expected}. Restore both from one backup, or make a new key with POST /api/wireguard/rotate.")
        : key);

    public async Task<int> KeepAsync(PublicKey peer, int? current, int next, PresharedKey key, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (current is { } id && PresharedKey.TryParse(Read(NameOf(peer, id)), out var kept) && kept.IsSameAs(key))
        {
            return id;
        }

        await WriteAsync(NameOf(peer, next), key, cancellation);
        return next;
    }

    public Task<PresharedKey> LoadAsync(PublicKey peer, int id, CancellationToken cancellation) => Task.FromResult(
        PresharedKey.TryParse(Read(NameOf(peer, id)), out var key) ? key : throw Missing($"The preshared key of the peer {peer} is missing or damaged. Send the peer again with its preshared key."));

    public Task SweepAsync(OverlayState state, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!Directory.Exists(folder))
        {
            return Task.CompletedTask;
        }

        var used = state.Peers.Values.Where(p => p.PresharedKeyId is not null).Select(p => NameOf(p.PublicKey, p.PresharedKeyId!.Value)).ToHashSet(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            var name = Path.GetFileName(path);
            if (KeyName().Match(name) is not { Success: true } match || !int.TryParse(match.Groups["id"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                continue;
            }

            if (name.StartsWith("private.", StringComparison.Ordinal) ? id < state.KeyId : id <= state.LastPresharedKeyId && !used.Contains(name))
            {
                File.Delete(path);
            }
        }

        return Task.CompletedTask;
    }

    private static string NameOf(int keyId) => string.Create(CultureInfo.InvariantCulture, $"private.{keyId}.key");

    private static string NameOf(PublicKey peer, int id) =>
        string.Create(CultureInfo.InvariantCulture, $"peer.{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(peer.Text)).AsSpan(0, 16))}.{id}.key");

    private static FailureException Missing(string message) => FailureException.Permanent(FailureCodes.WireGuardUnavailable, message);

    private async Task WriteAsync(string name, SecretKey key, CancellationToken cancellation)
    {
        var path = Path.Join(folder, name);
        var content = Encoding.ASCII.GetBytes(key.Reveal() + "\n");
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                // The state folder's access list protects it there.
                Directory.CreateDirectory(folder);
                var temporary = path + ".new";
                await File.WriteAllBytesAsync(temporary, content, cancellation);
                File.Move(temporary, path, overwrite: true);
                return;
            }

            OwnFolder.Ensure(folder);
            OwnFolder.RemoveTemporariesOf(path);
            await OwnFolder.WriteAsync(path, content, OwnerOnly, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FailureException.Transient(FailureCodes.HostError, $"The key could not be written to {folder}: {e.Message}", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private string? Read(string name)
    {
        var path = Path.Join(folder, name);
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
            }

            using var file = OwnFolder.OpenFile(path);
            Span<byte> buffer = stackalloc byte[LongestFile];
            var text = Encoding.ASCII.GetString(buffer[..OwnFolder.Read(file, buffer, 0)]).Trim();
            CryptographicOperations.ZeroMemory(buffer);
            return text;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FailureException.Transient(FailureCodes.HostError, $"The key {path} can't be read: {e.Message}", e);
        }
    }

    [GeneratedRegex(@"\A(private|peer\.[0-9a-f]{32})\.(?<id>[0-9]{1,9})\.key\z", RegexOptions.CultureInvariant)]
    private static partial Regex KeyName();
}
