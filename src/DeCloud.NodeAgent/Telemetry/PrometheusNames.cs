namespace DeCloud.NodeAgent.Telemetry;

/// <summary>The names of instruments as Prometheus has them, by the rules of OpenTelemetry: dots become underscores, the unit is part of the name, a counter ends in <c>_total</c>.</summary>
internal static class PrometheusNames
{
    /// <summary>The name of a family.</summary>
    /// <param name="name">The instrument's name.</param>
    /// <param name="unit">Its unit in UCUM; null for none.</param>
    /// <param name="isCounter">Whether it is a counter.</param>
    public static string Of(string name, string? unit, bool isCounter)
    {
        var text = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c == ':' ? c : '_'));
        var suffix = unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            "1" when !isCounter => "_ratio",
            _ => "",
        };
        if (!text.EndsWith(suffix, StringComparison.Ordinal))
        {
            text += suffix;
        }

        return isCounter && !text.EndsWith("_total", StringComparison.Ordinal) ? text + "_total" : text;
    }
}
