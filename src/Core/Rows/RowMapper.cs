using System.Runtime.CompilerServices;

namespace Braintrust.Logging.Rows;

/// <summary>
/// Decides which property becomes which field: pure, the same for every front end, for events and for scopes. What fits no field, or
/// whose value does not fit its field, stays in the metadata under its own name.
/// </summary>
sealed class RowMapper(Func<FrontEnd, object, object?> plain)
{
    const int LongestRemembered = 128;

    readonly List<KeyValuePair<string, object?>> _members = [];
    readonly List<object?> _elements = [];

    // By reference: names are literals, the same object in every event.
    readonly (string Name, string Plain, Field Field)[] _recent = new (string, string, Field)[64];

    public void Map(FrontEnd frontEnd, List<Property> properties, RowFields into)
    {
        foreach (var property in properties)
        {
            Map(frontEnd, property, into);
        }
        Complete(into);
    }

    public void Map(FrontEnd frontEnd, ReadOnlySpan<Property> properties, RowFields into)
    {
        foreach (var property in properties)
        {
            Map(frontEnd, property, into);
        }
        Complete(into);
    }

    /// <summary>What depends on other properties, in whichever order they come. The instructions stand apart: they are the first of the messages.</summary>
    static void Complete(RowFields into)
    {
        GenAi.Complete(into);
        if (into.Instructions is { } instructions)
        {
            if (into.Input is null || ChatMessages.IsList(into.Input))
            {
                into.Input = ChatMessages.WithInstructions(instructions, into.Input);
            }
            else
            {
                into.Metadata.Set("gen_ai.system_instructions", instructions);
            }
        }
    }

    void Map(FrontEnd frontEnd, Property property, RowFields into)
    {
        if (property.IsPlain)
        {
            into.Metadata.Set(property.Name, property.Value);
            return;
        }
        var field = FieldOf(property.Name, out var name);
        var value = property.Value;
        var fits = field != Field.Metadata ? Assign(frontEnd, field, value, into)
            : FieldNames.IsScore(name, out var score) ? Score(score, value, into)
            : name.StartsWith("gen_ai.", StringComparison.Ordinal) ? GenAi.Map(name, Neutral(frontEnd, value), into)
            : BraintrustAttributes.IsOne(name) && BraintrustAttributes.Map(name, Neutral(frontEnd, value), into);
        if (!fits)
        {
            into.Metadata.Set(name, value);
        }
        else if (field == Field.Elapsed)
        {
            into.Metadata.Set(name, value); // the start is derived from it; the value itself stays readable
        }
    }

    Field FieldOf(string name, out string plain)
    {
        ref var recent = ref _recent[RuntimeHelpers.GetHashCode(name) & (_recent.Length - 1)];
        if (ReferenceEquals(recent.Name, name))
        {
            plain = recent.Plain;
            return recent.Field;
        }
        plain = FieldNames.Plain(name);
        var field = FieldNames.Of(plain);
        if (name.Length <= LongestRemembered)
        {
            recent = (name, plain, field);
        }
        return field;
    }

    bool Assign(FrontEnd frontEnd, Field field, object? value, RowFields into) => field switch
    {
        Field.Input => Once(ref into.Input, value),
        Field.Output => Once(ref into.Output, value),
        Field.Expected => Once(ref into.Expected, value),
        Field.Error => Once(ref into.Error, value),
        Field.Scores => Scores(frontEnd, value, into),
        Field.Score => Score("score", value, into),
        Field.Metrics => Metrics(frontEnd, value, into),
        Field.PromptTokens => Tokens(MetricNames.Prompt, value, into),
        Field.CompletionTokens => Tokens(MetricNames.Completion, value, into),
        Field.TotalTokens => Tokens(MetricNames.Total, value, into),
        Field.CachedTokens => Tokens(MetricNames.Cached, value, into),
        Field.TimeToFirstToken => FirstToken(value, into),
        Field.Elapsed => Elapsed(value, into),
        Field.Model => OnceText(ref into.Model, Neutral(frontEnd, value)),
        Field.Provider => OnceText(ref into.Provider, Neutral(frontEnd, value)),
        Field.Tags => Tags(frontEnd, value, into),
        Field.SpanName => OnceText(ref into.Name, Neutral(frontEnd, value)),
        Field.SpanType => OnceText(ref into.Type, Neutral(frontEnd, value)),
        _ => false,
    };

