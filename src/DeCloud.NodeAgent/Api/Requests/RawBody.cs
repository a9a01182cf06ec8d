namespace DeCloud.NodeAgent.Api.Requests;

/// <summary>An answer whose body is there already.</summary>
/// <param name="Bytes">The body.</param>
/// <param name="ContentType">Its media type.</param>
internal sealed record RawBody(ReadOnlyMemory<byte> Bytes, string ContentType) : IResult, IStatusCodeHttpResult
{
    /// <summary>The media type of JSON.</summary>
    public const string Json = "application/json; charset=utf-8";

    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = ContentType;
        response.ContentLength = Bytes.Length;
        return response.BodyWriter.WriteAsync(Bytes, httpContext.RequestAborted).AsTask();
    }
}
