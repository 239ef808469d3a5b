using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Data.Sqlite;

namespace Braintrust.Logging.Local.Server;

/// <summary>Stands before every address: lets in, sets the headers that keep a browser careful, and answers in words when the database fails.</summary>
static class Gate
{
    const int Full = 13; // SQLITE_FULL

    // Nothing from elsewhere, nothing inline, no text becomes markup.
    const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    public static void Map(WebApplication app, LocalState state) => app.Use(async (context, next) =>
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-store";

        if (Access.Refusal(context.Request, state.Token) is { } refusal)
        {
            await Answer.Refuse(context, refusal.Status, refusal.Reason).ConfigureAwait(false);
            return;
        }
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has left.
        }
        catch (SqliteException e) when (!context.Response.HasStarted)
        {
            // Not stored, so not acknowledged; the client keeps the rows and tries again.
            var reason = $"The database failed: {e.Message}";
            state.TellFailure(reason);
            if (e.SqliteErrorCode == Full)
                state.OnFull();
            await Answer.Refuse(context, StatusCodes.Status503ServiceUnavailable, reason).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not IOException && !context.Response.HasStarted)
        {
            // A defect. The host has no log that anybody reads. By its pattern: an upload's address is its key.
            var what = $"{context.Request.Method} {(context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText} failed: ";
            state.TellOnce(what + e.GetType(), what + e);
            await Answer.Refuse(context, StatusCodes.Status500InternalServerError, $"braintrust-local failed: {e.Message}").ConfigureAwait(false);
        }
    });
}
