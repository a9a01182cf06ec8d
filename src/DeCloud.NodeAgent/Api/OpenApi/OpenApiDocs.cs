using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Contracts.Rest;
using Microsoft.OpenApi;

namespace DeCloud.NodeAgent.Api.OpenApi;

/// <summary>The OpenAPI document and the pages that show it.</summary>
internal static class OpenApiDocs
{
    /// <summary>Adds the generator, which works only when the document is asked for.</summary>
    public static IServiceCollection AddOpenApiDocument(this IServiceCollection services, NodeOptions options)
    {
        services.AddEndpointsApiExplorer();
        return services.AddSwaggerGen(swagger =>
        {
            swagger.SwaggerDoc("v1", new()
            {
                Title = "DeCloud Node Agent",
                Version = Start.Version,
                Description = "Runs virtual machines on this host. Long work answers 202 with an operation to follow. Every error is a problem document whose type leads to /docs/errors.",
                License = new() { Name = "MIT", Identifier = "MIT" },
            });
            swagger.SupportNonNullableReferenceTypes();
            swagger.CustomSchemaIds(SchemaId);
            swagger.IncludeXmlComments(Path.Join(AppContext.BaseDirectory, "DeCloud.NodeAgent.Contracts.xml"));
            swagger.OperationFilter<DescribeOperation>();
            if (options.Http.ApiToken is not null)
            {
                swagger.AddSecurityDefinition("token", new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The token of Http:ApiToken or Http:ApiTokenFile." });
                swagger.AddSecurityRequirement(document => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", document)] = [] });
            }
        });
    }

    /// <summary>Serves the document and the pages; no other request passes through what serves them.</summary>
    public static void UseOpenApiPages(this IApplicationBuilder app) =>
        app.UseWhen(http => http.Request.Path.StartsWithSegments("/swagger", StringComparison.OrdinalIgnoreCase), pages =>
        {
            pages.UseSwagger(o => o.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1);
            pages.UseSwaggerUI(o =>
            {
                o.DocumentTitle = "DeCloud Node Agent";
                o.SwaggerEndpoint("/swagger/v1/swagger.json", "DeCloud Node Agent");
                o.DefaultModelsExpandDepth(0);
                o.DisplayRequestDuration();
            });
        });

    // Page<VmResource> becomes VmPage, VmResource becomes Vm: what .NET calls them is nobody's concern.
    private static string SchemaId(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Page<>)
            ? SchemaId(type.GetGenericArguments()[0]) + "Page"
            : type.Name.EndsWith("Resource", StringComparison.Ordinal) ? type.Name[..^"Resource".Length] : type.Name;
}
