using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Operations;

/// <summary>
/// The id of an operation. It names the actor that accepted it and a number within that actor, so that it is found again after a restart without an index.
/// Its text is <c>vm-{uuid without hyphens}-{number}</c> or <c>image-{number}</c>; callers treat it as opaque.
/// </summary>
/// <param name="Vm">The VM whose operation it is; null for the image cache's.</param>
/// <param name="Number">Number within the actor, from 1.</param>
public readonly record struct OperationId(VmId? Vm, long Number)
{
    /// <summary>Reads an operation id.</summary>
    /// <param name="text">The text.</param>
    /// <param name="id">The id, when the text is one.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out OperationId id)
    {
        id = default;
        var parts = text?.Split('-');
        switch (parts)
        {
            case ["vm", var uuid, var number] when Guid.TryParseExact(uuid, "N", out var vm) && TryParseNumber(number, out var n):
                id = new(new VmId(vm), n);
                return true;
            case ["image", var number] when TryParseNumber(number, out var n):
                id = new(null, n);
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Vm is { } vm
        ? string.Create(CultureInfo.InvariantCulture, $"vm-{vm.Value:N}-{Number}")
        : string.Create(CultureInfo.InvariantCulture, $"image-{Number}");

    private static bool TryParseNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;
}
