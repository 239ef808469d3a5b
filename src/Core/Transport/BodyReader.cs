using System.Buffers;

namespace Braintrust.Logging.Transport;

/// <summary>Reads a body up to a limit, so that no answer can fill the memory.</summary>
static class BodyReader
{
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, int limit, CancellationToken cancel)
    {
        var body = new ArrayBufferWriter<byte>();
        try
        {
            using var stream = await content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            while (body.WrittenCount < limit)
            {
                var room = body.GetMemory(4096);
                var read = await stream.ReadAsync(room[..Math.Min(room.Length, limit - body.WrittenCount)], cancel).ConfigureAwait(false);
                if (read == 0) break;
                body.Advance(read);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Cut off or badly packed. The status stands, and half an acknowledgement is none, which the rule will see.
        }
        return body.WrittenMemory;
    }
}
