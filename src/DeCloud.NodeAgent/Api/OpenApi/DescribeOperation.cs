using System.Globalization;
using System.Text.Json.Nodes;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Contracts.Rest;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace DeCloud.NodeAgent.Api.OpenApi;

/// <summary>Writes into the OpenAPI document what <see cref="EndpointDocs"/> says of a route: parameters, body, answers, problems, each with an example.</summary>
internal sealed class DescribeOperation : IOperationFilter
{
    /// <inheritdoc/>
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        operation.Parameters ??= [];
        foreach (var parameter in operation.Parameters.OfType<OpenApiParameter>().Where(p => p.In == ParameterLocation.Path))
        {
            (parameter.Description, parameter.Example) = PathParameter(context.ApiDescription.RelativePath!, parameter.Name!);
        }

        foreach (var parameter in metadata.OfType<ApiParameter>())
        {
            operation.Parameters.Add(Parameter(parameter));
        }

        if (metadata.OfType<ApiMutation>().Any())
        {
            operation.Parameters.Add(Header(IdempotencyKey.Header, "Names the request, so that it can be repeated without being carried out twice: 1 to 128 printable ASCII characters. Made up when absent, and always in the answer.", "create-web-1"));
        }

        if (metadata.OfType<ApiBody>().FirstOrDefault() is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody { Required = !body.IsOptional, Content = Content("application/json", Schema(body.Type, context), Examples.Of(body.Type)) };
        }

        operation.Responses = [];
        foreach (var answer in metadata.OfType<ApiAnswer>())
        {
            operation.Responses[answer.Status.ToString(CultureInfo.InvariantCulture)] = Answer(answer, metadata, context);
        }

        var codes = metadata.OfType<ApiProblems>().SelectMany(p => p.Codes).Distinct().Select(ErrorCatalogue.Of);
        foreach (var status in codes.GroupBy(k => k.Status).OrderBy(g => g.Key))
        {
            operation.Responses[status.Key.ToString(CultureInfo.InvariantCulture)] = ProblemAnswer([.. status], context);
        }
    }

    private static OpenApiParameter Parameter(ApiParameter parameter)
    {
        var schema = new OpenApiSchema { Type = Enum.Parse<JsonSchemaType>(parameter.Type, ignoreCase: true) };
        return new()
        {
            Name = parameter.Name,
            In = ParameterLocation.Query,
            Description = parameter.Meaning,
            Schema = parameter.IsMany ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = schema } : schema,
            Example = parameter.IsMany ? new JsonArray(parameter.Example) : schema.Type == JsonSchemaType.String ? parameter.Example : JsonNode.Parse(parameter.Example),
        };
    }

    private static OpenApiParameter Header(string name, string meaning, string example) =>
        new() { Name = name, In = ParameterLocation.Header, Description = meaning, Schema = new OpenApiSchema { Type = JsonSchemaType.String }, Example = example };

    private static (string Description, JsonNode Example) PathParameter(string path, string name) => name switch
    {
        "publicKey" => ("The peer's public key, as base64url (43 characters, '-' and '_', no padding) or as base64 whose '/' are written %2F.", Examples.PeerKeyInPath),
        "digest" => ("The image's SHA-256.", Examples.Digest),
        "ticket" => ("The ticket that POST /api/vms/{id}/tickets gave.", Examples.Ticket),
        "persistenceId" => ("The subject, such as vms or vm-ID.", $"vm-{Examples.VmId}"),
        "warningId" => ("The warning's id.", ActorExamples.Warning.Id),
        "guestPort" => ("The guest's port.", 80),
        "protocol" => ("tcp, udp or both, as it was allocated.", "tcp"),
        _ when path.StartsWith("api/operations", StringComparison.Ordinal) => ("The operation's id.", Examples.OperationId),
        _ => ("The VM's UUID.", Examples.VmId.ToString()),
    };

    private static OpenApiResponse Answer(ApiAnswer answer, IList<object> metadata, OperationFilterContext context)
    {
        var response = new OpenApiResponse { Description = answer.Meaning, Headers = new Dictionary<string, IOpenApiHeader>() };
        if (answer.Type is not null)
        {
            response.Content = Content(answer.MediaType, Schema(answer.Type, context), Examples.Of(answer.Type));
        }

        if (answer.Status == StatusCodes.Status202Accepted)
        {
            response.Headers["Location"] = new OpenApiHeader { Description = "Where to look what becomes of it: the operation's path, or the actor's.", Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }

        if (metadata.OfType<ApiMutation>().Any())
        {
            response.Headers[IdempotencyKey.Header] = new OpenApiHeader { Description = "The key the request was carried out under.", Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }

        return response;
    }

    private static OpenApiResponse ProblemAnswer(IReadOnlyList<ErrorKind> kinds, OperationFilterContext context)
    {
        var content = Content("application/problem+json", Schema(typeof(ProblemResource), context), null);
        var media = (OpenApiMediaType)content["application/problem+json"];
        media.Examples = kinds.ToDictionary(k => k.Code, k => (IOpenApiExample)new OpenApiExample { Summary = k.Title, Value = Examples.Problem(k) });
        return new() { Description = string.Join(" ", kinds.Select(k => $"`{k.Code}`: {k.Meaning}")), Content = content };
    }

    private static IOpenApiSchema Schema(Type type, OperationFilterContext context) => context.SchemaGenerator.GenerateSchema(type, context.SchemaRepository);

    private static Dictionary<string, IOpenApiMediaType> Content(string mediaType, IOpenApiSchema schema, JsonNode? example) =>
        new() { [mediaType] = new OpenApiMediaType { Schema = schema, Example = example } };
}
