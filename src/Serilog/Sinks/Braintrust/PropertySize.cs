using Braintrust.Logging.Rows;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>Walks values once on the caller's thread: what they weigh in the queue's bound, and whether one could still change.</summary>
struct PropertySize
{
    public long Bytes;
    public bool HasMutable;

    public void Add(string name, LogEventPropertyValue value)
    {
        Bytes += name.Length + RowWeight.Member;
        Add(value, 0);
    }

    void Add(LogEventPropertyValue value, int depth)
    {
        if (depth > ValueLimits.Depth)
        {
            return; // not written either
        }
        switch (value)
        {
            case ScalarValue scalar:
                Bytes += RowWeight.Small + RowWeight.Of(scalar.Value, copies: 2);
                HasMutable |= !ValueLeaf.IsImmutable(scalar.Value);
                break;
            case StructureValue structure:
                for (var i = 0; i < Math.Min(structure.Properties.Count, ValueLimits.Items); i++)
                {
                    Bytes += structure.Properties[i].Name.Length + RowWeight.Member;
                    Add(structure.Properties[i].Value, depth + 1);
                }
                break;
            case SequenceValue sequence:
                for (var i = 0; i < Math.Min(sequence.Elements.Count, ValueLimits.Items); i++)
                {
                    Bytes += 8;
                    Add(sequence.Elements[i], depth + 1);
                }
                break;
            case DictionaryValue { Elements: Dictionary<ScalarValue, LogEventPropertyValue> elements }:
                foreach (var (key, element) in elements)
                {
                    Bytes += 2 * RowWeight.Member + RowWeight.Of(key.Value);
                    HasMutable |= !ValueLeaf.IsImmutable(key.Value);
                    Add(element, depth + 1);
                }
                break;
            default:
                Bytes += RowWeight.Member;
                HasMutable = true; // somebody's own kind of value: its text is taken now
                break;
        }
    }
}
