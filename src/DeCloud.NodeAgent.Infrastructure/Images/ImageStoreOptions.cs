using DeCloud.NodeAgent.Core.Images;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>How images are fetched and kept.</summary>
public sealed record ImageStoreOptions
{
    /// <summary>The absolute path of the image folder. <c>sha256</c> and <c>downloads</c> in it are the agent's; other files may be named by <c>file:</c> addresses.</summary>
    public required string Folder { get; init; }

    /// <summary>The absolute path of the folder of the VMs, whose disks say which images are in use.</summary>
    public required string VmFolder { get; init; }

    /// <summary>The longest file that is downloaded, in bytes; 32 GiB unless set.</summary>
    public long MaxDownloadBytes { get; init; } = 32L << 30;

    /// <summary>The largest disk that an image may describe, in bytes; 256 GiB unless set.</summary>
    public long MaxVirtualBytes { get; init; } = 256L << 30;

    /// <summary>How much of the file system is left to the VMs, in bytes; 1 GiB unless set. Downloads and conversions stop before it.</summary>
    public long MinimumFreeBytes { get; init; } = 1L << 30;

    /// <summary>How long a server may be silent, before its answer and within it; 30 s unless set.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a download may take in all; 2 h unless set.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long resolving a name and connecting may take; 15 s unless set.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long qemu-img may take for an image; 1 h unless set.</summary>
    public TimeSpan ConvertTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often a download that was cut is taken up again before the import fails for now; 3 unless set.</summary>
    public int Resumes { get; init; } = 3;

    /// <summary>How long to wait before the first resume, doubled for each one after; 250 ms unless set.</summary>
    public TimeSpan ResumeDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether images may come over unencrypted HTTP without a hash. With a hash they always may: it tells whether anybody changed them on the way.</summary>
    public bool AllowHttp { get; init; }

    /// <summary>Whether servers on loopback and private networks may be used. Tenants then reach them too, if only for a GET.</summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>The ports that servers may listen on; empty for all.</summary>
    public IReadOnlySet<int> Ports { get; init; } = new HashSet<int>();

    /// <summary>How long what was downloaded before a cut is kept to be resumed; 7 days unless set.</summary>
    public TimeSpan KeepPartsFor { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Which addresses images may come from, as these options have it.</summary>
    public ImageUrlPolicy UrlPolicy
    {
        get
        {
            var folder = new ImageFolder(Folder);
            return new(folder.Root, [folder.Images, folder.Downloads], AllowHttp, Ports);
        }
    }
}
