using System.Runtime.InteropServices;
using System.Text;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Privacy;

/// <summary>The message of an event, the parameters of its template and the name of a span, without what the settings of its front end keep back. For one thread at a time.</summary>
sealed class ShownTexts(NeutralValues neutral)
{
    readonly JsonBuffer _scratch = new();
    readonly ShownSecrets _secrets = new(neutral.Of);

    /// <summary>Rendered when it is first wanted.</summary>
    public StringBuilder Message(in Entry entry, EventRecord it)
    {
        var message = it.Message;
        if (it.IsRendered)
        {
            return message;
        }
        it.IsRendered = true;
        var settings = entry.FrontEnd.Settings;
        if (it.HidesMessage || (!settings.CaptureContent && ModelContent.IsShown(it)))
        {
            message.Append(it.Template ?? it.EventName);
        }
        else
        {
            entry.FrontEnd.Render(entry.Payload, message);
        }
        if (settings.ScrubSecrets)
        {
            _secrets.HideInMessage(message, entry.FrontEnd, CollectionsMarshal.AsSpan(it.Properties), hasTemplate: it.Template is not null);
        }
        return message;
    }

    /// <summary>What the span began as.</summary>
    public string Name(BraintrustSpan span)
    {
        var (begun, settings) = (span.Begun, span.FrontEnd.Settings);
        if (!settings.CaptureContent && begun.Template is { } template && ModelContent.IsAmong(begun.Properties))
        {
            return template;
        }
        return settings.ScrubSecrets ? _secrets.Hide(begun.Name, span.FrontEnd, begun.Properties) : begun.Name;
    }

    /// <summary>A structure and null as texts, in which nobody looks for secrets any more; all else as it is.</summary>
    public object? Parameter(object? value, FrontEnd frontEnd)
    {
        if (value is null)
        {
            return Values.Text(null);
        }
        var plain = neutral.Of(frontEnd, value);
        return plain is JsonText structure ? TextOf(structure, frontEnd.Settings) : plain;
    }

    string TextOf(JsonText value, FrontEndSettings settings)
    {
        if (!settings.ScrubSecrets)
        {
            return value.ToString();
        }
        _scratch.Clear();
        SecretScrubber.Write(value.Utf8, _scratch);
        return Encoding.UTF8.GetString(_scratch.Written);
    }
}
