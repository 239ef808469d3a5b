using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Server;

/// <summary>The public way in: events of one project, and feedback on them. Both become rows.</summary>
static class RestEndpoints
{
    public static Task Insert(HttpContext context, LocalState state) => StoreEach(
        context, state, "events",
        item =>
        {
            item["id"] ??= Guid.NewGuid().ToString();
            return [item];
        },
        ids => new JsonObject { ["row_ids"] = ids });

    public static Task Feedback(HttpContext context, LocalState state) => StoreEach(
        context, state, "feedback", FeedbackRows, _ => new JsonObject { ["status"] = "success" });

    /// <summary>A merge into the row for what belongs to it, and a row of its own for a comment.</summary>
    static IEnumerable<JsonObject> FeedbackRows(JsonObject feedback)
    {
        var source = feedback["source"]?.DeepClone() ?? "external";
        var row = new JsonObject { ["id"] = feedback["id"]?.DeepClone(), ["_is_merge"] = true, ["_audit_source"] = source, ["_audit_metadata"] = feedback["metadata"]?.DeepClone() };
        foreach (var name in new[] { "scores", "expected", "tags" })
            if (feedback.TryGetPropertyValue(name, out var value))
                row[name] = value?.DeepClone();
        if (row.Count > 4)
            yield return row;
        if (feedback["comment"] is { } text)
            yield return new JsonObject
            {
                ["id"] = Guid.NewGuid().ToString(),
                ["origin"] = new JsonObject { ["id"] = feedback["id"]?.DeepClone() },
                ["comment"] = new JsonObject { ["text"] = text.DeepClone() },
                ["_audit_source"] = source.DeepClone(),
                ["_audit_metadata"] = feedback["metadata"]?.DeepClone(),
            };
    }

    static async Task StoreEach(HttpContext context, LocalState state, string member, Func<JsonObject, IEnumerable<JsonObject>> rowsOf, Func<JsonArray, JsonObject> answer)
    {
        var project = (string)context.Request.RouteValues["id"]!;
        var body = await RequestBody.ReadAsync(context.Request, state.PayloadLimitBytes).ConfigureAwait(false);
        var root = StrictJson.Parse(body ?? [], out var fault);
        if (body is null || fault is not null || root is not JsonObject envelope || envelope[member] is not JsonArray items || items.Any(item => item is not JsonObject))
        {
            await Answer.Refuse(context, StatusCodes.Status400BadRequest, fault ?? $"The body must be an object with an array \"{member}\" of objects.").ConfigureAwait(false);
            return;
        }
        var ids = new JsonArray();
        var rows = new JsonArray();
        foreach (var item in items.ToList())
        {
            items.Remove(item);
            foreach (var row in rowsOf(item!.AsObject()))
            {
                row["project_id"] = project;
                row["log_id"] = "g";
                ids.Add(row["id"]?.DeepClone());
                rows.Add((JsonNode)row);
            }
        }
        // Through the same door as all rows, so that the same rules hold.
        var read = Logs3Body.Read(new JsonObject { ["rows"] = rows, ["api_version"] = 2 }, id => state.Store.Projects.FindById(id) is not null);
        if (read.Refusal is { } reason)
        {
            await Answer.Refuse(context, StatusCodes.Status400BadRequest, reason).ConfigureAwait(false);
            return;
        }
        await ProtocolEndpoints.StoreAsync(state, read.Rows).ConfigureAwait(false);
        await Answer.Ok(context, answer(ids)).ConfigureAwait(false);
    }
}
