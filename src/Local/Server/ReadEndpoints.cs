using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Traces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Server;

/// <summary>What a reader of the stored traces asks; Braintrust itself has no such addresses.</summary>
static class ReadEndpoints
{
    public static void Map(WebApplication app, LocalState state)
    {
        app.MapGet("/local/projects", context => Projects(context, state));
        app.MapGet("/local/projects/{project}/traces", context => Traces(context, state));
        app.MapGet("/local/traces/{rootSpanId}", context => Trace(context, state));
    }

    static Task Projects(HttpContext context, LocalState state)
    {
        var list = state.Projects.All().Select(project => (JsonNode)new JsonObject
        {
            ["id"] = project.Id,
            ["name"] = project.Name,
            ["created"] = project.Created.UtcDateTime.ToString("O"),
            ["rows"] = state.Rows.CountOfProject(project.Id),
        });
        return Answer.Ok(context, new JsonArray([.. list]));
    }

    static Task Traces(HttpContext context, LocalState state)
    {
        var wanted = (string)context.Request.RouteValues["project"]!;
        if (state.Projects.Find(wanted) is not { } project)
            return Answer.Refuse(context, StatusCodes.Status404NotFound, $"There is no project named \"{wanted}\", nor one with that id.");
        var trees = TraceTree.Build(state.Rows.OfProject(project.Id));
        return Answer.Ok(context, new JsonArray([.. TraceSummary.Of(trees).Select(summary => summary.ToJson())]));
    }

    static Task Trace(HttpContext context, LocalState state)
    {
        var rootSpanId = (string)context.Request.RouteValues["rootSpanId"]!;
        var rows = state.Rows.OfTrace(rootSpanId);
        return rows.Count == 0
            ? Answer.Refuse(context, StatusCodes.Status404NotFound, $"No row of the trace \"{rootSpanId}\" is stored.")
            : Answer.Ok(context, new JsonArray([.. rows]));
    }
}
