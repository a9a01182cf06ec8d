using System.Globalization;

namespace DeCloud.NodeAgent.Benchmarks.Measure;

/// <summary>Rows of the table: what was measured, what came out, what it is held to, whether it holds.</summary>
internal sealed class Report(string file)
{
    /// <summary>A row without a budget.</summary>
    public void Tell(string what, FormattableString measured) => Write(what, measured, "", "");

    /// <summary>A row that may be at most so much.</summary>
    public void AtMost(string what, FormattableString measured, double value, double budget, string unit) =>
        Write(what, measured, string.Create(CultureInfo.InvariantCulture, $"≤ {budget:0.###} {unit}"), value <= budget ? "yes" : "**no**");

    /// <summary>A row that must be at least so much.</summary>
    public void AtLeast(string what, FormattableString measured, double value, double budget, string unit) =>
        Write(what, measured, string.Create(CultureInfo.InvariantCulture, $"≥ {budget:#,0.###} {unit}"), value >= budget ? "yes" : "**no**");

    private void Write(string what, FormattableString measured, string budget, string holds)
    {
        var row = $"| {what} | {measured.ToString(CultureInfo.InvariantCulture)} | {budget.TrimEnd()} | {holds} |";
        Console.WriteLine(row);
        File.AppendAllText(file, row + "\n");
    }
}
