using System.Globalization;

namespace Braintrust.Logging.Rows;

/// <summary>
/// The attributes that Braintrust's OpenTelemetry SDKs write, and OpenTelemetry's own of the calling code, into the fields they mean (PROTOCOL section 19).
/// <c>braintrust.parent</c> and its like route exports; here the project is the logger's, and they are metadata.
/// </summary>
static class BraintrustAttributes
{
    const string Prefix = "braintrust.";
    const string CodePrefix = "code.";

    [Flags]
    public enum Own : byte
    {
        None = 0,
        Input = 1,
        Output = 2,
        Expected = 4,
    }

    public static bool IsOne(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) || name.StartsWith(CodePrefix, StringComparison.Ordinal);

    /// <summary>False: the attribute has no field, or its value does not fit, and it stays in the metadata under its name.</summary>
    public static bool Map(string name, object? value, RowFields into) => name switch
    {
        "braintrust.input_json" => Content(ref into.Input, Own.Input, Parsed(value), into, wins: true),
        "braintrust.output_json" => Content(ref into.Output, Own.Output, Parsed(value), into, wins: true),
        "braintrust.expected_json" => Content(ref into.Expected, Own.Expected, Parsed(value), into, wins: true),
        "braintrust.input" => Content(ref into.Input, Own.Input, ChatMessages.Json(value), into),
        "braintrust.output" => Content(ref into.Output, Own.Output, ChatMessages.Json(value), into),
        "braintrust.expected" => Content(ref into.Expected, Own.Expected, ChatMessages.Json(value), into),
        "braintrust.tags" => Tags(value, into),
        "braintrust.context_json" => Members(value, into, static (key, member, fields) => Context(key, member, fields)),
        "braintrust.origin" => Origin(value, into),
        "braintrust.metadata" => Members(value, into, static (key, member, fields) => Metadata(key, member, fields)),
        "braintrust.metrics" => Members(value, into, static (key, member, fields) => Metric(key, member, fields)),
        "braintrust.scores" => Members(value, into, static (key, member, fields) => RowMapper.Score(key, member, fields)),
        "braintrust.span_attributes" => Members(value, into, static (key, member, fields) => SpanAttribute(key, member, fields)),
        "code.function.name" => Caller("caller_functionname", value, into),
        "code.file.path" => Caller("caller_filename", value is string path ? path[(path.AsSpan().LastIndexOfAny('/', '\\') + 1)..] : value, into),
        "code.line.number" => Caller("caller_lineno", value, into),
        _ => Flattened(name, value, into),
    };

    static bool Flattened(string name, object? value, RowFields into)
    {
        if (Key(name, "braintrust.metadata.") is { } metadata)
        {
            return Metadata(metadata, value, into);
        }
        if (Key(name, "braintrust.metrics.") is { } metric)
        {
            return Metric(metric, value, into);
        }
        if (Key(name, "braintrust.scores.") is { } score)
        {
            return RowMapper.Score(score, Number(value), into);
        }
        return Key(name, "braintrust.span_attributes.") is { } attribute && SpanAttribute(attribute, value, into);
    }

    static string? Key(string name, string prefix) => name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : null;

    /// <summary>Null unless it is JSON: what cannot be read stays in the metadata.</summary>
    static object? Parsed(object? value) => ChatMessages.Json(value) is JsonText json ? json : null;

    static bool Content(ref object? slot, Own own, object? value, RowFields into, bool wins = false)
    {
        if (value is null || (into.Own.HasFlag(own) && !wins))
        {
            return false;
        }
        into.Own |= own;
        slot = value;
        return true;
    }

    static bool Members(object? value, RowFields into, Func<string, object?, RowFields, bool> take)
    {
        var members = new List<KeyValuePair<string, object?>>();
        if (!Values.TryReadMap(ChatMessages.Structure(value), members))
        {
            return false;
        }
        foreach (var (key, member) in members)
        {
            if (!take(key, member, into))
            {
                into.Metadata.Add(key, member);
            }
        }
        return true;
    }

    static bool Metadata(string key, object? value, RowFields into)
    {
        switch (key, value)
        {
            case ("model", string { Length: > 0 } model):
                into.Model = model;
                break;
            case ("provider", string { Length: > 0 } provider):
                into.Provider = provider;
                break;
            default:
                into.Metadata.Set(key, value);
                break;
        }
        return true;
    }

    static bool Metric(string key, object? value, RowFields into) => RowMapper.Metric(key, Number(value), into);

    static object? Number(object? value) =>
        value is string text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : value;

    static bool SpanAttribute(string key, object? value, RowFields into)
    {
        if (value is not string { Length: > 0 } text)
        {
            return false;
        }
        switch (key)
        {
            case "name":
                into.Name = text;
                return true;
            case "type":
                into.Type = text;
                return true;
            case "purpose":
                into.Purpose = text;
                return true;
            default:
                return false;
        }
    }

    static bool Tags(object? value, RowFields into)
    {
        var tags = new List<object?>();
        if (!Values.TryReadList(ChatMessages.Structure(value), tags))
        {
            if (value is not string tag)
            {
                return false;
            }
            tags.Add(tag);
        }
        foreach (var tag in tags)
        {
            if (tag is not null)
            {
                RowMapper.Tag(Values.Text(tag), into);
            }
        }
        return true;
    }

    static bool Context(string key, object? value, RowFields into)
    {
        into.Context.Set(key, value);
        return true;
    }

    static bool IsOfOrigin(string key, object? value) =>
        key is "object_type" or "object_id" or "id" or "_xact_id" or "created" && value is null or string { Length: <= 128 };

    static bool Caller(string key, object? value, RowFields into)
    {
        if (value is null || into.Context.Contains(key))
        {
            return false;
        }
        into.Context.Set(key, value);
        return true;
    }

    /// <summary>Where the row comes from, and nothing else: no mask looks at it, as it has to stay what it is.</summary>
    static bool Origin(object? value, RowFields into)
    {
        var members = new List<KeyValuePair<string, object?>>();
        if (ChatMessages.Structure(value) is not { } origin || !Values.TryReadMap(origin, members) || members.Exists(static member => !IsOfOrigin(member.Key, member.Value)))
        {
            return false;
        }
        into.Origin = origin;
        return true;
    }
}
