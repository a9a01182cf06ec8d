using System.Globalization;
using System.Runtime.CompilerServices;

namespace DeCloud.NodeAgent.Cli.Node;

/// <summary>Reads server-sent events (WHATWG HTML, section 9.2) as the agent writes them: one line of data each. Events without an id, such as <c>gap</c>, are no events of the node.</summary>
internal static class EventLines
{
    /// <summary>Reads until the stream ends.</summary>
    public static async IAsyncEnumerable<(long Id, string Data)> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var reader = new StreamReader(stream);
        long? id = null;
        string? data = null;
        while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0)
            {
                if (id is { } known && data is not null)
                {
                    yield return (known, data);
                }

                (id, data) = (null, null);
            }
            else if (Value(line, "id") is { } text)
            {
                id = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
            }
            else if (Value(line, "data") is { } more)
            {
                data = data is null ? more : data + "\n" + more;
            }
        }
    }

    private static string? Value(string line, string field) =>
        line.StartsWith(field + ":", StringComparison.Ordinal) ? line[(field.Length + 1)..] is [' ', ..] value ? value[1..] : line[(field.Length + 1)..] : null;
}
