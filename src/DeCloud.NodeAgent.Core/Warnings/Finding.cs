using System.Security.Cryptography;
using System.Text;

namespace DeCloud.NodeAgent.Core.Warnings;

/// <summary>Something that is not as it should be, as one look found it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Subject">Of what: <c>node</c>, <c>vm/ID</c>, <c>disk/PATH</c>, <c>peer/KEY</c> or <c>actor/PATH</c>.</param>
/// <param name="Title">It in a few words.</param>
/// <param name="Detail">What was found, with figures.</param>
public sealed record Finding(WarningKind Kind, WarningSeverity Severity, string Subject, string Title, string Detail)
{
    /// <summary>The node as a whole.</summary>
    public const string Node = "node";

    /// <summary>The name of the warning, the same for the same kind and subject for ever: a word that needs no escape in a URL.</summary>
    public string Id => Subject == Node ? Kind.Code : $"{Kind.Code}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Subject)).AsSpan(0, 6))}";
}
