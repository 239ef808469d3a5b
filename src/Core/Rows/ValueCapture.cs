using System.Collections;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Rows;

/// <summary>Walks one object or list and writes it as JSON, within <see cref="ValueLimits"/> and whatever the application's code throws.</summary>
/// <remarks>A name that a list of pairs gives twice is written twice: readers take the last.</remarks>
sealed partial class ValueCapture
{
    // What the last mark and the closing brackets need.
    const int Reserve = 256;

    readonly FrontEnd? _frontEnd;
    readonly int _items;
    readonly int _budget;
    readonly object?[] _path = new object?[ValueLimits.Depth];
    JsonBuffer _json;
    int _depth;
    int _errors;
    bool _full;
    bool _isWithheld;

    ValueCapture(JsonBuffer json, FrontEnd? frontEnd, int items, int bytes)
    {
        _json = json;
        _frontEnd = frontEnd;
        _items = items;
        _budget = bytes - Reserve;
    }

    /// <inheritdoc cref="Values.Freeze(object?, FrontEnd?, ref bool)"/>
    public static JsonText Of(object container, FrontEnd? frontEnd, ref bool isWithheld)
    {
        using var json = new JsonBuffer();
        var capture = new ValueCapture(json, frontEnd, ValueLimits.Items, ValueLimits.ValueBytes);
        capture.Write(container);
        isWithheld |= capture._isWithheld;
        return JsonText.Of(json, capture._head);
    }

    /// <summary>However many items there are. Null: it is longer than that, or throws without an end.</summary>
    public static JsonText? Whole(object container, int bytes)
    {
        using var json = new JsonBuffer();
        var capture = new ValueCapture(json, null, int.MaxValue, bytes);
        capture.Write(container);
        return capture._full ? null : JsonText.Of(json);
    }

