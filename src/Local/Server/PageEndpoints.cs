using System.Collections.Frozen;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Server;

/// <summary>The page: one document for all its addresses, and the files beside it. All are inside the assembly.</summary>
static class PageEndpoints
{
    const string Prefix = "page/";

    static readonly FrozenDictionary<string, byte[]> Files = ReadFiles();

    public static void Map(WebApplication app, LocalState state)
    {
        app.MapGet("/", context => Document(context, state));
        // The addresses that SDKs link to: /app/{org}/p/{project}/logs and /app/{org}/object.
        app.MapGet("/app/{**rest}", context => Document(context, state));
        app.MapGet("/page/{file}", File);
        app.MapGet("/favicon.ico", context => Send(context, "icon.svg"));
    }

    static Task Document(HttpContext context, LocalState state)
    {
        if (state.Token is { } token && context.Request.Query["token"].ToString() is { Length: > 0 } given)
        {
            if (!Access.IsSame(given, token))
                return Answer.Refuse(context, StatusCodes.Status401Unauthorized, "This is not the token that braintrust-local printed when it started.");
            // Out of the address bar and the history, into a cookie that no script can read.
            context.Response.Cookies.Append(Access.Cookie(context.Request), token, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = context.Request.IsHttps, Path = "/" });
            context.Response.Redirect(context.Request.Path.ToUriComponent() + WithoutToken(context.Request.Query));
            return Task.CompletedTask;
        }
        return Access.MayRead(context.Request, state.Token)
            ? Send(context, "index.html")
            : Answer.Refuse(context, StatusCodes.Status401Unauthorized, "Open the address with ?token=… that braintrust-local printed when it started.");
    }

    static QueryString WithoutToken(IQueryCollection query) => QueryString.Create(query.Where(it => it.Key != "token"));

    static Task File(HttpContext context) => Send(context, (string)context.Request.RouteValues["file"]!);

    static Task Send(HttpContext context, string name)
    {
        if (!Files.TryGetValue(name, out var bytes))
            return Answer.Refuse(context, StatusCodes.Status404NotFound, "There is no such file.");
        context.Response.ContentType = Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        };
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    static FrozenDictionary<string, byte[]> ReadFiles()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToFrozenDictionary(name => name[Prefix.Length..], name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        });
    }
}
