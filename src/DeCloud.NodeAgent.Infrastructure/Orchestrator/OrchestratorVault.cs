using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Infrastructure.Orchestrator;

/// <summary>Secrets of the dealings with the orchestrator, in files that only the agent's user can read, in a folder that only it can enter.</summary>
/// <param name="folder">The folder, below the state folder; made when it is first needed.</param>
[SupportedOSPlatform("linux")]
public sealed class OrchestratorVault(string folder) : IOrchestratorVault
{
    private const int OwnerOnly = 0b111_000_000;
    private const int OwnerReadsAndWrites = 0b110_000_000;
    private const int MostBytes = 4 << 20;
    private const string Ending = ".payload";
    private readonly string _key = Path.Join(folder, "api-key");

    /// <inheritdoc/>
    public Task<string?> ReadKeyAsync(CancellationToken cancellation) => Task.Run(() => Read(_key)?.Trim(), cancellation);

    /// <inheritdoc/>
    public Task KeepKeyAsync(string key, CancellationToken cancellation) => WriteAsync(_key, key, cancellation);

    /// <inheritdoc/>
    public Task<string?> ReadPayloadAsync(string commandId, CancellationToken cancellation) => Task.Run(() => Read(PathOf(commandId)), cancellation);

    /// <inheritdoc/>
    public Task KeepPayloadAsync(string commandId, string payload, CancellationToken cancellation) => WriteAsync(PathOf(commandId), payload, cancellation);

    /// <inheritdoc/>
    public Task SweepPayloadsAsync(IReadOnlySet<string> open, CancellationToken cancellation) => Task.Run(
        () =>
        {
            if (!Directory.Exists(folder))
            {
                return;
            }

            var kept = open.Select(PathOf).ToHashSet(StringComparer.Ordinal);
            foreach (var file in Directory.EnumerateFiles(folder).Where(f => (f.EndsWith(Ending, StringComparison.Ordinal) && !kept.Contains(f)) || f.EndsWith(OwnFolder.TemporaryEnding, StringComparison.Ordinal)))
            {
                File.Delete(file);
            }
        },
        cancellation);

    /// <inheritdoc/>
    public Task DropPayloadAsync(string commandId, CancellationToken cancellation) => Task.Run(
        () =>
        {
            if (Directory.Exists(folder))
            {
                File.Delete(PathOf(commandId));
            }
        },
        cancellation);

    private static string? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using var file = OwnFolder.OpenFile(path);
        var bytes = new byte[Math.Min(RandomAccess.GetLength(file), MostBytes)];
        return Encoding.UTF8.GetString(bytes.AsSpan(0, OwnFolder.Read(file, bytes, 0)));
    }

    private async Task WriteAsync(string path, string content, CancellationToken cancellation)
    {
        Posix.TryMakeFolder(folder, OwnerOnly);
        OwnFolder.Ensure(folder);
        await OwnFolder.WriteAsync(path, Encoding.UTF8.GetBytes(content), OwnerReadsAndWrites, cancellation).ConfigureAwait(false);
    }

    // Never a name that somebody else chose.
    private string PathOf(string commandId) => Path.Join(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(commandId))) + Ending);
}