    void Write(object? value, bool inList = false)
    {
        object? leaf = ValueLeaf.Of(value, _frontEnd, ref _isWithheld);
        if (ValueLeaf.IsImmutable(leaf))
            Values.Write(leaf, _json);
        else if (_depth == ValueLimits.Depth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            _json.String(ValueMarks.TooDeep);
        else if (IsOpen(leaf!))
            _json.String(ValueMarks.Circular);
        else
            WriteContainer(leaf!, inList);
    }

    // By reference: Equals and GetHashCode are the application's code. At most 32 comparisons.
    bool IsOpen(object container)
    {
        for (int level = _depth - 1; level >= 0; level--)
        {
            if (ReferenceEquals(_path[level], container))
                return true;
        }
        return false;
    }

    void WriteContainer(object container, bool inList)
    {
        int before = _json.Length;
        int depth = _depth;
        _path[_depth++] = container;
        try
        {
            switch (container)
            {
                case JsonElement { ValueKind: JsonValueKind.Array } array:
                    WriteList(array.EnumerateArray());
                    break;
                case JsonElement element:
                    WriteMap(element.EnumerateObject());
                    break;
                case IDictionary dictionary:
                    WriteDictionary(dictionary);
                    break;
                case ITuple tuple:
                    WriteTuple(tuple);
                    break;
                case IEnumerable pairs when ObjectShape.Of(container).IsMap:
                    WriteMap(pairs);
                    break;
                case IEnumerable items:
                    WriteList(items);
                    break;
                default:
                    WriteObject(container, inList);
                    break;
            }
        }
        catch (Exception error)
        {
            _json.Truncate(before);
            _json.String(Caught(error));
        }
        _depth = depth;
        _path[_depth] = null;
    }

    void WriteList(IEnumerable items)
    {
        _json.BeginArray();
        try
        {
            int count = 0;
            foreach (object? item in items)
            {
                if (!WriteItem(item, count++))
                    break;
            }
        }
        catch (Exception error)
        {
            // Items guard themselves, so only whole ones stand before this.
            _json.String(Caught(error));
        }
        _json.EndArray();
    }

    void WriteDictionary(IDictionary dictionary)
    {
        _json.BeginObject();
        try
        {
            int count = 0;
            foreach (DictionaryEntry entry in dictionary)
            {
                if (!WriteMember(entry.Key, entry.Value, count++))
                    break;
            }
        }
        catch (Exception error)
        {
            MarkMember(Caught(error));
        }
        _json.EndObject();
    }

    void WriteMap(IEnumerable pairs)
    {
        _json.BeginObject();
        try
        {
            int count = 0;
            foreach (object? pair in pairs)
            {
                (object? key, object? value) = ReadPair(pair);
                if (!WriteMember(key, value, count++))
                    break;
            }
        }
        catch (Exception error)
        {
            MarkMember(Caught(error));
        }
        _json.EndObject();
    }

    void WriteTuple(ITuple tuple)
    {
        _json.BeginObject();
        int length = tuple.Length;
        for (int item = 0; item < length; item++)
        {
            if (!WriteMember($"Item{item + 1}", tuple[item], item))
                break;
        }
        _json.EndObject();
    }

    void WriteObject(object it, bool inList)
    {
        ObjectShape shape = ObjectShape.Of(it);
        if (_isRaw)
            WriteRaw(it, shape);
        else if (shape.Chat is not null)
            WriteChat(it, shape, inList);
        else
            WriteMembers(it, shape);
    }

    void WriteMembers(object owner, ObjectShape shape)
    {
        _json.BeginObject();
        foreach (ObjectMember member in shape.Members)
        {
            object? value = Value(member, owner);
            if (value is null && member.OmitNull)
                continue;
            int before = _json.Length;
            _json.RawName(member.RawName);
            Write(member.IsRole ? ChatNames.RoleOf(value) : value);
            if (!Fits(before, inObject: true))
                break;
        }
        _json.EndObject();
    }

    object? Read(ObjectMember member, object owner)
    {
        try
        {
            return member.Read(owner);
        }
        catch (Exception error)
        {
            return Caught(error);
        }
    }

    object? ReadClassified(ObjectMember member, object owner)
    {
        try
        {
            return member.Read(owner) is { } value ? Classified.Text(value, member.Classifications!, _frontEnd) : null;
        }
        catch (Exception error)
        {
            return Caught(error);
        }
    }

    static (object? Key, object? Value) ReadPair(object? pair) => pair switch
    {
        KeyValuePair<string, object?> { Key: var key, Value: var value } => (key, value),
        KeyValuePair<string, string?> { Key: var key, Value: var value } => (key, value),
        KeyValuePair<string, JsonNode?> { Key: var key, Value: var value } => (key, value),
        JsonProperty { Name: var key, Value: var value } => (key, value),
        null => (null, null),
        _ => (ObjectShape.Of(pair).Find("Key")?.Read(pair), ObjectShape.Of(pair).Find("Value")?.Read(pair)),
    };

    bool WriteItem(object? item, int count)
    {
        if (count == _items)
        {
            _json.String(ValueMarks.TooManyItems);
            return false;
        }
        int before = _json.Length;
        Write(item, inList: true);
        return Fits(before, inObject: false);
    }

    bool WriteMember(object? key, object? value, int count)
    {
        if (count == _items)
        {
            MarkMember(ValueMarks.TooManyItems);
            return false;
        }
        int before = _json.Length;
        object? name = ValueLeaf.IsImmutable(key) ? key : NameOf(key!);
        _json.Name(ValueMarks.Cut(Values.Text(name), ValueLimits.NameChars));
        Write(value);
        return Fits(before, inObject: true);
    }

    string NameOf(object key)
    {
        ObjectShape shape = ObjectShape.Of(key);
        _isWithheld |= shape.HidesFromText;
        return shape.Classifications is { } classifications ? Classified.Text(key, classifications, _frontEnd)
            : shape.HidesFromText ? ValueMarks.Redacted
            : ValueText.Of(key);
    }

    // The innermost collection that grew too far takes back its last item and says so; the ones around it only close.
    bool Fits(int before, bool inObject)
    {
        if (_full)
            return false;
        bool tooLarge = _json.Length > _budget;
        if (!tooLarge && _errors <= ValueLimits.Errors)
            return true;

        _full = true;
        string mark = tooLarge ? ValueMarks.TooLarge : ValueMarks.TooManyErrors;
        _json.Truncate(before);
        if (inObject)
            MarkMember(mark);
        else
            _json.String(mark);
        return false;
    }

    void MarkMember(string mark)
    {
        _json.Name(ValueMarks.Member);
        _json.String(mark);
    }

    string Caught(Exception error)
    {
        _errors++;
        return ValueMarks.Error(error);
    }
}
