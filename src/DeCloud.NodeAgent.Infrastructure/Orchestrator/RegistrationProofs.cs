using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Orchestration;

namespace DeCloud.NodeAgent.Infrastructure.Orchestrator;

/// <summary>Signs registrations with a key that the agent holds.</summary>
/// <param name="key">The key.</param>
public sealed class WalletProof(WalletKey key) : IRegistrationProof
{
    /// <inheritdoc/>
    public Task<(string Message, string Signature)> ProveAsync(string message, CancellationToken cancellation) => Task.Run(() => (message, key.Sign(message)), cancellation);
}

/// <summary>A message and its signature that were made elsewhere, read anew each time: the operator may put fresh ones there, since the orchestrator takes them for minutes only.</summary>
/// <param name="messageFile">The file of the text.</param>
/// <param name="signatureFile">The file of its signature.</param>
/// <param name="wallet">The address that must have signed it.</param>
public sealed class PreparedProof(string messageFile, string signatureFile, string wallet) : IRegistrationProof
{
    private const int MostBytes = 16 * 1024;

    /// <inheritdoc/>
    public async Task<(string Message, string Signature)> ProveAsync(string message, CancellationToken cancellation)
    {
        var text = await ReadAsync(messageFile, cancellation).ConfigureAwait(false);
        var signature = (await ReadAsync(signatureFile, cancellation).ConfigureAwait(false)).Trim();
        // Editors end files with a newline that was not signed.
        foreach (var candidate in new[] { text, text.TrimEnd('\n'), text.TrimEnd('\r', '\n') })
        {
            if (wallet.Equals(WalletKey.RecoverAddress(candidate, signature), StringComparison.OrdinalIgnoreCase))
            {
                return (candidate, signature);
            }
        }

        throw FailureException.Permanent(
            FailureCodes.HostError, $"The signature in {signatureFile} is not that of wallet {wallet} over {messageFile}. Sign this text with the wallet (personal_sign) and put text and signature there: {message.ReplaceLineEndings(" | ")}");
    }

    private static async Task<string> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= MostBytes }
                ? await File.ReadAllTextAsync(path, cancellation).ConfigureAwait(false)
                : throw FailureException.Permanent(FailureCodes.HostError, $"{path} is not there, or is larger than {MostBytes} bytes. Put the signed registration there.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FailureException.Permanent(FailureCodes.HostError, $"{path} can't be read: {e.Message}", e);
        }
    }
}

/// <summary>Nothing to register with.</summary>
public sealed class NoProof : IRegistrationProof
{
    /// <inheritdoc/>
    public Task<(string Message, string Signature)> ProveAsync(string message, CancellationToken cancellation) =>
        throw FailureException.Permanent(FailureCodes.HostError, "There is no wallet to register with. Set Orchestrator:WalletKeyFile.");
}