    static bool Once(ref object? slot, object? value)
    {
        if (slot is not null || value is null)
        {
            return false;
        }
        slot = value;
        return true;
    }

    static bool OnceText(ref string? slot, object? value)
    {
        if (slot is not null || value is null or "" or JsonText)
        {
            return false;
        }
        slot = Values.Text(value);
        return true;
    }

    static bool Tokens(string metric, object? value, RowFields into)
    {
        if (!Values.TryNumber(value, out var count) || count < 0 || into.Metrics.Contains(metric))
        {
            return false;
        }
        into.Metrics.Set(metric, count);
        return true;
    }

    static bool FirstToken(object? value, RowFields into)
    {
        if (!Values.TryMilliseconds(value, out var milliseconds) || milliseconds < 0)
        {
            return false;
        }
        into.Metrics.Set(MetricNames.TimeToFirstToken, milliseconds / 1000);
        return true;
    }

    static bool Elapsed(object? value, RowFields into)
    {
        if (into.ElapsedTicks >= 0 || !Values.TryMilliseconds(value, out var milliseconds) || milliseconds is < 0 or > 1e13)
        {
            return false;
        }
        into.ElapsedTicks = (long)(milliseconds * TimeSpan.TicksPerMillisecond);
        return true;
    }

    /// <summary>0..1, booleans 1 and 0; anything else is no score.</summary>
    public static bool Score(string name, object? value, RowFields into)
    {
        var score = value is bool passed ? passed ? 1 : 0 : Values.TryNumber(value, out var number) ? number : double.NaN;
        if (!(score >= 0 && score <= 1))
        {
            return false;
        }
        into.Scores.Set(name, score);
        return true;
    }

    bool Scores(FrontEnd frontEnd, object? value, RowFields into)
    {
        if (!ReadMap(frontEnd, value))
        {
            return false;
        }
        foreach (var (name, member) in _members)
        {
            if (!Score(name, member, into))
            {
                into.Metadata.Set("Scores." + name, member);
            }
        }
        return true;
    }

    bool Metrics(FrontEnd frontEnd, object? value, RowFields into)
    {
        if (!ReadMap(frontEnd, value))
        {
            return false;
        }
        foreach (var (name, member) in _members)
        {
            if (!Metric(name, member, into))
            {
                into.Metadata.Set("Metrics." + name, member);
            }
        }
        return true;
    }

    /// <summary>A finite number; the span's own start and end are not the user's to set.</summary>
    public static bool Metric(string name, object? value, RowFields into)
    {
        if (name is MetricNames.Start or MetricNames.End || !Values.TryNumber(value, out var number) || !double.IsFinite(number))
        {
            return false;
        }
        into.Metrics.Set(name, number);
        return true;
    }

    bool Tags(FrontEnd frontEnd, object? value, RowFields into)
    {
        if (value is string tag)
        {
            Tag(tag, into);
            return true;
        }
        _elements.Clear();
        if (!Values.TryReadList(Neutral(frontEnd, value), _elements))
        {
            return false;
        }
        foreach (var element in _elements)
        {
            if (element is not null)
            {
                Tag(Values.Text(element), into);
            }
        }
        return true;
    }

    public static void Tag(string tag, RowFields into)
    {
        if (tag.Length > 0 && !into.Tags.Contains(tag))
        {
            into.Tags.Add(tag);
        }
    }

    bool ReadMap(FrontEnd frontEnd, object? value)
    {
        _members.Clear();
        return Values.TryReadMap(Neutral(frontEnd, value), _members);
    }

    object? Neutral(FrontEnd frontEnd, object? value) => value is null ? null : plain(frontEnd, value);
}
