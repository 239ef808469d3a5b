using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Server;

/// <summary>What travels beside the rows: attachments, and bodies too large for one request. Both are announced first and uploaded to a signed address.</summary>
static class UploadEndpoints
{
    const string Address = "/local/upload/";

    // A browser may show these; anything else it only saves. No SVG and no HTML: they can hold scripts.
    static readonly HashSet<string> Shown =
    [
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp",
        "audio/mpeg", "audio/mp4", "audio/wav", "audio/x-wav", "audio/ogg", "audio/webm", "audio/flac", "video/mp4", "video/webm", "video/ogg",
    ];

    public static void Map(WebApplication app, LocalState state)
    {
        app.MapPost("/logs3/overflow", ProtocolEndpoints.Authorized(state, context => Overflow(context, state)));
        app.MapPost("/attachment", ProtocolEndpoints.Authorized(state, context => Announce(context, state)));
        app.MapPost("/attachment/status", ProtocolEndpoints.Authorized(state, context => Status(context, state)));
        app.MapGet("/attachment", ProtocolEndpoints.Authorized(state, context => Describe(context, state)));
        app.MapPut(Address + "{ticket}", context => Upload(context, state));
        app.MapGet(Address + "{ticket}", context => Download(context, state));
        app.MapGet("/local/attachments/{key}", context => Access.MayRead(context.Request, state.Token)
            ? Send(context, state.Store.Blobs.Find((string)context.Request.RouteValues["key"]!))
            : Answer.Refuse(context, StatusCodes.Status401Unauthorized, "The token is missing."));
    }

    /// <summary>The key if the body refers to an upload instead of holding rows.</summary>
    public static string? OverflowKey(ReadOnlySpan<byte> body)
    {
        if (body.Length > 4096 || body.IndexOf("logs3_overflow"u8) < 0)
            return null;
        try
        {
            return JsonNode.Parse(body) is JsonObject envelope && envelope["rows"] is JsonObject rows && (string?)rows["type"] == "logs3_overflow" ? (string?)rows["key"] : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // Logs3Body says what is wrong with it.
        }
    }

    static async Task Overflow(HttpContext context, LocalState state)
    {
        await RequestBody.ReadAsync(context.Request, state.PayloadLimitBytes).ConfigureAwait(false);
        var (key, ticket) = await state.Store.Blobs.AnnounceOverflowAsync().ConfigureAwait(false);
        await Answer.Ok(context, new JsonObject
        {
            ["method"] = "PUT",
            ["signedUrl"] = Url(context, ticket),
            ["headers"] = new JsonObject { ["Content-Type"] = "application/json" },
            ["key"] = key,
        }).ConfigureAwait(false);
    }

    static async Task Announce(HttpContext context, LocalState state)
    {
        var wanted = await ReadObject(context, state).ConfigureAwait(false);
        if (Text(wanted, "key") is not { } key || Text(wanted, "filename") is not { } filename || Text(wanted, "content_type") is not { } contentType)
        {
            await Answer.Refuse(context, StatusCodes.Status400BadRequest, "The body must be an object with \"key\", \"filename\" and \"content_type\".").ConfigureAwait(false);
            return;
        }
        var ticket = await state.Store.Blobs.AnnounceAsync(key, filename, contentType).ConfigureAwait(false);
        await Answer.Ok(context, new JsonObject { ["signedUrl"] = Url(context, ticket), ["headers"] = new JsonObject { ["Content-Type"] = contentType } }).ConfigureAwait(false);
    }

    static async Task Status(HttpContext context, LocalState state)
    {
        var told = await ReadObject(context, state).ConfigureAwait(false);
        if (Text(told, "key") is not { } key || told!["status"] is not JsonObject status)
            await Answer.Refuse(context, StatusCodes.Status400BadRequest, "The body must be an object with \"key\" and an object \"status\".").ConfigureAwait(false);
        else if (await state.Store.Blobs.SetStatusAsync(key, status.ToJsonString()).ConfigureAwait(false))
            await Answer.Ok(context, new JsonObject()).ConfigureAwait(false);
        else
            await NotAnnounced(context, key).ConfigureAwait(false);
    }

    static Task Describe(HttpContext context, LocalState state)
    {
        var key = context.Request.Query["key"].ToString();
        return state.Store.Blobs.Find(key) is { } attachment
            ? Answer.Ok(context, new JsonObject { ["downloadUrl"] = Url(context, attachment.Ticket), ["status"] = JsonNode.Parse(attachment.Status) })
            : NotAnnounced(context, key);
    }

    static async Task Upload(HttpContext context, LocalState state)
    {
        // The ticket is the key here: without it nothing is read.
        var ticket = Ticket(context);
        if (!state.Store.Blobs.IsAnnounced(ticket))
            await Unannounced(context).ConfigureAwait(false);
        else if (await RequestBody.ReadAsync(context.Request, LocalState.UploadLimitBytes).ConfigureAwait(false) is not { } bytes)
            await Answer.Refuse(context, StatusCodes.Status413PayloadTooLarge, $"The upload is larger than {LocalState.UploadLimitBytes} bytes.").ConfigureAwait(false);
        else if (await state.Store.Blobs.UploadAsync(ticket, bytes).ConfigureAwait(false))
            await Answer.Ok(context, new JsonObject()).ConfigureAwait(false);
        else
            await Unannounced(context).ConfigureAwait(false);
    }

    static Task Download(HttpContext context, LocalState state) => Send(context, state.Store.Blobs.FindByTicket(Ticket(context)));

    static Task Send(HttpContext context, Storage.Attachment? attachment)
    {
        if (attachment?.Bytes is not { } bytes)
            return Answer.Refuse(context, StatusCodes.Status404NotFound, "This attachment has not arrived.");
        var headers = context.Response.Headers;
        var type = attachment.ContentType ?? "";
        headers.ContentType = Shown.Contains(type) ? type : "application/octet-stream";
        headers.ContentDisposition = $"{(Shown.Contains(type) ? "inline" : "attachment")}; filename*=UTF-8''{Uri.EscapeDataString(attachment.Filename ?? "attachment")}";
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    static Task Unannounced(HttpContext context) => Answer.Refuse(context, StatusCodes.Status404NotFound, "Nothing was announced under this address.");

    static Task NotAnnounced(HttpContext context, string key) =>
        Answer.Refuse(context, StatusCodes.Status404NotFound, $"No attachment was announced under the key \"{key}\".");

    static async Task<JsonObject?> ReadObject(HttpContext context, LocalState state) =>
        StrictJson.Parse(await RequestBody.ReadAsync(context.Request, state.PayloadLimitBytes).ConfigureAwait(false) ?? [], out _) as JsonObject;

    static string Url(HttpContext context, string ticket) => $"{context.Request.Scheme}://{context.Request.Host}{Address}{ticket}";

    static string Ticket(HttpContext context) => (string)context.Request.RouteValues["ticket"]!;

    static string? Text(JsonObject? from, string name) =>
        from?[name] is JsonValue value && value.TryGetValue(out string? text) && !string.IsNullOrWhiteSpace(text) ? text : null;
}
