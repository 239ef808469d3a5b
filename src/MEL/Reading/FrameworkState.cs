using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Logging;

namespace Braintrust.Extensions.Logging.Reading;

/// <summary>
/// A state that <c>LogInformation</c> or <c>LoggerMessage.Define</c> made: a list of a template's values by position, then the template; its text is that of
/// <see cref="MessageTemplate"/>. The types are internal, so names have to do.
/// </summary>
static class FrameworkState<TState>
{
    const string ByExtension = "Microsoft.Extensions.Logging.FormattedLogValues";
    const string ByDefine = "Microsoft.Extensions.Logging.LoggerMessage+LogValues`";

    /// <summary>Null: not such a state.</summary>
    static readonly FrameworkStateReader<TState>? Reader = Find();

    static Delegate? _own;

    /// <summary>Null: the message has to be rendered within the call, whatever the reason.</summary>
    public static TemplateEvent? TryRead(string category, LogLevel level, EventId eventId, TState state, Func<TState, Exception?, string>? formatter) =>
        Reader is { } reader && IsOwn(formatter) && reader.TryRead(state, out var values) is { } template
            ? new TemplateEvent(category, level, eventId, template, values!)
            : null;

    /// <summary>The template and the values of a scope; null: the scope has to be read as any other state.</summary>
    public static MessageTemplate? TryRead(TState state, out object?[] values)
    {
        values = [];
        return Reader is { } reader && reader.TryRead(state, out values!) is { } template ? template : null;
    }

    /// <summary>Whether the formatter is the framework's, which asks the state for its text. A logger in between may bring one of its own.</summary>
    static bool IsOwn(Func<TState, Exception?, string>? formatter)
    {
        if (formatter is null || ReferenceEquals(formatter, _own))
        {
            return formatter is not null;
        }
        if (formatter.Method.Module.Assembly != typeof(ILogger).Assembly)
        {
            return false;
        }
        _own = formatter; // there is but one for each type of state
        return true;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2071", Justification = "The reader asks its argument for an interface only, and is made by its one constructor.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Not reached when compiled ahead.")]
    static FrameworkStateReader<TState>? Find()
    {
        if (!RuntimeFeature.IsDynamicCodeSupported)
        {
            return null; // compiled ahead: all is rendered within the call
        }
        return typeof(TState).Assembly == typeof(ILogger).Assembly
            && typeof(IReadOnlyList<KeyValuePair<string, object?>>).IsAssignableFrom(typeof(TState))
            && typeof(TState).FullName is { } name && (name == ByExtension || name.StartsWith(ByDefine, StringComparison.Ordinal))
                ? (FrameworkStateReader<TState>)typeof(FrameworkStateListReader<>).MakeGenericType(typeof(TState)).GetConstructor(Type.EmptyTypes)!.Invoke(null)
                : null;
    }
}

abstract class FrameworkStateReader<TState>
{
    /// <summary>The template and its values; null if they do not fit each other, or a value could change or read differently on the loop.</summary>
    public abstract MessageTemplate? TryRead(TState state, out object?[]? values);
}

/// <summary>Made by reflection, as only here the compiler may know that the struct is a list: then reading it does not box it at every step.</summary>
sealed class FrameworkStateListReader<TState> : FrameworkStateReader<TState> where TState : IReadOnlyList<KeyValuePair<string, object?>>
{
    public override MessageTemplate? TryRead(TState state, out object?[]? values)
    {
        values = null;
        var count = state.Count - 1;
        if (count < 1 || state[count].Value is not string text || MessageTemplate.Of(text) is not { } template || template.Holes.Length != count)
        {
            return null;
        }
        values = new object?[count];
        try
        {
            for (var i = 0; i < values.Length; i++)
            {
                var (name, value) = state[i];
                if (name != template.Holes[i].Name || !IsSettled(value))
                {
                    return null;
                }
                values[i] = value;
            }
        }
        catch (Exception) // more holes than arguments
        {
            return null;
        }
        return template;
    }

    /// <summary>Cannot change, and reads the same on every thread: an enum's number takes its minus sign from the current culture.</summary>
    static bool IsSettled(object? value) => value switch
    {
        null or int or long or double or bool => true,
        string text => text.Length <= ValueLimits.StringChars,
        decimal or float or Guid or TimeSpan or DateTime or DateTimeOffset or DateOnly or TimeOnly or char => true,
        byte or sbyte or short or ushort or uint or ulong => true,
        _ => false,
    };
}
