using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;

namespace DeCloud.NodeAgent.Api.Requests;

/// <summary>What is checked of every request before its endpoint runs.</summary>
internal static class RouteFilters
{
    /// <summary>Refuses query parameters that the route does not have: what is misspelled must not pass for absent.</summary>
    public static ValueTask<object?> KnownQuery(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (http.Request.QueryString.HasValue)
        {
            var known = http.GetEndpoint()!.Metadata.GetOrderedMetadata<ApiParameter>();
            var errors = new FieldErrors();
            foreach (var (name, values) in http.Request.Query)
            {
                var parameter = known.FirstOrDefault(p => p.Name == name);
                if (parameter is null)
                {
                    errors.Add(name, values.ToString(), known.Count == 0 ? "is not a parameter of this route; it has none." : $"is not a parameter of this route. It has: {string.Join(", ", known.Select(p => p.Name))}.");
                }
                else if (values.Count > 1 && !parameter.IsMany)
                {
                    errors.Add(name, values.ToString(), "may be given only once.");
                }
            }

            if (!errors.IsEmpty)
            {
                return ValueTask.FromResult<object?>(Problem.Invalid(errors));
            }
        }

        return next(context);
    }

    /// <summary>Refuses bodies where the route reads none: what is said there must not pass for done.</summary>
    public static ValueTask<object?> NoStrayBody(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var hasBody = http.Request.ContentLength > 0 || http.Request.Headers.TransferEncoding.Count > 0;
        return hasBody && http.GetEndpoint()!.Metadata.GetMetadata<ApiBody>() is null
            ? ValueTask.FromResult<object?>(Problem.Of(ApiCodes.BadRequest, "This route reads no body. Send the request without one."))
            : next(context);
    }

    /// <summary>Refuses VM ids that are no UUIDs.</summary>
    public static ValueTask<object?> VmIdInRoute(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var id = context.HttpContext.Request.RouteValues["id"] as string;
        return Guid.TryParseExact(id, "D", out _) ? next(context) : ValueTask.FromResult<object?>(Problem.Invalid("id", id, "must be a VM's UUID."));
    }
}
