using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Api.Problems;

/// <summary>Gathers what is wrong with a request, so that all of it can be told at once.</summary>
internal sealed class FieldErrors
{
    private const int MostShown = 120;
    private const int MostErrors = 100;
    private readonly SortedDictionary<string, List<FieldErrorResource>> _byField = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsEmpty => _byField.Count == 0;

    /// <summary>The errors by field.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<FieldErrorResource>> ByField => _byField.ToDictionary(f => f.Key, f => (IReadOnlyList<FieldErrorResource>)f.Value);

    /// <summary>Whether something is wrong with a field.</summary>
    public bool Has(string field) => _byField.ContainsKey(field);

    /// <summary>Adds an error.</summary>
    /// <param name="field">The field, as it is named on the wire.</param>
    /// <param name="value">What was sent; null when nothing was, or when it must not be repeated.</param>
    /// <param name="reason">What is wrong, and what would be right.</param>
    public void Add(string field, string? value, string reason)
    {
        if (_count++ < MostErrors)
        {
            var name = Shorten(field);
            (_byField.TryGetValue(name, out var errors) ? errors : _byField[name] = []).Add(new(value is null ? null : Shorten(value), reason));
        }
    }

    /// <summary>Takes over the errors of fields that have none yet: a field that could not be read has no value to judge.</summary>
    public void AddUnlessKnown(FieldErrors others)
    {
        foreach (var (field, errors) in others._byField.Where(f => !Has(f.Key)).ToList())
        {
            _byField.Add(field, errors);
        }
    }

    private static string Shorten(string text) => text.Length <= MostShown ? text : text[..MostShown] + "…";
}
