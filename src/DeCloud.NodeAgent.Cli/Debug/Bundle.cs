using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace DeCloud.NodeAgent.Cli.Debug;

/// <summary>A compressed archive of texts, bounded as a whole and for each of them.</summary>
internal sealed class Bundle : IAsyncDisposable
{
    /// <summary>The most characters of one text, and of all.</summary>
    public const int MostOfOne = 4 << 20, MostOfAll = 64 << 20;

    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _folder;
    private readonly DateTimeOffset _time;
    private readonly GZipStream _compressed;
    private readonly TarWriter _tar;
    private long _total;

    /// <summary>Makes a new file that its owner alone can read.</summary>
    /// <param name="path">Where; nothing may be there.</param>
    /// <param name="time">The time of what is in it.</param>
    public Bundle(string path, DateTimeOffset time)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerAlone;
        }

        _folder = Path.GetFileName(path).Split('.')[0];
        _time = time;
        _compressed = new(new FileStream(path, options), CompressionLevel.Optimal);
        _tar = new(_compressed, TarEntryFormat.Pax);
    }

    /// <summary>Adds a text; its beginning is left out when it is too long.</summary>
    public async Task AddAsync(string name, string text, CancellationToken cancellation)
    {
        var room = (int)Math.Min(MostOfOne, MostOfAll - _total);
        if (room <= 0)
        {
            return;
        }

        var kept = text.Length <= room ? text : $"({text.Length - room} characters left out)\n{text[^room..]}";
        _total += kept.Length;
        using var data = new MemoryStream(Encoding.UTF8.GetBytes(kept));
        await _tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, $"{_folder}/{name}") { DataStream = data, ModificationTime = _time, Mode = OwnerAlone }, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _tar.DisposeAsync().ConfigureAwait(false);
        await _compressed.DisposeAsync().ConfigureAwait(false);
    }
}
