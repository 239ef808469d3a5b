using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Server;

static class RequestBody
{
    /// <summary>The whole body, or null if it is larger than the limit. Kestrel reads past the rest, so that the connection goes on.</summary>
    public static async Task<byte[]?> ReadAsync(HttpRequest request, int limitBytes)
    {
        if (request.ContentLength > limitBytes)
            return null;
        if (request.ContentLength is { } length)
        {
            var whole = new byte[length];
            await request.Body.ReadExactlyAsync(whole, request.HttpContext.RequestAborted).ConfigureAwait(false);
            return whole;
        }
        var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, request.HttpContext.RequestAborted).ConfigureAwait(false)) > 0)
        {
            if (body.Length + read > limitBytes)
                return null;
            body.Write(chunk, 0, read);
        }
        return body.ToArray();
    }
}
