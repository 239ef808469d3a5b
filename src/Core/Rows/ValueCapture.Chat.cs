using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Braintrust.Logging.Llm;
using Braintrust.Logging.Privacy;

namespace Braintrust.Logging.Rows;

/// <summary>The objects of libraries that call models, as a chat.</summary>
sealed partial class ValueCapture : ChatSource
{
    // As the library itself writes it: no chat inside of it.
    bool _isRaw;
    AnswerHead? _head;

    void WriteChat(object it, ObjectShape shape, bool inList)
    {
        using var writer = new ChatWriter(_json, _budget);
        switch (shape.Chat!.Kind)
        {
            case ChatKind.Message:
                writer.Messages(ChatReader.Message(this, it), inList);
                break;
            case ChatKind.Answer:
                AnswerHead head = ChatReader.Head(this, it);
                if (_depth == 1)
                    _head = head; // it is the value itself
                writer.Answer([.. ChatReader.Messages(this, it)], head.FinishReason);
                break;
            case ChatKind.Part:
                writer.Lone(ChatReader.Part(this, it));
                break;
            default:
                WriteRaw(it, shape, ChatReader.OptionName);
                break;
        }
        _full |= writer.IsFull;
    }

    void WriteRaw(object owner, ObjectShape shape, Func<string, string>? rename = null)
    {
        bool wasRaw = _isRaw;
        _isRaw = true;
        _json.BeginObject();
        if (shape.Discriminator is { } type)
        {
            _json.Name("$type");
            _json.String(type);
        }
        foreach (ObjectMember member in shape.Members)
        {
            if (ChatReader.IsCode(member.Property) || Value(member, owner) is not { } value)
                continue;
            int before = _json.Length;
            string name = ChatNames.Camel(member.Property);
            _json.Name(rename is null ? name : rename(name));
            Write(value);
            if (!Fits(before, inObject: true))
                break;
        }
        _json.EndObject();
        _isRaw = wasRaw;
    }

    public override string? TypeOf(object? it) => it is null or string ? null : ObjectShape.Of(it).Chat?.Name;

    public override object? Member(object it, string name) => ObjectShape.Of(it).Find(name) is { } member ? Value(member, it) : null;

    public override IReadOnlyList<object?> Items(object? list)
    {
        if (list is null or string || list is not IEnumerable elements)
            return list is null ? [] : [list];
        var items = new List<object?>();
        try
        {
            foreach (object? item in elements)
            {
                if (items.Count == ValueLimits.Items)
                {
                    items.Add(ValueMarks.TooManyItems);
                    break;
                }
                items.Add(item);
            }
        }
        catch (Exception error)
        {
            items.Add(Caught(error));
        }
        return items;
    }

    public override string? Text(object? value) => value switch
    {
        null => null,
        string text => text,
        _ when ChatObject.IsBinaryText(value) => ValueText.Of(value),
        _ => TextOf(value),
    };

    public override string? Word(object? value) => value switch
    {
        null => null,
        string or Enum => Values.Text(value),
        _ => ValueText.Of(value),
    };

    public override string? Data(object? bytes, string? mediaType)
    {
        ReadOnlyMemory<byte>? data = bytes switch
        {
            null => null,
            byte[] array => array,
            ReadOnlyMemory<byte> memory => memory,
            _ => BytesOf(bytes),
        };
        if (data is not { } known)
            return null;
        string url = $"data:{mediaType ?? "application/octet-stream"};base64,";
        return known.Length <= ValueLimits.BinaryBytes
            ? url + Convert.ToBase64String(known.Span)
            : url + ValueMarks.TruncatedBytes(known.Length);
    }

    public override JsonText Json(object it)
    {
        bool wasRaw = _isRaw;
        _isRaw = true;
        JsonText json = Apart(it);
        _isRaw = wasRaw;
        return json;
    }

    string TextOf(object value)
    {
        object? leaf = ValueLeaf.Of(value, _frontEnd, ref _isWithheld);
        return ValueLeaf.IsScalar(leaf) ? Values.Text(leaf) : SecretScrubber.Text(Apart(leaf!), _frontEnd?.Settings.ScrubSecrets ?? true);
    }

    /// <summary>Written by itself, but with all that is around it in mind.</summary>
    JsonText Apart(object value)
    {
        using var apart = new JsonBuffer();
        (JsonBuffer json, bool wasFull) = (_json, _full);
        _json = apart;
        Write(value);
        (_json, _full) = (json, wasFull);
        return JsonText.Of(apart);
    }

    object? Value(ObjectMember member, object owner) => member.Classifications is null ? Read(member, owner) : ReadClassified(member, owner);

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Where the method was trimmed away, the kind of the file is all that shows.")]
    ReadOnlyMemory<byte>? BytesOf(object value)
    {
        try
        {
            return value.GetType() is { FullName: ChatObject.BinaryData } type && type.GetMethod("ToMemory", BindingFlags.Public | BindingFlags.Instance, []) is { } method
                ? method.Invoke(value, null) as ReadOnlyMemory<byte>?
                : null;
        }
        catch (Exception error)
        {
            Caught(error);
            return null;
        }
    }
}
