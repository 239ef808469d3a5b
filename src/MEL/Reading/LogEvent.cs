using System.Text;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Logging;

namespace Braintrust.Extensions.Logging.Reading;

/// <summary>A log call, copied: nothing of the application's or the framework's pooled state is left in it. One per event, so kept small.</summary>
abstract class LogEvent(string category, LogLevel level, EventId eventId)
{
    public readonly string Category = category;
    public readonly LogLevel Level = level;
    public readonly EventId Id = eventId;

    public abstract string? Template { get; }

    /// <summary>The values by name, frozen. May be made for this.</summary>
    public abstract Property[] Properties { get; }

    /// <summary>What the row is called, should it have no name of its own.</summary>
    public abstract string Name { get; }

    /// <summary>Tells the template and the properties.</summary>
    public abstract void Read(EventRecord into);

    /// <summary>Tells the message.</summary>
    public abstract void Render(StringBuilder into);

    /// <summary>For the queue's bound, besides what every row weighs.</summary>
    public abstract long Weight { get; }
}
