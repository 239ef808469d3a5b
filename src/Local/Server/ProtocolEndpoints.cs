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
        app.MapPost("/api/apikey/login", Authorized(state, Login));
        app.MapPost("/api/project/register", Authorized(state, context => Register(context, state)));
        app.MapPost("/v1/project", Authorized(state, context => CreateProject(context, state)));
        app.MapGet("/api/project", Authorized(state, context => ProjectOf(context, state, context.Request.Query["id"].ToString())));
        app.MapGet("/v1/project/{id}", Authorized(state, context => ProjectOf(context, state, (string)context.Request.RouteValues["id"]!)));
        app.MapGet("/version", Authorized(state, context => Version(context, state)));
        app.MapPost("/logs3", Authorized(state, context => Logs3(context, state)));
        app.MapPost("/v1/project_logs/{id}/insert", Authorized(state, context => RestEndpoints.Insert(context, state)));
        app.MapPost("/v1/project_logs/{id}/feedback", Authorized(state, context => RestEndpoints.Feedback(context, state)));
    }

    /// <summary>With a token it is the one key; without, any key says that its owner has thought of one.</summary>
    public static RequestDelegate Authorized(LocalState state, RequestDelegate next) => context =>
    {
        var key = Access.Bearer(context.Request);
        if (key is null)
            return Answer.Refuse(context, StatusCodes.Status401Unauthorized, "No API key: send 'Authorization: Bearer <key>'. Any nonblank key will do here.");
        return state.Token is null || Access.IsSame(key, state.Token)
            ? next(context)
            : Answer.Refuse(context, StatusCodes.Status401Unauthorized, "This is not the key that this server was started with.");
    };

    /// <summary>Stores the rows, tells whoever looks on, and gives the transaction's number.</summary>
    public static async Task<string> StoreAsync(LocalState state, IReadOnlyList<JsonObject> rows)
    {
        var applied = await state.Store.Rows.ApplyAsync(rows).ConfigureAwait(false);
        state.Changes.Tell(applied.Touched);
        return applied.Transaction;
    }

    static Task Login(HttpContext context)
    {
        // The address that the client came by: through a forwarded port it is not ours.
        var url = $"{context.Request.Scheme}://{context.Request.Host}";
        var organization = new JsonObject
        {
            ["id"] = LocalStore.OrganizationId,
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
        if (await NamedProject(context, state, "project_name").ConfigureAwait(false) is { } it)
            await Answer.Ok(context, new JsonObject { ["project"] = Describe(it.Project), ["found_existing"] = it.FoundExisting }).ConfigureAwait(false);
    }

    static async Task CreateProject(HttpContext context, LocalState state)
    {
        if (await NamedProject(context, state, "name").ConfigureAwait(false) is { } it)
            await Answer.Ok(context, Describe(it.Project)).ConfigureAwait(false);
    }

    static async Task<(Project Project, bool FoundExisting)?> NamedProject(HttpContext context, LocalState state, string member)
    {
        var body = await RequestBody.ReadAsync(context.Request, state.PayloadLimitBytes).ConfigureAwait(false);
        var wanted = StrictJson.Parse(body ?? [], out _) as JsonObject;
        if (wanted?[member] is JsonValue value && value.TryGetValue(out string? name) && !string.IsNullOrWhiteSpace(name))
            return await state.Store.Projects.RegisterAsync(name).ConfigureAwait(false);
        await Answer.Refuse(context, StatusCodes.Status400BadRequest, $"The body must be an object with a nonblank \"{member}\".").ConfigureAwait(false);
        return null;
    }

    static Task ProjectOf(HttpContext context, LocalState state, string id) => state.Store.Projects.FindById(id) is { } project
        ? Answer.Ok(context, Describe(project))
        : Answer.Refuse(context, StatusCodes.Status404NotFound, $"There is no project with the id \"{id}\".");

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
        if (UploadEndpoints.OverflowKey(body) is { } key)
        {
            body = state.Store.Blobs.Overflow(key);
            if (body is null)
            {
                await Answer.Refuse(context, StatusCodes.Status400BadRequest, $"Nothing was uploaded under the key \"{key}\".").ConfigureAwait(false);
                return;
            }
        }
        var read = Logs3Body.Read(body, id => state.Store.Projects.FindById(id) is not null);
        if (read.Refusal is { } reason)
        {
            await Answer.Refuse(context, StatusCodes.Status400BadRequest, reason).ConfigureAwait(false);
            return;
        }
        var transaction = await StoreAsync(state, read.Rows).ConfigureAwait(false);
        var ids = new JsonArray([.. read.Rows.Select(row => JsonValue.Create(RowMerge.IdOf(row)))]);
        await Answer.Ok(context, new JsonObject { ["ids"] = ids, ["xact_id"] = transaction }).ConfigureAwait(false);
    }
}
