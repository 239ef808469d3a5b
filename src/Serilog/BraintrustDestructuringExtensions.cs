using Braintrust.Logging;
using Serilog.Configuration;
using Serilog.Sinks.Braintrust;

namespace Serilog;

/// <summary>Adds <c>Destructure.Braintrust()</c>.</summary>
public static class BraintrustDestructuringExtensions
{
    /// <summary>
    /// Keeps a <see cref="BraintrustAttachment"/> whole, in <c>{Name}</c> and <c>{@Name}</c> and inside of what is destructured, so that the sink can upload it.
    /// Without this Serilog captures its name or its properties, and nothing is uploaded. Other sinks show its file name. Keeps what JSON says as well
    /// (<c>JsonElement</c>, <c>JsonNode</c>, <c>JsonDocument</c>, in <c>{@Name}</c>), of which Serilog by itself captures the names of .NET's properties only, and of the messages,
    /// answers and options of Microsoft.Extensions.AI, Agent Framework, Semantic Kernel and OpenAI what they say, without the provider's own objects.
    /// </summary>
    /// <param name="loggerDestructuringConfiguration">The configuration's <c>Destructure</c>.</param>
    /// <returns>Logger configuration, allowing configuration to continue.</returns>
    /// <exception cref="ArgumentNullException">There is no configuration.</exception>
    public static LoggerConfiguration Braintrust(this LoggerDestructuringConfiguration loggerDestructuringConfiguration)
    {
        ArgumentNullException.ThrowIfNull(loggerDestructuringConfiguration);
        return loggerDestructuringConfiguration.AsScalar<BraintrustAttachment>().Destructure.With<JsonDestructuring>().Destructure.With<ChatDestructuring>();
    }
}
