using System.Collections;
using System.Runtime.CompilerServices;
using Braintrust.Logging.Rows;

namespace Braintrust.Extensions.Logging.Reading;

/// <summary>The named values of a log call's or scope's state, frozen. Never throws. For one state.</summary>
/// <param name="frontEnd">Whose redactors apply to what is classified.</param>
/// <param name="isReadable">Whether text is JSON that has yet to be read.</param>
ref struct StateReader(FrontEnd frontEnd, bool isReadable = false)
{
    const string TemplateName = "{OriginalFormat}";

    string? _template;
    bool _isWithheld;

    /// <summary>The message template, if there is one.</summary>
    public readonly string? Template => _template;

    /// <summary>Something in it is classified: the state's own text may show it, and must not be used.</summary>
    public readonly bool IsWithheld => _isWithheld;

    /// <param name="state">A list of pairs by convention; dictionaries, single pairs and (name, value) tuples are read too.</param>
    public Property[] Read(object? state)
    {
        try
        {
            return state switch
            {
                null or string => [],
                IReadOnlyList<KeyValuePair<string, object?>> list => ReadList(list),
                IEnumerable<KeyValuePair<string, object?>> pairs => ReadPairs(pairs),
                IDictionary dictionary => ReadDictionary(dictionary),
                IEnumerable<KeyValuePair<string, string?>> texts => ReadTexts(texts),
                KeyValuePair<string, object?> pair => [Of(pair.Key, pair.Value)],
                ITuple { Length: 2 } tuple when tuple[0] is string name => [Of(name, tuple[1])],
                _ => ReadOther(state),
            };
        }
        catch (Exception error) // the application's collection
        {
            return [new(ValueMarks.Member, ValueMarks.Error(error))];
        }
    }

    /// <summary>Whether the state is one name and one value: it has no text of its own, whatever its <c>ToString</c> says.</summary>
    public static bool IsPair(object? state) => state is KeyValuePair<string, object?> || (state is ITuple { Length: 2 } tuple && tuple[0] is string);

    // The hot path: by index, into one array of the right size.
    Property[] ReadList(IReadOnlyList<KeyValuePair<string, object?>> list)
    {
        var count = list.Count;
        if (count > 0 && TryGet(list, count - 1, out var last) && IsTemplate(last))
        {
            count--; // by convention it comes last
        }
        if (count <= 0)
        {
            return [];
        }

        var isTooLong = count > ValueLimits.Items;
        var properties = new Property[Math.Min(count, ValueLimits.Items + 1)];
        var filled = 0;
        for (var i = 0; i < Math.Min(count, ValueLimits.Items); i++)
        {
            if (TryGet(list, i, out var pair) && !IsTemplate(pair))
            {
                properties[filled++] = Of(pair.Key, pair.Value);
            }
        }
        if (isTooLong)
        {
            properties[filled++] = TooLong;
        }
        return filled == properties.Length ? properties : properties[..filled];
    }

    // A template with more holes than the call has arguments: reading the missing ones throws.
    static bool TryGet(IReadOnlyList<KeyValuePair<string, object?>> list, int index, out KeyValuePair<string, object?> pair)
    {
        try
        {
            pair = list[index];
            return true;
        }
        catch (Exception)
        {
            pair = default;
            return false;
        }
    }

    Property[] ReadPairs(IEnumerable<KeyValuePair<string, object?>> pairs)
    {
        var properties = new List<Property>();
        try
        {
            foreach (var pair in pairs)
            {
                if (!IsTemplate(pair) && !TryAdd(pair.Key, pair.Value, properties))
                {
                    break;
                }
            }
        }
        catch (Exception error)
        {
            properties.Add(new(ValueMarks.Member, ValueMarks.Error(error)));
        }
        return [.. properties];
    }

    Property[] ReadDictionary(IDictionary dictionary)
    {
        var properties = new List<Property>();
        foreach (DictionaryEntry entry in dictionary)
        {
            if (!TryAdd(entry.Key as string ?? Values.Text(Values.Freeze(entry.Key, frontEnd, ref _isWithheld)), entry.Value, properties))
            {
                break;
            }
        }
        return [.. properties];
    }

    Property[] ReadTexts(IEnumerable<KeyValuePair<string, string?>> texts)
    {
        var properties = new List<Property>();
        foreach (var (name, text) in texts)
        {
            if (!TryAdd(name, text, properties))
            {
                break;
            }
        }
        return [.. properties];
    }

    /// <summary>It has only its text, which a look into it has to allow.</summary>
    Property[] ReadOther(object state)
    {
        Values.Freeze(state, frontEnd, ref _isWithheld);
        return [];
    }

    bool TryAdd(string? name, object? value, List<Property> into)
    {
        if (into.Count == ValueLimits.Items)
        {
            into.Add(TooLong);
            return false;
        }
        into.Add(Of(name, value));
        return true;
    }

    static Property TooLong => new(ValueMarks.Member, ValueMarks.TooManyItems);

    Property Of(string? name, object? value) =>
        new(name ?? "(null)", isReadable && value is string ? Values.FreezeReadable(value) : Values.Freeze(value, frontEnd, ref _isWithheld));

    bool IsTemplate(in KeyValuePair<string, object?> pair)
    {
        if (pair.Key != TemplateName)
        {
            return false;
        }
        if (pair.Value is string template)
        {
            _template = template;
        }
        else
        {
            Values.Freeze(pair.Value, frontEnd, ref _isWithheld); // a state that has only its text, given as a template
        }
        return true;
    }
}
