using System.Buffers;
using System.Net;

namespace Braintrust.Logging.Transport;

/// <summary>A request's body in pieces, as it stands in memory: it is never there a second time.</summary>
sealed class SequenceContent(ReadOnlySequence<byte> bytes) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        foreach (var piece in bytes)
        {
            await stream.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
        }
    }

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        foreach (var piece in bytes)
        {
            stream.Write(piece.Span);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return true;
    }
}
