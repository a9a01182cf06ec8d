using System.Globalization;

namespace DeCloud.NodeAgent.Cli.Shell;

/// <summary>How people write and read bytes and times.</summary>
internal static class Quantities
{
    private static readonly (string Unit, long Factor)[] Bytes = [("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)];
    private static readonly (string Unit, double Seconds)[] Times = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400), ("", 1)];

    /// <summary>Reads <c>2GiB</c>, <c>1.5 GiB</c>, <c>512MiB</c> or a plain number of bytes. Units of powers of ten are refused: too many mean the other ones by them.</summary>
    public static bool TryBytes(string text, out long bytes)
    {
        bytes = 0;
        foreach (var (unit, factor) in Bytes)
        {
            if (!text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!decimal.TryParse(text.AsSpan(0, text.Length - unit.Length).TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue / factor)
            {
                return false;
            }

            var exact = number * factor;
            bytes = (long)exact;
            return exact == bytes;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out bytes);
    }

    /// <summary>Reads <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>, <c>1d</c> or a plain number of seconds; at most a year.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = default;
        var (unit, seconds) = Times.First(t => text.EndsWith(t.Unit, StringComparison.Ordinal));
        if (!double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number * seconds > 366 * 86400d)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(number * seconds);
        return true;
    }

    /// <summary>A number of bytes, with at most one decimal.</summary>
    public static string Show(long bytes)
    {
        foreach (var (unit, factor) in Bytes)
        {
            if (bytes >= factor)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / factor:0.#} {unit}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
    }

    /// <summary>A time span in its largest unit, rounded down: <c>42s</c>, <c>7m</c>, <c>3h</c>, <c>12d</c>.</summary>
    public static string Show(TimeSpan span) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(span < TimeSpan.FromMinutes(1) ? $"{Math.Max(0, (long)span.TotalSeconds)}s" : span < TimeSpan.FromHours(1) ? $"{(long)span.TotalMinutes}m" : span < TimeSpan.FromDays(1) ? $"{(long)span.TotalHours}h" : $"{(long)span.TotalDays}d")}");

    /// <summary>A point in time in UTC, to the second.</summary>
    public static string Show(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
