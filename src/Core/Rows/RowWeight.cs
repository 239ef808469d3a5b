using System.Text;
using Braintrust.Logging.Attachments;

namespace Braintrust.Logging.Rows;

/// <summary>
/// What a row weighs in the queue's bound when it is accepted: enough for each form that it will have, objects in the queue as well as JSON in a batch, so that it never weighs more later. Once it is
/// written, what it really holds is weighed in its place. Cheap: text is looked at once, and taken to be without escapes.
/// </summary>
static class RowWeight
{
    /// <summary>Its place in the queue and the event itself; or, written, its ids, times, names of fields, and what is owed to it.</summary>
    public const int Row = 720;

    /// <summary>A name and what holds its value.</summary>
    public const int Member = 40;

    /// <summary>What an object with a few references takes.</summary>
    public const int Small = 32;

    const int TextHead = 24;

    /// <param name="text">Two bytes a character as a string, up to three as UTF-8.</param>
    /// <param name="copies">How often it is in the row: a message repeats its values.</param>
    public static long Of(string? text, int copies = 1) =>
        text is null ? 0 : TextHead + text.Length * (Ascii.IsValid(text) ? Math.Max(2L, copies) : 3L * copies);

    /// <param name="frozen">A frozen value.</param>
    /// <param name="copies">How often it is in the row.</param>
    public static long Of(object? frozen, int copies = 1) => frozen switch
    {
        null => 8,
        string text => Of(text, copies),
        JsonText text => 3 * Small + text.Utf8.Length + AttachmentReference.Weight(text.Attachments),
        BraintrustAttachment attachment => AttachmentReference.Weight(attachment),
        Uri uri => 3 * Small + Of(uri.OriginalString, copies),
        _ => Small,
    };

    public static long Of(Property[] properties, int copies = 1)
    {
        var bytes = 0L;
        foreach (var property in properties)
        {
            bytes += Member + property.Name.Length + Of(property.Value, copies);
        }
        return bytes;
    }

    public static long Of(List<KeyValuePair<string, object?>>? members)
    {
        var bytes = 0L;
        foreach (var (name, value) in members ?? [])
        {
            bytes += Member + name.Length + Of(value);
        }
        return bytes;
    }
}
