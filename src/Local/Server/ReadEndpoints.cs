using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;
using Braintrust.Logging.Local.Traces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Data.Sqlite;

namespace Braintrust.Logging.Local.Server;

/// <summary>What a reader of the stored traces asks, the page first of all; Braintrust itself has no such addresses.</summary>
static class ReadEndpoints
{
    public static void Map(WebApplication app, LocalState state)
    {
        app.MapGet("/local/projects", Read(state, context => Projects(context, state)));
        app.MapGet("/local/projects/{project}/traces", OfProject(state, (context, project) => Traces(context, state, project)));
        app.MapGet("/local/projects/{project}/facets", OfProject(state, (context, project) => FacetsOf(context, state, project)));
        app.MapGet("/local/projects/{project}/traces/{trace}", OfProject(state, (context, project) => Spans(context, state, project)));
        app.MapGet("/local/projects/{project}/traces/{trace}/hits", OfProject(state, (context, project) => Hits(context, state, project)));
        app.MapGet("/local/projects/{project}/traces/{trace}/export", OfProject(state, (context, project) => ExportTrace(context, state, project.Id)));
        app.MapGet("/local/projects/{project}/rows/{row}", OfProject(state, (context, project) => Row(context, state, project)));
        app.MapGet("/local/projects/{project}/export", OfProject(state, (context, project) => Export(context, project.Name, state.Store.Rows.Texts(project.Id))));
        app.MapGet("/local/traces/{trace}", Read(state, context => Trace(context, state)));
        app.MapGet("/local/traces/{trace}/export", Read(state, context => ExportTrace(context, state, null)));
        app.MapGet("/local/rows/{row}", Read(state, context => Find(context, state)));
        app.MapGet("/local/changes", Read(state, context => ChangeStream.SendAsync(context, state.Changes)));
    }

    public static RequestDelegate Read(LocalState state, RequestDelegate next) => context =>
        Access.MayRead(context.Request, state.Token)
            ? next(context)
            : Answer.Refuse(context, StatusCodes.Status401Unauthorized, "Open the address with ?token=… that braintrust-local printed when it started.");

    public static RequestDelegate OfProject(LocalState state, Func<HttpContext, Project, Task> next) => Read(state, context =>
    {
        var wanted = Route(context, "project");
        return state.Store.Projects.Find(wanted) is { } project
            ? next(context, project)
            : Answer.Refuse(context, StatusCodes.Status404NotFound, $"There is no project named \"{wanted}\", nor one with that id.");
    });

    static Task Projects(HttpContext context, LocalState state)
    {
        var list = state.Store.Projects.All().Select(project => (JsonNode)new JsonObject
        {
            ["id"] = project.Id,
            ["name"] = project.Name,
            ["created"] = project.Created.UtcDateTime.ToString("O"),
            ["rows"] = state.Store.Rows.CountOfProject(project.Id),
        });
        return Answer.Ok(context, new JsonArray([.. list]));
    }

    static async Task Traces(HttpContext context, LocalState state, Project project)
    {
        await Recount(state, project).ConfigureAwait(false);
        var traces = state.Store.Traces.List(project.Id, FilterOf(context.Request.Query), context.RequestAborted);
        await Answer.Ok(context, new JsonArray([.. traces.Select(trace => trace.ToJson())])).ConfigureAwait(false);
    }

    /// <summary>A full disk keeps nobody from reading.</summary>
    static async Task Recount(LocalState state, Project project)
    {
        try
        {
            await state.Store.Traces.RecountAsync(project.Id).ConfigureAwait(false);
        }
        catch (SqliteException e)
        {
            state.TellFailure($"The database failed: {e.Message}");
        }
    }

