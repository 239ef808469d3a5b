using System.Text.Json;
using Braintrust.Logging.Masking;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Attachments;

/// <summary>What stands in a row in place of an attachment (PROTOCOL section 16), and what it is uploaded as.</summary>
/// <param name="Attachment">Whose bytes are uploaded.</param>
/// <param name="Filename">As the row says it: a mask may have changed it.</param>
/// <param name="ContentType">As the row says it.</param>
sealed record AttachmentReference(BraintrustAttachment Attachment, string Filename, string ContentType)
{
    const string Kind = "braintrust_attachment";

    /// <summary>What one holds in memory besides its bytes, from the row to the end of its upload: very many empty ones need a bound too.</summary>
    public const int Overhead = 512;

    public static void Write(BraintrustAttachment attachment, JsonBuffer json)
    {
        json.BeginObject();
        json.RawName("\"type\":"u8);
        json.String(attachment.Url is null ? Kind : "external_attachment");
        json.RawName("\"filename\":"u8);
        json.String(attachment.Filename);
        json.RawName("\"content_type\":"u8);
        json.String(attachment.ContentType);
        json.RawName(attachment.Url is null ? "\"key\":"u8 : "\"url\":"u8);
        json.String(attachment.Url ?? attachment.Key);
        json.EndObject();
        if (attachment.Url is null)
        {
            json.Note(attachment);
        }
    }

    /// <summary>What rows that refer to these hold in memory beside their own text.</summary>
    public static long Weight(params ReadOnlySpan<BraintrustAttachment> attachments)
    {
        var bytes = 0L;
        foreach (var attachment in attachments)
        {
            bytes += Overhead + attachment.Filename.Length + attachment.ContentType.Length + (attachment.Url?.Length ?? 0) + attachment.Length;
        }
        return bytes;
    }

    public static long Weight(AttachmentReference[] references) => references.Sum(reference => Overhead + reference.Attachment.Length);

    /// <summary>The references that a finished row really has: what a mask, a limit or a later value took away is not among them.</summary>
    public static AttachmentReference[] In(JsonBuffer row) => In(row.Written, row.CopyAttachments());

    /// <param name="row">Its JSON.</param>
    /// <param name="candidates">What it may refer to; null for nothing, and then nothing is read.</param>
    public static AttachmentReference[] In(ReadOnlySpan<byte> row, BraintrustAttachment[]? candidates)
    {
        if (candidates is null)
        {
            return [];
        }
        var left = candidates.ToDictionary(attachment => attachment.Key!, StringComparer.Ordinal);
        var found = new List<AttachmentReference>();
        var reader = new Utf8JsonReader(row, PlainValues.Reading);
        reader.Read();
        Find(ref reader, left, found);
        return [.. found];
    }

    static void Find(ref Utf8JsonReader reader, Dictionary<string, BraintrustAttachment> left, List<AttachmentReference> found)
    {
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Find(ref reader, left, found);
            }
        }
        else if (reader.TokenType == JsonTokenType.StartObject)
        {
            FindInObject(ref reader, left, found);
        }
    }

    static void FindInObject(ref Utf8JsonReader reader, Dictionary<string, BraintrustAttachment> left, List<AttachmentReference> found)
    {
        var (kind, filename, contentType, key) = (default(string), default(string), default(string), default(string));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                kind = TextOf(ref reader, left, found);
            }
            else if (reader.ValueTextEquals("filename"u8))
            {
                filename = TextOf(ref reader, left, found);
            }
            else if (reader.ValueTextEquals("content_type"u8))
            {
                contentType = TextOf(ref reader, left, found);
            }
            else if (reader.ValueTextEquals("key"u8))
            {
                key = TextOf(ref reader, left, found);
            }
            else
            {
                reader.Read();
                Find(ref reader, left, found);
            }
        }
        if (kind == Kind && key is not null && left.Remove(key, out var attachment)) // once, however often the row refers to it
        {
            found.Add(new(attachment, filename ?? FileNames.Nameless, contentType ?? MediaTypes.Unknown));
        }
    }

    static string? TextOf(ref Utf8JsonReader reader, Dictionary<string, BraintrustAttachment> left, List<AttachmentReference> found)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }
        Find(ref reader, left, found);
        return null;
    }
}
