using System.Runtime.Versioning;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Images;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Infrastructure.Qemu;
using DeCloud.NodeAgent.Infrastructure.Seed;

namespace DeCloud.NodeAgent.Infrastructure.Vms;

/// <summary>The files of the VMs on this host's disk: a folder a VM, every name made of its UUID, every file there whole or not at all.</summary>
[SupportedOSPlatform("linux")]
internal sealed class VmFiles : IVmFiles
{
    private const int OwnerOnly = 0b110_000_000;
    private const int OwnerAndGroup = 0b110_100_000;
    private const int LongestUserData = 1 << 20;
    private const string UserDataName = "user-data";

    private readonly string _root;
    private readonly ImageFolder _images;
    private readonly QemuImg _qemuImg;

    /// <summary>Knows the files; nothing on disk is touched yet.</summary>
    /// <param name="options">Where they are.</param>
    /// <param name="qemuImg">Makes disks.</param>
    /// <exception cref="ArgumentException">A folder's path is not absolute.</exception>
    public VmFiles(VmFilesOptions options, QemuImg qemuImg)
    {
        if (!Path.IsPathFullyQualified(options.VmFolder) || !Path.IsPathFullyQualified(options.ImageFolder))
        {
            throw new ArgumentException("The folders of images and VMs must be absolute paths.", nameof(options));
        }

        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.VmFolder));
        _images = new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.ImageFolder)));
        _qemuImg = qemuImg;
    }

    /// <inheritdoc/>
    public VmPaths PathsOf(VmId id)
    {
        var folder = FolderOf(id);
        return new(Path.Combine(folder, "disk.qcow2"), Path.Combine(folder, "seed.img"), Path.Combine(folder, "console.log"));
    }

    /// <inheritdoc/>
    public string PathOf(ImageDigest digest) => _images.PathOf(digest);

    /// <inheritdoc/>
    public Task StoreUserDataAsync(VmId id, ReadOnlyMemory<byte> userData, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(userData.Length, LongestUserData);
        return WithHostErrorsAsync(async () =>
        {
            EnsureFolder(id);
            try
            {
                await OwnFolder.WriteAsync(UserDataOf(id), userData, OwnerOnly, cancellation);
            }
            catch
            {
                DropEmptyFolder(id);
                throw;
            }
        });
    }

    /// <inheritdoc/>
    public Task CreateDiskAsync(VmId id, ImageDigest image, long diskBytes, CancellationToken cancellation) => WithHostErrorsAsync(async () =>
    {
        var (path, basePath) = (PathsOf(id).Disk, PathOf(image));
        EnsureFolder(id);
        if (OwnFolder.HasFile(path))
        {
            RequireOverlay(path, basePath);
            return;
        }

        var found = Qcow2File.Read(basePath)
            ?? throw FailureException.Transient(FailureCodes.ImageMissing, $"The image {image} is not in the cache any more. It is imported again.");
        if (diskBytes < found.VirtualSizeBytes)
        {
            throw FailureException.Permanent(
                FailureCodes.ImageTooLarge, $"The image describes a disk of {found.VirtualSizeBytes} bytes, the VM's shall have {diskBytes}. Ask for a larger disk.");
        }

        OwnFolder.RemoveTemporariesOf(path);
        var temporary = OwnFolder.TemporaryFor(path);
        try
        {
            await _qemuImg.CreateOverlayAsync(basePath, temporary, diskBytes, cancellation);
            using (var file = Posix.OpenForWriting(temporary))
            {
                Posix.SetMode(file, OwnerAndGroup);
                RandomAccess.FlushToDisk(file);
            }

            OwnFolder.Publish(temporary, path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    });

    /// <inheritdoc/>
    public Task CreateSeedAsync(VmId id, SeedContent content, CancellationToken cancellation) => WithHostErrorsAsync(async () =>
    {
        ArgumentNullException.ThrowIfNull(content);
        EnsureFolder(id);
        var path = PathsOf(id).Seed;
        var seed = NoCloudSeed.Write(content, Read(UserDataOf(id), LongestUserData));

        // The same content gives the same bytes, so that a seed which a guest reads at the moment is not pulled from under it.
        if (Read(path, seed.Length + 1) is { } there && there.Span.SequenceEqual(seed))
        {
            return;
        }

        OwnFolder.RemoveTemporariesOf(path);
        await OwnFolder.WriteAsync(path, seed, OwnerAndGroup, cancellation);
    });

    /// <inheritdoc/>
    public Task RemoveAsync(VmId id, CancellationToken cancellation) => WithHostErrorsAsync(() =>
    {
        if (VmFolder.TryRemove(FolderOf(id), cancellation))
        {
            Posix.FlushFolder(_root);
        }

        return Task.CompletedTask;
    });

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> ReadConsoleTailAsync(VmId id, int bytes, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return Task.Run(
            () =>
            {
                try
                {
                    using var file = OwnFolder.OpenFile(PathsOf(id).ConsoleLog);
                    var length = Posix.Look(file).Length;
                    var start = Math.Max(0, length - bytes);
                    var tail = new byte[length - start];
                    return new ReadOnlyMemory<byte>(tail, 0, OwnFolder.Read(file, tail, start));
                }
                catch (FileNotFoundException)
                {
                    return ReadOnlyMemory<byte>.Empty;
                }
                catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
                {
                    throw Unusable(broken);
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    public Task SweepAsync(IReadOnlySet<VmId> known, CancellationToken cancellation) => WithHostErrorsAsync(() =>
    {
        ArgumentNullException.ThrowIfNull(known);
        if (!Directory.Exists(_root))
        {
            return Task.CompletedTask;
        }

        var isAnyGone = false;
        foreach (var folder in Directory.EnumerateDirectories(_root))
        {
            cancellation.ThrowIfCancellationRequested();
            if (Guid.TryParseExact(Path.GetFileName(folder), "D", out var id) && !known.Contains(new(id)) && VmFolder.HoldsNothingBut(folder, UserDataName))
            {
                isAnyGone |= VmFolder.TryRemove(folder, cancellation);
            }
        }

        if (isAnyGone)
        {
            Posix.FlushFolder(_root);
        }

        return Task.CompletedTask;
    });

    /// <summary>Of a request that is refused nothing is left. A folder that holds something is that of a VM and stays.</summary>
    private void DropEmptyFolder(VmId id)
    {
        try
        {
            Directory.Delete(FolderOf(id));
        }
        catch (IOException)
        {
            // The sweep at the next start takes what could not be removed; the cause that is told is the first.
        }
    }

    private static ReadOnlyMemory<byte>? Read(string path, int limit)
    {
        if (!OwnFolder.HasFile(path))
        {
            return null;
        }

        using var file = OwnFolder.OpenFile(path);
        var content = new byte[Math.Min(limit, Posix.Look(file).Length)];
        return content.AsMemory(0, OwnFolder.Read(file, content, 0));
    }

    private static void RequireOverlay(string path, string basePath)
    {
        if (Qcow2File.Read(path) is not { } disk || disk.BackingFile != basePath)
        {
            throw FailureException.Permanent(
                FailureCodes.HostError, $"{path} exists and is no disk on the VM's image. It is left as it is; look at what it holds, then move it away.");
        }
    }

    private static async Task WithHostErrorsAsync(Func<Task> effect)
    {
        try
        {
            await effect();
        }
        catch (IOException full) when (Posix.IsNoSpace(full))
        {
            throw FailureException.Transient(FailureCodes.DiskFull, "The file system of the VM folder is full. Free space on it.", full);
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            throw Unusable(broken);
        }
    }

    private static FailureException Unusable(Exception cause) =>
        FailureException.Transient(FailureCodes.HostError, $"The files of the VM can't be used: {cause.Message}", cause);

    private string FolderOf(VmId id) => Path.Combine(_root, id.ToString());

    private string UserDataOf(VmId id) => Path.Combine(FolderOf(id), UserDataName);

    private void EnsureFolder(VmId id)
    {
        if (!Directory.Exists(_root))
        {
            OwnFolder.EnsureRoot(_root);
        }

        OwnFolder.Ensure(FolderOf(id));
        Posix.FlushFolder(_root);
    }
}
