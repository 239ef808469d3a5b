using Braintrust.Logging.Local.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Server;

/// <summary>How a trace or a project is removed by whoever may read it. Open pages are told, as of any change.</summary>
static class RemoveEndpoints
{
    public static void Map(WebApplication app, LocalState state)
    {
        app.MapDelete("/local/projects/{project}", ReadEndpoints.OfProject(state, (context, project) => Project(context, state, project)));
        app.MapDelete("/local/projects/{project}/traces/{trace}", ReadEndpoints.OfProject(state, (context, project) => Trace(context, state, project)));
    }

    static async Task Project(HttpContext context, LocalState state, Project project)
    {
        await state.Store.Projects.RemoveAsync(project).ConfigureAwait(false);
        state.Changes.TellAll();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    static async Task Trace(HttpContext context, LocalState state, Project project)
    {
        var trace = ReadEndpoints.Route(context, "trace");
        if (!await state.Store.Removal.TraceAsync(project.Id, trace).ConfigureAwait(false))
        {
            await ReadEndpoints.NoTrace(context, trace).ConfigureAwait(false);
            return;
        }
        state.Changes.Tell([new TraceKey(project.Id, trace)]);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
