using System.Text;

namespace Braintrust.Logging.Rows;

/// <summary>A log event as its front end read it, in neutral words. One instance is filled again and again by the loop.</summary>
sealed class EventRecord
{
    public Severity Severity;
    public string? Template;
    public string? LoggerName;
    public int EventId;
    public string? EventName;
    public bool HasParameters;

    /// <summary>When the work began, in UTC ticks, if the event is a span by itself; 0 for an event.</summary>
    public long StartTicks;

    public bool IsSpan => StartTicks > 0;

    /// <summary>Set when the message would show what may not be said: then the template stands for it.</summary>
    public bool HidesMessage;

    /// <summary>The rendered message, once somebody wants it.</summary>
    public readonly StringBuilder Message = new();

    public bool IsRendered;

    public readonly List<Property> Properties = [];

    public void Add(string name, object? value, bool inTemplate = false) => Properties.Add(new Property(name, value, inTemplate));

    public void Clear()
    {
        Severity = Severity.Info;
        Template = LoggerName = EventName = null;
        EventId = 0;
        StartTicks = 0;
        HasParameters = HidesMessage = IsRendered = false;
        Message.Clear();
        if (Message.Capacity > 64 * 1024)
        {
            Message.Capacity = 1024; // one huge message must not stay in memory for ever
        }
        Properties.Clear();
    }
}
