using System.Buffers;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Linux;
using Microsoft.Win32.SafeHandles;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>
/// What has come of a download: one file, locked, hashed as it grows, so that it is never read again to know its hash.
/// While it grows one thread may hash and another write; everything else is for one thread alone.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class PartFile : IDisposable
{
    private const int OwnerOnly = 0b110_000_000;
    private const int ChunkBytes = 1 << 20;
    private const string MetaEnding = ".meta";
    private static readonly string BootId = ReadBootId();

    private readonly SafeFileHandle _file;
    private IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private bool _isOurs;

    private PartFile(string path, SafeFileHandle file) => (Path, _file) = (path, file);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>How many bytes have come.</summary>
    public long Length { get; private set; }

    /// <summary>Whether the bytes came in more than one answer, so that they may be of more than one version.</summary>
    public bool IsResumed { get; set; }

    /// <summary>What is needed to resume; null when nothing has come.</summary>
    public PartMeta? Meta { get; private set; }

    /// <summary>Opens the file, with what an earlier import left in it when that can be resumed, and empty otherwise.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellation">Stops hashing what is there.</param>
    /// <exception cref="FailureException">Something that is no plain file is there, or another process downloads into it.</exception>
    public static async Task<PartFile> OpenAsync(string path, CancellationToken cancellation)
    {
        var part = new PartFile(path, Open(path));
        try
        {
            if (!Posix.TryLock(part._file))
            {
                throw FailureException.Transient(FailureCodes.HostError, "Another process downloads this image into the same folder. Let only one agent use the image folder.");
            }

            await part.TakeUpAsync(cancellation);
            part._isOurs = true;
            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file in the folder of downloads is worth keeping, and nobody's at the moment.</summary>
    /// <param name="path">The <c>.part</c> file.</param>
    /// <param name="oldest">Files last written before are not kept.</param>
    /// <returns>True when it is; also when somebody is writing it.</returns>
    public static bool IsWorthKeeping(string path, DateTimeOffset oldest)
    {
        using var file = Posix.OpenForWriting(path);
        return !Posix.TryLock(file) || (ReadMeta(path) is { } meta && CanResume(meta) && Posix.Look(file).Length > 0 && File.GetLastWriteTimeUtc(path) >= oldest.UtcDateTime);
    }

    /// <summary>Hashes the next bytes, which <see cref="Write"/> is given as well. When that fails the hash is void, and the part with it.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Hash(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    /// <summary>Writes the next bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="FailureException">The file system is full.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_file, bytes, Length);
        }
        catch (IOException full) when (Posix.IsNoSpace(full))
        {
            throw NoSpace(full);
        }

        Length += bytes.Length;
    }

    /// <summary>Sets space aside for the whole file.</summary>
    /// <param name="bytes">Its length.</param>
    /// <exception cref="FailureException">The file system is full.</exception>
    public void Reserve(long bytes)
    {
        try
        {
            Posix.Reserve(_file, bytes);
        }
        catch (IOException full) when (Posix.IsNoSpace(full))
        {
            throw NoSpace(full);
        }
    }

    /// <summary>Begins a new download in the file.</summary>
    /// <param name="eTag">The server's strong entity tag.</param>
    /// <param name="lastModified">The server's modification time, as far as it is a validator.</param>
    /// <param name="totalBytes">The length of the whole.</param>
    /// <param name="cancellation">Stops the write.</param>
    public async Task RestartAsync(string? eTag, DateTimeOffset? lastModified, long? totalBytes, CancellationToken cancellation)
    {
        Empty();
        Meta = new(eTag, lastModified, totalBytes, BootId);
        await OwnFolder.WriteAsync(Path + MetaEnding, JsonSerializer.SerializeToUtf8Bytes(Meta, ImageJson.Default.PartMeta), OwnerOnly, cancellation);
    }

    /// <summary>The first or last bytes.</summary>
    /// <param name="buffer">Where they go.</param>
    /// <param name="offset">The offset of the first.</param>
    /// <returns>How many there are.</returns>
    public int Read(Span<byte> buffer, long offset) => OwnFolder.Read(_file, buffer, offset);

    /// <summary>The hash of what has come.</summary>
    public ImageDigest Digest()
    {
        Span<byte> hash = stackalloc byte[32];
        _hash.GetCurrentHash(hash);
        return ImageDigest.FromBytes(hash);
    }

    /// <summary>Throws away what has come.</summary>
    public void Empty()
    {
        Meta = null;
        File.Delete(Path + MetaEnding);
        RandomAccess.SetLength(_file, 0);
        Length = 0;
        IsResumed = false;
        _hash.Dispose();
        _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    }

    /// <summary>Removes the file and what is needed to resume it.</summary>
    public void Remove()
    {
        File.Delete(Path + MetaEnding);
        File.Delete(Path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Gives back the space that was set aside and not used; never in a file that another process holds.
        if (_isOurs && !_file.IsClosed)
        {
            RandomAccess.SetLength(_file, Length);
        }

        _hash.Dispose();
        _file.Dispose();
    }

    private static SafeFileHandle Open(string path)
    {
        if (OwnFolder.HasFile(path))
        {
            var file = Posix.OpenForWriting(path);
            if (Posix.Look(file) is { IsLoneFile: true } facts && facts.Owner == Posix.EffectiveUser)
            {
                return file;
            }

            file.Dispose();
            throw OwnFolder.Foreign(path, "a download of the agent");
        }

        return Posix.CreateNew(path, OwnerOnly);
    }

    private async Task TakeUpAsync(CancellationToken cancellation)
    {
        var length = Posix.Look(_file).Length;

        // Looked at before it is read: a link there would be followed.
        var meta = OwnFolder.HasFile(Path + MetaEnding) ? ReadMeta(Path) : null;
        if (length == 0 || meta is null || !CanResume(meta) || length > meta.TotalBytes)
        {
            Empty();
            return;
        }

        Length = length;
        Meta = meta;
        IsResumed = true;
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            for (var at = 0L; at < length;)
            {
                cancellation.ThrowIfCancellationRequested();
                var read = await RandomAccess.ReadAsync(_file, buffer.AsMemory(0, (int)Math.Min(ChunkBytes, length - at)), at, cancellation);
                _hash.AppendData(buffer, 0, read);
                at += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool CanResume(PartMeta meta) => meta.BootId == BootId && meta.HasValidator;

    private static PartMeta? ReadMeta(string path)
    {
        try
        {
            using var file = OwnFolder.OpenFile(path + MetaEnding);
            var buffer = new byte[16 << 10];
            return JsonSerializer.Deserialize(buffer.AsSpan(0, OwnFolder.Read(file, buffer, 0)), ImageJson.Default.PartMeta);
        }
        catch (Exception useless) when (useless is FileNotFoundException or JsonException)
        {
            return null;
        }
    }

    private static string ReadBootId()
    {
        const string Source = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Source) ? File.ReadAllText(Source).Trim() : Guid.NewGuid().ToString();
    }

    private static FailureException NoSpace(Exception cause) =>
        FailureException.Transient(FailureCodes.DiskFull, "The file system of the image folder is full. Free space, or remove images that no VM uses.", cause);
}
