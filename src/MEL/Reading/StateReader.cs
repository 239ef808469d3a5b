using System.Collections;
using System.Runtime.CompilerServices;
using Braintrust.Logging.Rows;

namespace Braintrust.Extensions.Logging.Reading;

/// <summary>The named values of a log call's or scope's state, frozen. Never throws.</summary>
static class StateReader
{
    const string TemplateName = "{OriginalFormat}";

    /// <param name="state">A list of pairs by convention; dictionaries, single pairs and (name, value) tuples are read too.</param>
    /// <param name="template">The message template, if there is one.</param>
    /// <param name="isReadable">Whether text is JSON that has yet to be read.</param>
    public static Property[] Read(object? state, out string? template, bool isReadable = false)
    {
        template = null;
        try
        {
            return state switch
            {
                null or string => [],
                IReadOnlyList<KeyValuePair<string, object?>> list => ReadList(list, ref template, isReadable),
                IEnumerable<KeyValuePair<string, object?>> pairs => ReadPairs(pairs, ref template),
                IDictionary dictionary => ReadDictionary(dictionary),
                IEnumerable<KeyValuePair<string, string?>> texts => ReadTexts(texts),
                KeyValuePair<string, object?> pair => [Of(pair.Key, pair.Value)],
                ITuple { Length: 2 } tuple when tuple[0] is string name => [Of(name, tuple[1])],
                _ => [],
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
    static Property[] ReadList(IReadOnlyList<KeyValuePair<string, object?>> list, ref string? template, bool isReadable)
    {
        var count = list.Count;
        if (count > 0 && TryGet(list, count - 1, out var last) && IsTemplate(last, ref template))
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
            if (TryGet(list, i, out var pair) && !IsTemplate(pair, ref template))
            {
                properties[filled++] = isReadable ? new(pair.Key ?? "(null)", Values.FreezeReadable(pair.Value)) : Of(pair.Key, pair.Value);
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

    static Property[] ReadPairs(IEnumerable<KeyValuePair<string, object?>> pairs, ref string? template)
    {
        var properties = new List<Property>();
        try
        {
            foreach (var pair in pairs)
            {
                if (!IsTemplate(pair, ref template) && !TryAdd(pair.Key, pair.Value, properties))
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

    static Property[] ReadDictionary(IDictionary dictionary)
    {
        var properties = new List<Property>();
        foreach (DictionaryEntry entry in dictionary)
        {
            if (!TryAdd(entry.Key as string ?? Values.Text(Values.Freeze(entry.Key)), entry.Value, properties))
            {
                break;
            }
        }
        return [.. properties];
    }

    static Property[] ReadTexts(IEnumerable<KeyValuePair<string, string?>> texts)
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

    static bool TryAdd(string? name, object? value, List<Property> into)
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

    static Property Of(string? name, object? value) => new(name ?? "(null)", Values.Freeze(value));

    static bool IsTemplate(in KeyValuePair<string, object?> pair, ref string? template)
    {
        if (pair.Key != TemplateName)
        {
            return false;
        }
        template = pair.Value as string ?? template;
        return true;
    }
}
