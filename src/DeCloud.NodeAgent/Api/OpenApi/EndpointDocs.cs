using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Api.OpenApi;

/// <summary>A query parameter of a route.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its JSON schema type.</param>
/// <param name="Meaning">What it is for, its range and default.</param>
/// <param name="Example">A value.</param>
/// <param name="IsMany">Whether it may be repeated.</param>
internal sealed record ApiParameter(string Name, string Type, string Meaning, string Example, bool IsMany = false);

/// <summary>The kinds of problems a route answers with.</summary>
/// <param name="Codes">Their words.</param>
internal sealed record ApiProblems(IReadOnlyList<string> Codes);

/// <summary>The body a route reads.</summary>
/// <param name="Type">What it is.</param>
/// <param name="IsOptional">Whether it may be absent.</param>
internal sealed record ApiBody(Type Type, bool IsOptional);

/// <summary>What a route answers.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Type">What the body is; null for none.</param>
/// <param name="MediaType">The body's media type.</param>
/// <param name="Meaning">What the answer means.</param>
internal sealed record ApiAnswer(int Status, Type? Type, string MediaType, string Meaning);

/// <summary>The route changes something and takes an idempotency key.</summary>
internal sealed record ApiMutation;

/// <summary>The route works with VMs or their images, which only some hosts have.</summary>
internal sealed record ApiNeedsVms;

/// <summary>Says of routes what the OpenAPI document and the filters need to know, in one place.</summary>
internal static class EndpointDocs
{
    /// <summary>What any route may answer.</summary>
    public static IReadOnlyList<string> Always { get; } = [ApiCodes.BadRequest, ApiCodes.InvalidRequest, ApiCodes.Unauthorized, ApiCodes.CrossOrigin, ApiCodes.HostNotAllowed, ApiCodes.InternalError];

    /// <summary>What any route may answer that asks an actor.</summary>
    public static IReadOnlyList<string> WhenAsked { get; } = [FailureCodes.Restarting, FailureCodes.Timeout];

    /// <summary>Describes the route.</summary>
    public static RouteHandlerBuilder Does(this RouteHandlerBuilder route, string summary, string description) => route.WithSummary(summary).WithDescription(description);

    /// <summary>The route has a query parameter.</summary>
    public static RouteHandlerBuilder Query(this RouteHandlerBuilder route, string name, string type, string meaning, string example, bool isMany = false) =>
        route.WithMetadata(new ApiParameter(name, type, meaning, example, isMany));

    /// <summary>The route reads a body.</summary>
    public static RouteHandlerBuilder Reads<T>(this RouteHandlerBuilder route, bool isOptional = false) =>
        route.WithMetadata(new ApiBody(typeof(T), isOptional)).Fails(ApiCodes.MalformedJson, ApiCodes.UnsupportedMediaType, ApiCodes.BodyTooLarge, ApiCodes.RequestTimeout);

    /// <summary>The route answers with a body.</summary>
    public static RouteHandlerBuilder Gives<T>(this RouteHandlerBuilder route, int status, string meaning, string mediaType = "application/json") =>
        route.WithMetadata(new ApiAnswer(status, typeof(T), mediaType, meaning));

    /// <summary>The route answers without a body.</summary>
    public static RouteHandlerBuilder Gives(this RouteHandlerBuilder route, int status, string meaning) => route.WithMetadata(new ApiAnswer(status, null, "", meaning));

    /// <summary>The route may answer with these problems.</summary>
    public static RouteHandlerBuilder Fails(this RouteHandlerBuilder route, params IEnumerable<string> codes) => route.WithMetadata(new ApiProblems([.. codes]));

    /// <summary>The routes work with VMs or their images: on a host that runs none they are refused before anything else of the request is looked at.</summary>
    public static T NeedsVms<T>(this T routes)
        where T : IEndpointConventionBuilder => routes.WithMetadata(new ApiNeedsVms(), new ApiProblems([FailureCodes.VmsUnsupported]));

    /// <summary>The route changes something.</summary>
    public static RouteHandlerBuilder Mutates(this RouteHandlerBuilder route) => route.AddEndpointFilter(IdempotencyKey.Filter).WithMetadata(new ApiMutation());
}
