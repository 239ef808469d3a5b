using System.Diagnostics.CodeAnalysis;
using Braintrust.Logging.Rows;
using Serilog.Core;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>
/// Captures the objects of libraries that call models without what they keep for themselves: the provider's own objects and code, which Serilog would walk through. OpenAI holds the
/// arguments of tools as bytes, of which Serilog would capture the number: they are text.
/// </summary>
sealed class ChatDestructuring : IDestructuringPolicy
{
    public bool TryDestructure(object value, ILogEventPropertyValueFactory propertyValueFactory, [NotNullWhen(true)] out LogEventPropertyValue? result)
    {
        result = ChatObject.Of(value) is { } it
            ? new StructureValue(it.Members().Select(member => new LogEventProperty(member.Name, propertyValueFactory.CreatePropertyValue(member.Value, destructureObjects: true))), it.Name)
            : ChatObject.IsBinaryText(value) ? new ScalarValue(ValueText.Of(value))
            : null;
        return result is not null;
    }
}
