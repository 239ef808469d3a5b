using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Server;

static class RequestBody
{
    /// <summary>The whole body, or null if it is larger than the limit.</summary>
    /// <remarks>
    /// A body that is too large is still read to its end: a client in the middle of sending would see a reset connection instead of the 413.
    /// </remarks>
    public static async Task<byte[]?> ReadAsync(HttpRequest request, int limitBytes)
    {
        var kept = new MemoryStream();
        var chunk = new byte[16 * 1024];
        var length = 0L;
        int read;
        while ((read = await request.Body.ReadAsync(chunk, request.HttpContext.RequestAborted).ConfigureAwait(false)) > 0)
        {
            length += read;
            if (length <= limitBytes)
                kept.Write(chunk, 0, read);
        }
        return length <= limitBytes ? kept.ToArray() : null;
    }
}
