using System.Collections;
using Braintrust.Logging.Rows;

namespace Braintrust.Extensions.Logging.Reading;

/// <summary>What a log call or a scope says in words. Never throws: where the application's code does, the text says so.</summary>
static class StateText
{
    const string Nameless = "scope";

    /// <summary>The rendered message.</summary>
    public static string Of<TState>(TState state, Exception? exception, Func<TState, Exception?, string>? formatter, string? template)
    {
        try
        {
            return ValueMarks.Cut((formatter is null ? state?.ToString() : formatter(state, exception)) ?? "", ValueLimits.StringChars);
        }
        catch (Exception error)
        {
            return template is null ? ValueMarks.Error(error) : $"{template} {ValueMarks.Error(error)}";
        }
    }

    /// <summary>The scope's own text; null for a bag of properties and for an object that can only name its type.</summary>
    public static string? OfScope(object? state, string? template)
    {
        if (state is null || StateReader.IsPair(state))
        {
            return null;
        }
        try
        {
            var text = state.ToString();
            return string.IsNullOrWhiteSpace(text) || text == state.GetType().ToString() ? null : ValueMarks.Cut(text, ValueLimits.NameChars);
        }
        catch (Exception error)
        {
            return template is null ? ValueMarks.Error(error) : $"{template} {ValueMarks.Error(error)}";
        }
    }

    /// <summary>What can be said of a state without a template and without its values; null: it has none.</summary>
    public static string? FirstName(Property[] properties) => properties.Length > 0 ? FieldNames.Plain(properties[0].Name) : null;

    /// <summary>A name for what has none: its first property, else its type.</summary>
    public static string Unnamed(object? state, Property[] properties)
    {
        if (properties.Length > 0)
        {
            return ValueMarks.Cut($"{FieldNames.Plain(properties[0].Name)}:{Values.Text(properties[0].Value)}", ValueLimits.NameChars);
        }
        return state is null or string or IEnumerable ? Nameless : state.GetType().Name;
    }
}
