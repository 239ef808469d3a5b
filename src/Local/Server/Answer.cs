using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Server;

static class Answer
{
    // The framework's writer stops at 64 levels; a logged value may be deeper.
    static readonly JsonSerializerOptions Deep = new() { MaxDepth = 1000 };

    public static Task Ok(HttpContext context, JsonNode body) => Json(context, StatusCodes.Status200OK, body);

    public static Task Refuse(HttpContext context, int status, string reason) =>
        Json(context, status, new JsonObject { ["error"] = reason });

    static Task Json(HttpContext context, int status, JsonNode body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString(Deep), context.RequestAborted);
    }
}
