using Braintrust.Logging.Rows;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>Walks values once on the caller's thread: about how long they are as JSON, and whether one could still change.</summary>
struct PropertySize
{
    const int Rest = 32;

    public long Bytes;
    public bool HasMutable;

    public void Add(string name, LogEventPropertyValue value)
    {
        Bytes += name.Length + 4;
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
                Bytes += Values.EstimateBytes(scalar.Value);
                HasMutable |= !ValueLeaf.IsImmutable(scalar.Value);
                break;
            case StructureValue structure:
                for (var i = 0; i < Math.Min(structure.Properties.Count, ValueLimits.Items); i++)
                {
                    Bytes += structure.Properties[i].Name.Length + 4;
                    Add(structure.Properties[i].Value, depth + 1);
                }
                break;
            case SequenceValue sequence:
                for (var i = 0; i < Math.Min(sequence.Elements.Count, ValueLimits.Items); i++)
                {
                    Bytes++;
                    Add(sequence.Elements[i], depth + 1);
                }
                break;
            case DictionaryValue { Elements: Dictionary<ScalarValue, LogEventPropertyValue> elements }:
                foreach (var (key, element) in elements)
                {
                    Bytes += Values.EstimateBytes(key.Value) + 2;
                    HasMutable |= !ValueLeaf.IsImmutable(key.Value);
                    Add(element, depth + 1);
                }
                break;
            default:
                Bytes += Rest;
                HasMutable = true; // somebody's own kind of value: its text is taken now
                break;
        }
    }
}
