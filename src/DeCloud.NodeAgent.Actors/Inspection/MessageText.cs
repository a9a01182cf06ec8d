using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>
/// Says of a message or an event what may be told to whoever watches. Numbers, flags, times and identities are; of texts only those that the agent makes itself, by the names of their
/// members, since every other one may be a tenant's or a secret.
/// </summary>
internal static class MessageText
{
    private const int MostCharacters = 500;
    private const int MostTypes = 2048;

    private static readonly HashSet<string> OwnTexts = new(StringComparer.Ordinal)
    {
        "Code", "Kind", "Stage", "State", "Status", "Step", "Digest", "PersistenceId", "Outcome", "Reason", "By", "Protocol", "Manifest", "SnapshotId", "Severity", "Subject",
    };

    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Members = new();

    /// <summary>The name of a type as the code has it: <c>VmActor.SessionUp</c>, <c>Progress</c>.</summary>
    public static string NameOf(Type type)
    {
        var name = type.Name;
        var generic = name.IndexOf('`', StringComparison.Ordinal);
        name = generic < 0 ? name : name[..generic];
        return type.DeclaringType is { } outer && !name.StartsWith('<') ? $"{NameOf(outer)}.{name}" : name;
    }

    /// <summary>What can be told, at most 500 characters.</summary>
    public static string Of(object message)
    {
        var text = new StringBuilder();
        foreach (var member in Members.Count > MostTypes ? MembersOf(message.GetType()) : Members.GetOrAdd(message.GetType(), MembersOf))
        {
            if (text.Length > MostCharacters)
            {
                break;
            }

            if (Shown(member, message) is { } shown)
            {
                text.Append(text.Length > 0 ? ", " : "").Append(member.Name).Append('=').Append(shown);
            }
        }

        return Bounded(text.ToString(), MostCharacters);
    }

    /// <summary>A text without what would confuse a terminal or a page, cut where it is too long.</summary>
    public static string Bounded(string text, int most)
    {
        var plain = string.Create(Math.Min(text.Length, most), text, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(text[i]) ? ' ' : text[i];
            }
        });
        return text.Length <= most ? plain : plain + "…";
    }

    private static PropertyInfo[] MembersOf(Type type) => type.Namespace?.StartsWith("DeCloud.", StringComparison.Ordinal) == true
        ? [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetMethod is not null && p.GetIndexParameters().Length == 0 && p.Name != "EqualityContract")]
        : [];

    private static string? Shown(PropertyInfo member, object message)
    {
        object? value;
        try
        {
            value = member.GetValue(message);
        }
        catch (TargetInvocationException)
        {
            // A member that can't be had of this message, such as the value of an empty one.
            return null;
        }

        return value switch
        {
            null => null,
            string text => OwnTexts.Contains(member.Name) ? Bounded(text, 80) : null,
            Failure failure => failure.Code,
            Request request => $"{request.By}:{Bounded(request.Id, 40)}",
            Exception cause => cause.GetType().Name,
            VmId or ImageDigest or OperationId or PublicKey or Guid => Identity(value),
            bool or Enum => value.ToString(),
            DateTimeOffset at => at.ToString("O", CultureInfo.InvariantCulture),
            TimeSpan span => span.ToString("c", CultureInfo.InvariantCulture),
            IFormattable number when value.GetType().IsPrimitive => number.ToString(null, CultureInfo.InvariantCulture),
            ICollection many => string.Create(CultureInfo.InvariantCulture, $"({many.Count})"),
            Delegate or Task => null,
            ITuple => null,
            _ => value.GetType().Namespace?.StartsWith("DeCloud.", StringComparison.Ordinal) == true ? $"<{NameOf(value.GetType())}>" : null,
        };
    }

    private static string? Identity(object value)
    {
        try
        {
            return value.ToString();
        }
        catch (InvalidOperationException)
        {
            // One that names nothing.
            return null;
        }
    }
}
