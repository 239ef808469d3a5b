using System.Buffers;

namespace Braintrust.Logging.Attachments;

/// <summary>The bytes of an attachment while they are read: never more than one may have.</summary>
sealed class BoundedContent
{
    const int Step = 64 * 1024;

    readonly ArrayBufferWriter<byte> _bytes;

    BoundedContent(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var known = stream.CanSeek ? stream.Length - stream.Position : 0;
        Check(known);
        _bytes = new(Math.Max(Step, (int)known + 1));
    }

    public static byte[] Read(Stream stream)
    {
        var content = new BoundedContent(stream);
        while (content.Took(stream.Read(content.Room.Span)))
        {
        }
        return content._bytes.WrittenSpan.ToArray();
    }

    public static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancel)
    {
        var content = new BoundedContent(stream);
        while (content.Took(await stream.ReadAsync(content.Room, cancel).ConfigureAwait(false)))
        {
        }
        return content._bytes.WrittenSpan.ToArray();
    }

    public static void Check(long length)
    {
        if (length > BraintrustAttachment.LengthLimit)
        {
            throw new ArgumentException($"The content is larger than an attachment may be: {BraintrustAttachment.LengthLimit} bytes (32 MiB).");
        }
    }

    Memory<byte> Room => _bytes.GetMemory();

    bool Took(int read)
    {
        _bytes.Advance(read);
        Check(_bytes.WrittenCount);
        return read > 0;
    }
}
