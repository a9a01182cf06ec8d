namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>What no file tells and has to be asked for. A recorded machine brings the answers along.</summary>
internal interface ILinuxCalls
{
    /// <summary>The instruction set, as <c>uname -m</c> tells it.</summary>
    string Architecture { get; }

    /// <summary>Size and free space of the file system at a path; null when it can't be told. May hang as long as a server does that is mounted there.</summary>
    FileSystemSpace? SpaceAt(string path);

    /// <summary>The path without symbolic links; the path itself when that can't be told.</summary>
    string Resolve(string path);

    /// <summary>The addresses of every interface in CIDR notation, by its name.</summary>
    IReadOnlyDictionary<string, IReadOnlyList<string>> Addresses();

    /// <summary>Whether <c>/dev/kvm</c> can be opened.</summary>
    bool KvmOpens();

    /// <summary>What <c>nvidia-smi -q -x</c> writes; null when the program is not there.</summary>
    /// <exception cref="Core.Node.FailureException">It failed or took too long.</exception>
    Task<string?> NvidiaAsync(CancellationToken cancellation);
}

/// <summary>Size and free space of a file system (statvfs(3)).</summary>
/// <param name="TotalBytes">Its size.</param>
/// <param name="AvailableBytes">What an ordinary user could still write.</param>
/// <param name="InodesTotal">Files it can hold; 0 where it has no fixed number.</param>
/// <param name="InodesAvailable">Files an ordinary user can still make.</param>
internal readonly record struct FileSystemSpace(long TotalBytes, long AvailableBytes, long InodesTotal, long InodesAvailable);
