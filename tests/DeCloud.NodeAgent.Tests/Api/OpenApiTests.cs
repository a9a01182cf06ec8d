using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class OpenApiTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Every_route_is_in_the_document_with_summary_description_errors_and_examples()
    {
        var document = await DocumentAsync();
        var documented = Operations(document).ToDictionary(o => $"{o.Method.ToUpperInvariant()} {o.Path}", o => o.Operation);
        var mapped = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Select(m => $"{m} /{e.RoutePattern.RawText!.Trim('/')}"));

        Assert.Equal(mapped.Order(), documented.Keys.Order());
        Assert.Contains("POST /api/vms/{id}/stop", documented.Keys);
        Assert.All(documented, o =>
        {
            Assert.NotEmpty(o.Value.GetProperty("summary").GetString()!);
            Assert.NotEmpty(o.Value.GetProperty("description").GetString()!);
            Assert.NotEmpty(o.Value.GetProperty("tags").EnumerateArray());
            var responses = o.Value.GetProperty("responses").EnumerateObject().ToDictionary(r => int.Parse(r.Name, System.Globalization.CultureInfo.InvariantCulture), r => r.Value);
            Assert.Contains(responses.Keys, s => s is 101 or (>= 200 and < 300));
            Assert.All([400, 401, 403, 421, 500], s => Assert.Contains(s, responses.Keys));
            Assert.All(responses.Where(r => r.Key >= 400), r =>
            {
                var media = r.Value.GetProperty("content").GetProperty("application/problem+json");
                Assert.NotEmpty(media.GetProperty("examples").EnumerateObject());
                Assert.All(media.GetProperty("examples").EnumerateObject(), e => Assert.Equal(r.Key, e.Value.GetProperty("value").GetProperty("status").GetInt32()));
            });
            Assert.All(
                responses.Where(r => r.Key < 300 && r.Value.TryGetProperty("content", out _)),
                r => Assert.All(r.Value.GetProperty("content").EnumerateObject(), m => Assert.True(m.Value.TryGetProperty("example", out _), o.Key)));
            if (o.Value.TryGetProperty("requestBody", out var body))
            {
                Assert.True(body.GetProperty("content").GetProperty("application/json").TryGetProperty("example", out _));
                Assert.Contains(415, responses.Keys);
                Assert.Contains(413, responses.Keys);
            }

            if (o.Value.TryGetProperty("parameters", out var parameters))
            {
                Assert.All(parameters.EnumerateArray(), p => Assert.True(p.TryGetProperty("description", out _) && p.TryGetProperty("example", out _), o.Key));
            }

            if (o.Key.StartsWith("GET", StringComparison.Ordinal) is false)
            {
                Assert.Contains(parameters.EnumerateArray(), p => p.GetProperty("name").GetString() == "Idempotency-Key");
            }
        });
    }

    [Fact]
    public async Task The_document_has_the_names_that_cross_the_wire_and_says_what_they_mean()
    {
        var document = await DocumentAsync();
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var schemas = document.GetProperty("components").GetProperty("schemas");

        var create = schemas.GetProperty("CreateVmRequest");
        Assert.Equal(
            ["id", "name", "vCpus", "memoryBytes", "diskBytes", "baseImageUrl", "baseImageHash", "sshPublicKey", "userData", "gpus", "overlay", "labels"],
            create.GetProperty("properties").EnumerateObject().Select(p => p.Name));
        Assert.Equal(["baseImageUrl", "diskBytes", "memoryBytes", "name", "vCpus"], create.GetProperty("required").EnumerateArray().Select(r => r.GetString()!).Order());
        Assert.All(create.GetProperty("properties").EnumerateObject(), p => Assert.True(p.Value.TryGetProperty("description", out _), p.Name));
        Assert.True(schemas.GetProperty("Vm").GetProperty("properties").TryGetProperty("macAddress", out _));
        Assert.True(schemas.TryGetProperty("VmPage", out _));
        Assert.False(create.GetProperty("additionalProperties").GetBoolean());
    }

    [Fact]
    public async Task The_example_of_a_create_request_is_accepted_as_it_stands()
    {
        var document = await DocumentAsync();
        var example = document.GetProperty("paths").GetProperty("/api/vms").GetProperty("post").GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("example");
        host.Vms.Answers(m => m is Core.Vms.VmCommands.Create c ? new Core.Vms.VmReply.Accepted(Samples.Operation(vm: c.VmId), Samples.Vm()) : null);

        Assert.Equal(202, (await host.Post("/api/vms", example.GetRawText())).Status);
    }

    [Fact]
    public async Task The_pages_load_nothing_that_their_policy_forbids()
    {
        var page = await host.Get("/swagger/index.html");

        Assert.Equal(200, page.Status);
        Assert.DoesNotContain("<script>", page.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http://", page.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("https://", page.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("script-src 'self';", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        foreach (var file in new[] { "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "index.js", "swagger-ui.css", "index.css" })
        {
            Assert.Equal(200, (await host.Get("/swagger/" + file)).Status);
        }
    }

    private async Task<JsonElement> DocumentAsync() => (await host.Get("/swagger/v1/swagger.json")).Json;

    private static IEnumerable<(string Path, string Method, JsonElement Operation)> Operations(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(o => (p.Name, o.Name, o.Value)));
}
