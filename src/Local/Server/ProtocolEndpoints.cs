using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Server;

/// <summary>What a Braintrust SDK talks to: login, projects, version, rows.</summary>
static class ProtocolEndpoints
{
    public static void Map(WebApplication app, LocalState state)
    {
        app.MapPost("/api/apikey/login", Authorized(context => Login(context, state)));
        app.MapPost("/api/project/register", Authorized(context => Register(context, state)));
        app.MapGet("/api/project", Authorized(context => Project(context, state)));
        app.MapGet("/version", Authorized(context => Version(context, state)));
        app.MapPost("/logs3", Authorized(context => Logs3(context, state)));
    }

    static RequestDelegate Authorized(RequestDelegate next) => context =>
        HasBearer(context.Request.Headers.Authorization.ToString())
            ? next(context)
            : Answer.Refuse(context, StatusCodes.Status401Unauthorized, "No API key: send 'Authorization: Bearer <key>'. Any nonblank key will do here.");

    static bool HasBearer(string header) =>
        header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && !string.IsNullOrWhiteSpace(header["Bearer ".Length..]);

    static Task Login(HttpContext context, LocalState state)
    {
        var url = state.Url.GetLeftPart(UriPartial.Authority);
        var organization = new JsonObject
        {
            ["id"] = LocalState.OrganizationId,
            ["name"] = LocalState.OrganizationName,
            ["api_url"] = url,
            ["proxy_url"] = url,
            ["realtime_url"] = null,
            ["is_universal_api"] = true,
            ["git_metadata"] = null,
        };
        return Answer.Ok(context, new JsonObject { ["org_info"] = new JsonArray(organization) });
    }

    static async Task Register(HttpContext context, LocalState state)
    {
        var body = await RequestBody.ReadAsync(context.Request, state.PayloadLimitBytes).ConfigureAwait(false);
        var wanted = StrictJson.Parse(body ?? [], out _) as JsonObject;
        if (wanted?["project_name"] is not JsonValue value || !value.TryGetValue(out string? name) || string.IsNullOrWhiteSpace(name))
        {
            await Answer.Refuse(context, StatusCodes.Status400BadRequest, "The body must be an object with a nonblank \"project_name\".").ConfigureAwait(false);
            return;
        }
        var project = state.Projects.Register(name, out var foundExisting);
        await Answer.Ok(context, new JsonObject { ["project"] = Describe(project), ["found_existing"] = foundExisting }).ConfigureAwait(false);
    }

    static Task Project(HttpContext context, LocalState state)
    {
        var id = context.Request.Query["id"].ToString();
        return state.Projects.FindById(id) is { } project
            ? Answer.Ok(context, Describe(project))
            : Answer.Refuse(context, StatusCodes.Status404NotFound, $"There is no project with the id \"{id}\".");
    }

    static JsonObject Describe(Project project) => new()
    {
        ["id"] = project.Id,
        ["org_id"] = project.OrganizationId,
        ["name"] = project.Name,
        ["description"] = null,
        ["created"] = project.Created.UtcDateTime.ToString("O"),
        ["deleted_at"] = null,
        ["user_id"] = null,
        ["settings"] = null,
    };

    static Task Version(HttpContext context, LocalState state) => Answer.Ok(context, new JsonObject
    {
        ["version"] = "local",
        ["logs3_payload_max_bytes"] = state.PayloadLimitBytes,
    });

    static async Task Logs3(HttpContext context, LocalState state)
    {
        var body = await RequestBody.ReadAsync(context.Request, state.PayloadLimitBytes).ConfigureAwait(false);
        if (body is null)
        {
            await Answer.Refuse(context, StatusCodes.Status413PayloadTooLarge, $"The body is larger than {state.PayloadLimitBytes} bytes. Send fewer rows at a time.").ConfigureAwait(false);
            return;
        }
        var read = Logs3Body.Read(body, id => state.Projects.FindById(id) is not null);
        if (read.Refusal is { } reason)
        {
            await Answer.Refuse(context, StatusCodes.Status400BadRequest, reason).ConfigureAwait(false);
            return;
        }
        var transaction = state.Rows.Apply(read.Rows);
        var ids = new JsonArray([.. read.Rows.Select(row => JsonValue.Create(RowMerge.IdOf(row)))]);
        await Answer.Ok(context, new JsonObject { ["ids"] = ids, ["xact_id"] = transaction }).ConfigureAwait(false);
    }
}
