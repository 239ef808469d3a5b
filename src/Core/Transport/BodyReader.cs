using System.Buffers;
using System.Runtime.InteropServices;

namespace Braintrust.Logging.Transport;

/// <summary>Reads a body up to a limit, so that no answer can fill the memory, into an array that can be given back.</summary>
static class BodyReader
{
    const int Step = 4096;

    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, int limit, CancellationToken cancel)
    {
        var body = ArrayPool<byte>.Shared.Rent(Step);
        var length = 0;
        try
        {
            using var stream = await content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            while (length < limit)
            {
                if (body.Length - length < Step)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(2 * body.Length);
                    body.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(body);
                    body = larger;
                }
                var read = await stream.ReadAsync(body.AsMemory(length, Math.Min(body.Length - length, limit - length)), cancel).ConfigureAwait(false);
                if (read == 0) break;
                length += read;
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Cut off or badly packed. The status stands, and half an acknowledgement is none, which the rule will see.
        }
        return body.AsMemory(0, length);
    }

    /// <summary>Gives back what a body was read into: an acknowledgement names each row, and there is one for each batch. What is not given back is left to the collector.</summary>
    /// <param name="body">What was read. Nobody looks at it any more.</param>
    public static void Recycle(ReadOnlyMemory<byte> body)
    {
        if (MemoryMarshal.TryGetArray(body, out var array) && array.Array is { Length: > 0 } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
