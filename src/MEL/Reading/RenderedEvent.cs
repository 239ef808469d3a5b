using System.Text;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Logging;

namespace Braintrust.Extensions.Logging.Reading;

/// <summary>A log call whose message was rendered within the call: any state, any formatter.</summary>
sealed class RenderedEvent(string category, LogLevel level, EventId eventId, string? template, string message, Property[] properties) : LogEvent(category, level, eventId)
{
    public override string? Template => template;

    public override Property[] Properties => properties;

    public override string Name => string.IsNullOrEmpty(template) ? message : template;

    public override void Read(EventRecord into)
    {
        into.Template = string.IsNullOrEmpty(template) ? null : template;
        foreach (var property in properties)
        {
            var inTemplate = into.Template is { } known && TemplateHoles.Names(known, property.Name);
            into.HasParameters |= inTemplate;
            into.Add(property.Name, property.Value, inTemplate);
        }
    }

    public override void Render(StringBuilder into) => into.Append(message);

    // The template is the row's name, and in its metadata.
    public override long Weight => Category.Length + RowWeight.Of(message) + RowWeight.Of(template, copies: 2) + RowWeight.Of(properties);
}
