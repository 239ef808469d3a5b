using System.Text;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Logging;

namespace Braintrust.Extensions.Logging.Reading;

/// <summary>
/// A log call by a template, as most are: <c>LogInformation("Used {Tokens}", 5)</c>. The template says the names, the values cannot change, and what the
/// framework's formatter makes of both is known; so the values wait alone, and the message is rendered on the loop.
/// </summary>
sealed class TemplateEvent(string category, LogLevel level, EventId eventId, MessageTemplate template, object?[] values) : LogEvent(category, level, eventId)
{
    public override string Template => template.Text;

    public override Property[] Properties
    {
        get
        {
            var properties = new Property[values.Length];
            for (var i = 0; i < values.Length; i++)
            {
                properties[i] = template.Holes[i] with { Value = values[i] };
            }
            return properties;
        }
    }

    public override string Name => template.Text;

    public override void Read(EventRecord into)
    {
        into.Template = template.Text;
        for (var i = 0; i < values.Length; i++)
        {
            var hole = template.Holes[i];
            into.HasParameters |= hole.InTemplate;
            into.Add(hole.Name, values[i], hole.InTemplate);
        }
    }

    public override void Render(StringBuilder into) => template.Render(values, into);

    public override long Weight
    {
        get
        {
            var bytes = Category.Length + RowWeight.Of(template.Text, copies: 3); // the row's name, in its metadata, and the message around the values
            for (var i = 0; i < values.Length; i++)
            {
                bytes += RowWeight.Member + template.Holes[i].Name.Length + RowWeight.Of(values[i], copies: 2);
            }
            return bytes;
        }
    }
}
