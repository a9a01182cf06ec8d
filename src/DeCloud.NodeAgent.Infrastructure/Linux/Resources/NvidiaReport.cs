using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>What <c>nvidia-smi -q -x</c> tells. Elements come and go between versions of the driver, so each is optional.</summary>
/// <param name="DriverVersion">Version of the driver.</param>
/// <param name="Gpus">The GPUs by PCI address as the kernel writes it.</param>
internal sealed record NvidiaReport(string? DriverVersion, IReadOnlyDictionary<string, NvidiaResource> Gpus)
{
    /// <summary>Reads a report.</summary>
    /// <returns>Null when it is none.</returns>
    public static NvidiaReport? Parse(string xml)
    {
        try
        {
            // It names a document type that is not there.
            using var reader = XmlReader.Create(new StringReader(xml), new() { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });
            var log = XElement.Load(reader);
            var gpus = new Dictionary<string, NvidiaResource>(StringComparer.Ordinal);
            foreach (var gpu in log.Elements("gpu"))
            {
                if (AddressOf((string?)gpu.Attribute("id")) is { } address)
                {
                    gpus[address] = Gpu(gpu);
                }
            }

            return log.Name.LocalName == "nvidia_smi_log" ? new(Told(log.Element("driver_version")), gpus) : null;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static NvidiaResource Gpu(XElement gpu)
    {
        var memory = gpu.Element("fb_memory_usage");
        var power = gpu.Element("gpu_power_readings") ?? gpu.Element("power_readings");
        return new(
            Told(gpu.Element("uuid")),
            Told(gpu.Element("product_name")),
            MiB(memory?.Element("total")),
            MiB(memory?.Element("used")),
            Number(gpu.Element("utilization")?.Element("gpu_util"), "%"),
            Number(gpu.Element("temperature")?.Element("gpu_temp"), "C"),
            Number(power?.Element("power_draw") ?? power?.Element("instant_power_draw"), "W"));
    }

    // 00000000:3B:00.0 is 0000:3b:00.0 for the kernel.
    private static string? AddressOf(string? id) =>
        id?.Split(':') is [{ Length: >= 4 } domain, { Length: 2 } bus, { Length: 4 } function] ? $"{domain[^4..]}:{bus}:{function}".ToLowerInvariant() : null;

    private static string? Told(XElement? element) => element?.Value.Trim() is { Length: > 0 } text && !text.Contains("N/A", StringComparison.Ordinal) ? text : null;

    private static long? MiB(XElement? element) => Number(element, "MiB") is { } mib ? (long)mib << 20 : null;

    private static double? Number(XElement? element, string unit) =>
        Told(element) is { } text && text.EndsWith(unit, StringComparison.Ordinal)
        && double.TryParse(text.AsSpan()[..^unit.Length].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
