using Akka.Actor;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Api.Problems;

/// <summary>Makes a problem document of everything that goes wrong outside the endpoints: exceptions, and statuses that the host sets without a body.</summary>
internal sealed partial class ProblemAnswers(RequestDelegate next, ILogger<ProblemAnswers> log)
{
    /// <summary>Handles one request.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
            return;
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            var problem = Of(e, http);
            // The caller must be able to repeat the request under the same key, most of all when it failed.
            var key = http.Response.Headers[IdempotencyKey.Header];
            http.Response.Clear();
            if (key.Count > 0)
            {
                http.Response.Headers[IdempotencyKey.Header] = key;
            }

            Security.SecurityHeaders.Add(http.Response);
            await problem.ExecuteAsync(http);
            return;
        }

        if (!http.Response.HasStarted && http.Response.StatusCode >= 400 && http.Response.ContentLength is null && http.Response.ContentType is null)
        {
            await Of(http.Response.StatusCode, http).ExecuteAsync(http);
        }
    }

    private static Problem Of(int status, HttpContext http) => status switch
    {
        404 => Problem.Of(ApiCodes.RouteNotFound),
        405 => Problem.Of(ApiCodes.MethodNotAllowed, $"{http.Request.Method} is not allowed here; allowed: {http.Response.Headers.Allow}."),
        413 => Problem.Of(ApiCodes.BodyTooLarge),
        415 => Problem.Of(ApiCodes.UnsupportedMediaType),
        408 => Problem.Of(ApiCodes.RequestTimeout),
        < 500 => Problem.Of(ApiCodes.BadRequest),
        _ => Problem.Of(ApiCodes.InternalError),
    };

    private Problem Of(Exception exception, HttpContext http)
    {
        switch (exception)
        {
            case BadHttpRequestException bad:
                return Of(bad.StatusCode, http);
            case FailureException known:
                return Problem.Of(known.Failure);
            case AskTimeoutException or TimeoutException or OperationCanceledException:
                return Problem.Of(FailureCodes.Timeout);
            case Akka.Hosting.MissingActorRegistryEntryException:
                return Problem.Of(FailureCodes.Restarting);
            default:
                LogDefect(log, exception, http.Request.Method, http.GetEndpoint()?.DisplayName, Problem.TraceId(http));
                return Problem.Of(ApiCodes.InternalError);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "A request failed by a defect: {Method} {Route}, trace id {TraceId}")]
    private static partial void LogDefect(ILogger log, Exception exception, string method, string? route, string traceId);
}
