using System.Globalization;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>The kernel's lists of numbers, such as <c>0-31,64-95</c> (cpuset(7), "List format").</summary>
internal static class ThreadRanges
{
    private const int Most = 1 << 16;

    /// <summary>How many numbers a list holds.</summary>
    /// <returns>Null when it is no list.</returns>
    public static int? Count(string? list)
    {
        if (list is null)
        {
            return null;
        }

        var count = 0;
        foreach (var range in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            var (first, last) = dash < 0 ? (range, range) : (range[..dash], range[(dash + 1)..]);
            if (!int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from) || !int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to)
                || to < from || to >= Most)
            {
                return null;
            }

            count += to - from + 1;
        }

        return count;
    }
}