    static TraceFilter FilterOf(IQueryCollection query)
    {
        return new TraceFilter
        {
            Text = Text("text"),
            Tag = Text("tag"),
            Model = Text("model"),
            Score = Text("score"),
            ScoreAtLeast = Number("score_min"),
            ScoreAtMost = Number("score_max"),
            ErrorsOnly = Text("errors") is not null,
            RunningOnly = Text("running") is not null,
            Since = Number("since"),
            Until = Number("until"),
            After = Number("after_start") is { } start && Text("after") is { } trace ? (start, trace) : null,
            Limit = (int)Math.Clamp(Number("limit") ?? 100, 1, TraceFilter.MostAtOnce),
        };

        string? Text(string name) => query[name].ToString() is { Length: > 0 } text ? text : null;
        double? Number(string name) => double.TryParse(query[name], CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
    }

    static async Task FacetsOf(HttpContext context, LocalState state, Project project)
    {
        await Recount(state, project).ConfigureAwait(false);
        var facets = state.Store.Traces.FacetsOf(project.Id);
        await Answer.Ok(context, new JsonObject { ["tags"] = List(facets.Tags), ["scores"] = List(facets.Scores), ["models"] = List(facets.Models) }).ConfigureAwait(false);

        static JsonArray List(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode?)text)]);
    }

    /// <summary>The trace as a tree is drawn from: a line per row without its contents. With <c>after</c> only what has changed since.</summary>
    static async Task Spans(HttpContext context, LocalState state, Project project)
    {
        var trace = Route(context, "trace");
        _ = long.TryParse(context.Request.Query["after"], CultureInfo.InvariantCulture, out var after);
        var spans = state.Store.Traces.Spans(project.Id, trace, after);
        await Recount(state, project).ConfigureAwait(false);
        if (state.Store.Traces.Find(project.Id, trace) is not { } summary)
        {
            await NoTrace(context, trace).ConfigureAwait(false);
            return;
        }
        await SpanLines.SendAsync(context, summary, spans).ConfigureAwait(false);
    }

    /// <summary>Where in a trace a text stands.</summary>
    static Task Hits(HttpContext context, LocalState state, Project project)
    {
        var text = context.Request.Query["text"].ToString();
        var ids = text.Length == 0 ? [] : state.Store.Traces.Hits(project.Id, Route(context, "trace"), text, context.RequestAborted);
        return Answer.Ok(context, new JsonObject { ["ids"] = new JsonArray([.. ids.Select(id => (JsonNode)id)]) });
    }

    static Task Row(HttpContext context, LocalState state, Project project)
    {
        var id = Route(context, "row");
        if (state.Store.Rows.Find(project.Id, id) is not { } found)
            return NoRow(context, id);
        var audit = state.Store.Rows.Audit(project.Id, id).Select(entry => (JsonNode)new JsonObject { ["xact_id"] = entry.Transaction, ["source"] = entry.Source, ["metadata"] = entry.Metadata });
        return Answer.Ok(context, new JsonObject
        {
            ["row"] = RowText.Read(found.Body),
            ["comments"] = new JsonArray([.. state.Store.Rows.CommentsOn(project.Id, id)]),
            ["audit"] = new JsonArray([.. audit]),
        });
    }

    /// <summary>Where a row is, for links that name only it. With <c>project</c>, a name or an id, in that project.</summary>
    static Task Find(HttpContext context, LocalState state)
    {
        var id = Route(context, "row");
        var project = context.Request.Query["project"].ToString() is { Length: > 0 } wanted ? state.Store.Projects.Find(wanted) : null;
        var found = project is null ? state.Store.Rows.FindAnywhere(id) : state.Store.Rows.Find(project.Id, id);
        return found is null || state.Store.Projects.FindById(found.Project) is not { } owner
            ? NoRow(context, id)
            : Answer.Ok(context, new JsonObject { ["project"] = owner.Name, ["project_id"] = owner.Id, ["trace"] = found.Trace, ["id"] = found.Id });
    }

    static Task Trace(HttpContext context, LocalState state)
    {
        var trace = Route(context, "trace");
        var rows = state.Store.Rows.OfTrace(trace);
        return rows.Count == 0
            ? NoTrace(context, trace)
            : Answer.Ok(context, new JsonArray([.. rows]));
    }

    static Task ExportTrace(HttpContext context, LocalState state, string? project)
    {
        var trace = Route(context, "trace");
        return Export(context, trace, state.Store.Rows.OfTrace(trace, project).Select(RowText.Write));
    }

    static async Task Export(HttpContext context, string name, IEnumerable<string> rows)
    {
        context.Response.ContentType = "application/x-ndjson";
        context.Response.Headers.ContentDisposition = $"attachment; filename*=UTF-8''{Uri.EscapeDataString(name)}.ndjson";
        foreach (var row in rows)
            await context.Response.WriteAsync(row + "\n", Encoding.UTF8, context.RequestAborted).ConfigureAwait(false);
    }

    public static Task NoTrace(HttpContext context, string trace) => Answer.Refuse(context, StatusCodes.Status404NotFound, $"No row of the trace \"{trace}\" is stored.");

    static Task NoRow(HttpContext context, string id) => Answer.Refuse(context, StatusCodes.Status404NotFound, $"No row with the id \"{id}\" is stored.");

    // From what was sent: routing decodes all but the slash, and then nobody can tell a slash from a name that holds "%2F". Browsers and servers take "." and ".." out of
    // an address however they are written, so the page writes them escaped twice.
    public static string Route(HttpContext context, string name)
    {
        var pattern = ((RouteEndpoint)context.GetEndpoint()!).RoutePattern.PathSegments;
        var sent = context.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?', 2)[0].Split('/')[1..];
        var at = pattern.TakeWhile(segment => segment.Parts[0] is not RoutePatternParameterPart part || part.Name != name).Count();
        var value = sent.Length == pattern.Count ? Uri.UnescapeDataString(sent[at]) : (string)context.Request.RouteValues[name]!;
        return value.ToUpperInvariant() is "%2E" or "%2E%2E" ? Uri.UnescapeDataString(value) : value;
    }
}
