using System.Text.Json;

namespace Braintrust.Logging.Spool;

/// <summary>Keeps rows that the service refused, as files for people to read.</summary>
sealed class DeadLetters
{
    const int MostWaiting = 1000;
    const long MostWaitingBytes = 16 * 1024 * 1024;

    static readonly JsonWriterOptions Readable = new() { Indented = true, MaxDepth = int.MaxValue, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonDocumentOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    readonly Queue<DeadLetter> _waiting = [];
    long _waitingBytes;

    /// <summary>Queues a letter; the oldest one goes when too many wait for the disk.</summary>
    public void Add(DeadLetter letter)
    {
        lock (_waiting)
        {
            _waiting.Enqueue(letter);
            _waitingBytes += letter.Json.Length;
            while (_waiting.Count > 1 && (_waiting.Count > MostWaiting || _waitingBytes > MostWaitingBytes))
            {
                _waitingBytes -= _waiting.Dequeue().Json.Length;
            }
        }
    }

    /// <summary>Writes what waits. What cannot be written is tried again by the next call.</summary>
    public void Write(BoundedFolder folder)
    {
        while (TryPeek() is { } letter)
        {
            folder.Write(".json", Format(letter));
            lock (_waiting)
            {
                if (_waiting.TryPeek(out var first) && first == letter)
                {
                    _waitingBytes -= _waiting.Dequeue().Json.Length;
                }
            }
        }
    }

    DeadLetter? TryPeek()
    {
        lock (_waiting)
        {
            return _waiting.TryPeek(out var letter) ? letter : null;
        }
    }

    static byte[] Format(DeadLetter letter)
    {
        using var bytes = new MemoryStream(letter.Json.Length * 2);
        using (var json = new Utf8JsonWriter(bytes, Readable))
        {
            json.WriteStartObject();
            json.WriteString("reason", letter.Reason);
            json.WriteString("message", letter.Message);
            json.WriteStartObject("project");
            json.WriteString("name", letter.Project.Name);
            json.WriteString("id", letter.Project.Id);
            json.WriteEndObject();
            json.WriteString("time", new DateTime(letter.Ticks, DateTimeKind.Utc));
            json.WritePropertyName("row");
            if (TryParse(letter.Json) is { } row)
            {
                using (row)
                {
                    row.WriteTo(json);
                }
            }
            else
            {
                json.WriteStringValue(System.Text.Encoding.UTF8.GetString(letter.Json));
            }
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    static JsonDocument? TryParse(byte[] json)
    {
        try
        {
            return JsonDocument.Parse(json, AnyDepth);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
