using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Core.Operations;
using Microsoft.AspNetCore.Http.Features;

namespace DeCloud.NodeAgent.Api.Requests;

/// <summary>The idempotency key of a request that changes something: the caller's, or one that is made up and told in the answer.</summary>
internal sealed record IdempotencyKey(string Value)
{
    /// <summary>The header, in requests and answers.</summary>
    public const string Header = "Idempotency-Key";

    private const int MostCharacters = 128;

    /// <summary>Takes the key from the request, or makes one up, before the endpoint runs.</summary>
    public static ValueTask<object?> Filter(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var sent = http.Request.Headers[Header];
        if (sent.Count > 0 && (sent.Count > 1 || !IsSound(sent[0])))
        {
            return ValueTask.FromResult<object?>(Problem.Invalid(Header, sent.ToString(), "must be given once, as 1 to 128 printable ASCII characters."));
        }

        var key = new IdempotencyKey(sent.Count > 0 ? sent[0]! : Guid.NewGuid().ToString("D"));
        http.Features.Set(key);
        http.Response.Headers[Header] = key.Value;
        return next(context);
    }

    /// <summary>What the actors need to know of who asks.</summary>
    /// <param name="http">The request, after <see cref="Filter"/>.</param>
    /// <param name="what">What is asked, in a form that is the same for every way of asking the same: method, path and arguments.</param>
    public static Request RequestOf(HttpContext http, string what) => RequestOf(http, what, []);

    /// <summary>What the actors need to know of who asks.</summary>
    /// <param name="http">The request, after <see cref="Filter"/>.</param>
    /// <param name="what">Method and path.</param>
    /// <param name="body">The body as it was understood: order, white space and spelling of what was sent don't count.</param>
    /// <param name="type">How the body is written.</param>
    public static Request RequestOf<T>(HttpContext http, string what, T body, JsonTypeInfo<T> type) =>
        RequestOf(http, what, JsonSerializer.SerializeToUtf8Bytes(body, type));

    private static Request RequestOf(HttpContext http, string what, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(what + "\n"));
        hash.AppendData(body);
        return new(http.Features.GetRequiredFeature<IdempotencyKey>().Value, Convert.ToHexStringLower(hash.GetHashAndReset()), "api");
    }

    private static bool IsSound(string? key) => key is { Length: > 0 and <= MostCharacters } && key.All(c => c is >= ' ' and <= '~');
}
