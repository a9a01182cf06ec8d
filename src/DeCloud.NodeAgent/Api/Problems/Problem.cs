using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Api.Problems;

/// <summary>An answer that says why a request was not carried out, as a problem document (RFC 9457).</summary>
internal sealed class Problem : IResult, IStatusCodeHttpResult
{
    private readonly ErrorKind _kind;
    private readonly string _code;
    private readonly string _detail;
    private readonly FieldErrors? _errors;
    private readonly IReadOnlyList<ShortageResource> _shortages;

    private Problem(string code, string? detail, FieldErrors? errors = null, IReadOnlyList<ShortageResource>? shortages = null)
    {
        _kind = ErrorCatalogue.Of(code);
        _code = _kind.Code;
        _detail = detail ?? _kind.Meaning;
        _errors = errors;
        _shortages = shortages ?? [];
    }

    /// <inheritdoc/>
    public int? StatusCode => _kind.Status;

    /// <summary>A problem of a kind.</summary>
    /// <param name="code">The kind's word.</param>
    /// <param name="detail">What went wrong this time; null for the kind's meaning.</param>
    public static Problem Of(string code, string? detail = null) => new(code, detail);

    /// <summary>What the domain refused.</summary>
    public static Problem Of(Failure failure) => new(failure.Code, failure.Message);

    /// <summary>What the domain refused, with the resources of which there is too little.</summary>
    public static Problem Of(Failure failure, IReadOnlyList<ShortageResource> shortages) => new(failure.Code, failure.Message, shortages: shortages);

    /// <summary>Fields, query parameters or headers that are wrong.</summary>
    public static Problem Invalid(FieldErrors errors) =>
        new(ApiCodes.InvalidRequest, $"Nothing was done, because of: {string.Join(", ", errors.ByField.Keys)}. 'errors' says what is wrong with each.", errors);

    /// <summary>One field, query parameter or header that is wrong.</summary>
    public static Problem Invalid(string field, string? value, string reason)
    {
        var errors = new FieldErrors();
        errors.Add(field, value, reason);
        return Invalid(errors);
    }

    /// <summary>A problem with the errors of parts.</summary>
    public static Problem Of(string code, string detail, FieldErrors errors) => new(code, detail, errors);

    /// <summary>The document for a request.</summary>
    /// <param name="traceId">Names the request in the log.</param>
    public ProblemResource ToResource(string traceId) => new()
    {
        Type = "/docs/errors#" + _code,
        Title = _kind.Title,
        Status = _kind.Status,
        Detail = _detail,
        Errors = _errors?.ByField,
        Shortages = _shortages.Count > 0 ? _shortages : null,
        TraceId = traceId,
    };

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = _kind.Status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        if (_kind.RetryAfter > 0)
        {
            response.Headers.RetryAfter = _kind.RetryAfter.ToString(CultureInfo.InvariantCulture);
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(ToResource(TraceId(httpContext)), WireJson.Types.ProblemResource);
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(httpContext.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
    }

    /// <summary>Names a request in answer and log.</summary>
    public static string TraceId(HttpContext http) => Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier;
}
