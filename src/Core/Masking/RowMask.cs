using System.Text.Json;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Masking;

/// <summary>
/// Puts the user's mask over a finished row (PROTOCOL section 14): each field that can hold content is given to it once, whole, and what it says
/// stands in the row instead. What it throws stands there by its type's name; the value never does.
/// </summary>
/// <remarks>
/// Beyond what Braintrust's own SDKs mask: error, tags, comments, the reviewer's metadata, and the name, which may be rendered text. JS puts the
/// text of a failure in place of the context too; here that stays an object, since the service may refuse a row whose context is none.
/// </remarks>
static class RowMask
{
    // Set while a mask runs on this thread.
    [ThreadStatic]
    static bool _isMasking;

    /// <param name="row">The JSON of a row.</param>
    /// <param name="mask">The user's: field and value to value, null to leave the field out.</param>
    /// <param name="into">Where the masked row goes.</param>
    public static void Apply(ReadOnlyMemory<byte> row, Func<string, object?, object?> mask, JsonBuffer into)
    {
        List<string>? failures = null;
        object? error = null;
        var reader = new Utf8JsonReader(row.Span, PlainValues.Reading);
        reader.Read();
        into.BeginObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var json = row[start..(int)reader.BytesConsumed];
            switch (name)
            {
                case "error":
                    error = Masked(name, json, mask, out var broke) ?? broke;
                    break; // written at the end: what could not be masked is told there
                case "span_attributes":
                    Attributes(json, mask, into);
                    break;
                case "input" or "output" or "expected":
                    Member(name, Masked(name, json, mask, out broke) ?? broke, into);
                    break;
                case "metadata" or "context" or "_audit_metadata":
                    var members = Masked(name, json, mask, out broke);
                    Member(name, broke is null ? Map(name, members) : Single("error", broke), into);
                    break;
                case "comment":
                    Comment(json, mask, into);
                    break;
                case "scores" or "metrics" or "tags":
                    var value = Masked(name, json, mask, out broke);
                    Member(name, broke is not null ? null : name == "tags" ? Texts(value) : Numbers(value, isScores: name == "scores"), into);
                    if (broke is not null)
                    {
                        (failures ??= []).Add(broke);
                    }
                    break;
                default:
                    Member(name, new JsonText(json), into);
                    break;
            }
        }
        if (failures is not null)
        {
            error = string.Join("; ", error is null ? failures : failures.Prepend(Values.Text(error)));
        }
        Member("error", error, into);
        into.EndObject();
    }

    /// <summary>The frozen outcome. Null: the field goes, or the mask broke.</summary>
    static object? Masked(string field, ReadOnlyMemory<byte> json, Func<string, object?, object?> mask, out string? broke)
    {
        broke = null;
        var isNested = _isMasking;
        try
        {
            if (isNested)
            {
                throw new InvalidOperationException("The mask logs what it masks, without an end.");
            }
            _isMasking = true;
            var value = PlainValues.Of(json);
            var masked = mask(field, value);
            // As it was: then its JSON is too, to the last digit.
            return masked is null ? null
                : ReferenceEquals(masked, value) || (value is not (IReadOnlyList<object?> or IReadOnlyDictionary<string, object?>) && value?.Equals(masked) == true) ? new JsonText(json.ToArray())
                : Values.Freeze(masked);
        }
        catch (Exception error) // the user's code
        {
            var type = ValueMarks.Cut(error.GetType().Name, ValueLimits.NameChars);
            BraintrustDiagnostics.Warn("mask", $"Mask threw {type} for the field '{field}'; the row went out without that value.", 1);
            broke = $"ERROR: Failed to mask field '{field}' - {type}";
            return null;
        }
        finally
        {
            _isMasking = isNested;
        }
    }

    /// <summary>Only the name can hold content: it may be a rendered message.</summary>
    static void Attributes(ReadOnlyMemory<byte> json, Func<string, object?, object?> mask, JsonBuffer into)
    {
        var members = new List<KeyValuePair<string, object?>>();
        Values.TryReadMap(new JsonText(json), members);
        into.RawName("\"span_attributes\":"u8);
        into.BeginObject();
        foreach (var (name, value) in members)
        {
            if (name != "name")
            {
                into.Name(name);
                Values.Write(value, into);
            }
            else if ((Masked("name", AsJson(value), mask, out var broke) ?? broke) is { } masked)
            {
                into.Name(name);
                into.String(TextOf(masked));
            }
        }
        into.EndObject();
    }

    /// <summary>The mask is given the words, not the object around them.</summary>
    static void Comment(ReadOnlyMemory<byte> json, Func<string, object?, object?> mask, JsonBuffer into)
    {
        var members = new List<KeyValuePair<string, object?>>();
        Values.TryReadMap(new JsonText(json), members);
        var masked = Masked("comment", AsJson(members[0].Value), mask, out var broke) ?? broke;
        Member("comment", Single("text", masked is null ? "" : TextOf(masked)), into);
    }

    static void Member(string name, object? frozen, JsonBuffer into)
    {
        if (frozen is not null)
        {
            into.Name(name);
            Values.Write(frozen, into);
        }
    }

    /// <summary>These have to be maps, and a model a text (PROTOCOL section 7.1): anything else the mask says stands under "value".</summary>
    static object? Map(string name, object? frozen)
    {
        if (frozen is null)
        {
            return null;
        }
        var members = new List<KeyValuePair<string, object?>>();
        if (!Values.TryReadMap(frozen, members))
        {
            return Single("value", frozen);
        }
        var model = name == "metadata" ? members.FindLastIndex(member => member.Key == "model") : -1;
        if (model < 0 || members[model].Value is null or string)
        {
            return frozen;
        }
        members[model] = new("model", Values.Text(members[model].Value));
        return Write(members);
    }

    /// <summary>Names to numbers, as the service takes them; what is none is left out.</summary>
    static object? Numbers(object? frozen, bool isScores)
    {
        var members = new List<KeyValuePair<string, object?>>();
        Values.TryReadMap(frozen, members);
        return members.RemoveAll(member => !IsNumber(member.Value, isScores)) == 0 && members.Count > 0 ? frozen
            : members.Count > 0 ? Write(members) : null;
    }

    static bool IsNumber(object? value, bool isScore) =>
        value is not string and not bool && Values.TryNumber(value, out var number) && double.IsFinite(number) && (!isScore || number is >= 0 and <= 1);

    static JsonText? Texts(object? frozen)
    {
        var items = new List<object?>();
        if (!Values.TryReadList(frozen, items) && frozen is not null)
        {
            items.Add(frozen);
        }
        items.RemoveAll(static item => item is null);
        return items.Count > 0 ? (JsonText)Values.Freeze(items.ConvertAll(TextOf))! : null;
    }

    static string TextOf(object? frozen) => Values.Text(frozen is JsonText json && json.Utf8 is [(byte)'"', ..] ? PlainValues.Of(json.Memory) : frozen);

    static JsonText Single(string name, object? frozen) => Write([new(name, frozen)]);

    static JsonText Write(List<KeyValuePair<string, object?>> members)
    {
        using var json = new JsonBuffer();
        json.BeginObject();
        foreach (var (name, value) in members)
        {
            json.Name(name);
            Values.Write(value, json);
        }
        json.EndObject();
        return JsonText.Of(json);
    }

    static ReadOnlyMemory<byte> AsJson(object? frozen)
    {
        using var json = new JsonBuffer();
        Values.Write(frozen, json);
        return json.Written.ToArray();
    }
}
