using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Core.Operations;

/// <summary>Who asked for a change, under which idempotency key.</summary>
/// <param name="Id">The idempotency key: 1 to 128 printable ASCII characters.</param>
/// <param name="BodyHash">SHA-256 of what was asked, in hexadecimal; two requests under one key must agree in it.</param>
/// <param name="By">Who asked, for example <c>api</c>.</param>
public sealed record Request(string Id, string BodyHash, string By);

/// <summary>How an operation stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OperationStatus>))]
public enum OperationStatus
{
    /// <summary>Accepted and not over.</summary>
    Running,

    /// <summary>What was asked for is so.</summary>
    Succeeded,

    /// <summary>Given up; the error says why.</summary>
    Failed,

    /// <summary>A later request for the same thing took its place.</summary>
    Superseded,
}
