using System.Text;
using System.Xml.Linq;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Contracts.Rest;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DeCloud.NodeAgent.Api.Problems;

/// <summary>The page that the <c>type</c> of every problem leads to.</summary>
internal static class ErrorDocs
{
    private static readonly byte[] Page = Encoding.UTF8.GetBytes("<!DOCTYPE html>\n" + Html());

    /// <summary>Maps the route.</summary>
    public static void Map(RouteGroupBuilder root) =>
        root.MapGet("/docs/errors", Show)
            .Does("List the kinds of problems", "Every kind of problem that the API answers with: its word, its status and what it means. A page for browsers, JSON for everybody else.")
            .Gives<IReadOnlyList<ErrorKindResource>>(200, "The kinds, ordered by status.");

    private static Results<Ok<IReadOnlyList<ErrorKindResource>>, Requests.RawBody> Show(HttpContext http) =>
        http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? new Requests.RawBody(Page, "text/html; charset=utf-8")
            : TypedResults.Ok(ErrorCatalogue.Shown);

    private static string Html() => new XElement(
        "html",
        new XAttribute("lang", "en"),
        new XElement("head", new XElement("meta", new XAttribute("charset", "utf-8")), new XElement("title", "Problems of the DeCloud Node Agent")),
        new XElement(
            "body",
            new XElement("h1", "Problems"),
            new XElement("p", "Every answer that is no success is a problem document (RFC 9457). Its type leads to one of these."),
            ErrorCatalogue.All.Select(k => new XElement(
                "section",
                new XAttribute("id", k.Code),
                new XElement("h2", k.Code),
                new XElement("p", new XElement("strong", $"{k.Status} {k.Title}.")),
                new XElement("p", k.Meaning))))).ToString(SaveOptions.DisableFormatting);
}
