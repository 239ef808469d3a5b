using Braintrust.Logging.Rows;
using Microsoft.Extensions.Logging;

namespace Braintrust.Extensions.Logging.Reading;

/// <summary>A log call, copied: nothing of the application's or the framework's pooled state is left in it. One per event, so kept small.</summary>
sealed class LogEvent(string category, LogLevel level, EventId eventId, string? template, string message, Property[] properties)
{
    // What a row has besides: ids, times, names of fields.
    const int RowBytes = 450;

    public readonly string Category = category;
    public readonly LogLevel Level = level;
    public readonly int EventId = eventId.Id;
    public readonly string? EventName = eventId.Name;
    public readonly string? Template = template;
    public readonly string Message = message;
    public readonly Property[] Properties = properties;

    public long EstimateBytes()
    {
        long bytes = RowBytes + Message.Length + Category.Length + 2 * (Template?.Length ?? 0); // its name, and in the metadata
        foreach (var property in Properties)
        {
            bytes += property.Name.Length + Values.EstimateBytes(property.Value);
        }
        return bytes;
    }
}
