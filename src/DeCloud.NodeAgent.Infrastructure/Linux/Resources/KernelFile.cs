using Microsoft.Win32.SafeHandles;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>
/// A file of the kernel's that is read over and over: kept open, which spares most of the cost of a look. An open file of a process stays that process's, so a number that is given to
/// another process is never mistaken for it.
/// </summary>
internal sealed class KernelFile(string path) : IDisposable
{
    private const int LongestFile = 4 << 20;
    private SafeFileHandle? _file;
    private byte[] _buffer = new byte[4096];

    /// <summary>What it holds now, until the next call; empty when it can't be read.</summary>
    public ReadOnlySpan<byte> Read()
    {
        try
        {
            _file ??= File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = 0;
            int read;
            while ((read = RandomAccess.Read(_file, _buffer.AsSpan(length), length)) > 0)
            {
                length += read;
                if (length == _buffer.Length)
                {
                    if (length >= LongestFile)
                    {
                        break;
                    }

                    Array.Resize(ref _buffer, length * 2);
                }
            }

            return _buffer.AsSpan(0, length);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            Dispose();
            return [];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }
}
