using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Server;

/// <summary>Server-sent events: which traces have changed, in bundles of what came together.</summary>
static class ChangeStream
{
    public static async Task SendAsync(HttpContext context, ChangeFeed changes)
    {
        using var listener = changes.Listen();
        context.Response.ContentType = "text/event-stream";
        // The page asks again for everything once this is there, so that nothing falls between.
        await WriteAsync(context, "event: ready\ndata: {}\n\n").ConfigureAwait(false);
        while (!context.RequestAborted.IsCancellationRequested)
        {
            var changed = await listener.NextAsync(context.RequestAborted).ConfigureAwait(false);
            var data = changed is null
                ? new JsonObject { ["all"] = true }
                : new JsonObject { ["traces"] = new JsonArray([.. changed.Select(key => (JsonNode)new JsonArray(key.Project, key.Trace))]) };
            await WriteAsync(context, $"event: changed\ndata: {data.ToJsonString()}\n\n").ConfigureAwait(false);
        }
    }

    static async Task WriteAsync(HttpContext context, string text)
    {
        await context.Response.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}
