using Braintrust.Logging.Privacy;

namespace Braintrust.Logging.Rows;

/// <summary>Writes what a row says as JSON: a front end's own value as the front end knows how to, and none of the secrets in it unless they may be said.</summary>
static class ValueWriter
{
    public static void Write(object? value, FrontEnd frontEnd, JsonBuffer json)
    {
        var before = json.Length;
        if (value is string text && frontEnd.Settings.ScrubSecrets && Secrets.IsCredential(text))
        {
            json.String(Secrets.Mark);
            return;
        }
        if (value is null or string or JsonText || !frontEnd.TryWrite(value, json))
        {
            Values.Write(value, json);
            if (value is not JsonText)
            {
                return;
            }
        }
        if (frontEnd.Settings.ScrubSecrets)
        {
            SecretScrubber.Scrub(json, before);
        }
    }

    /// <summary>For what the service takes as a text alone.</summary>
    public static void WriteText(object value, FrontEnd frontEnd, JsonBuffer json)
    {
        using var scratch = new JsonBuffer();
        json.String(Values.Text(NeutralValues.Of(frontEnd, value, scratch)));
    }
}
