using System.Text.Json.Nodes;
using Braintrust.Logging.Testing;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Braintrust.Logging.Tests.Parity;

/// <summary>Makes the same call through Serilog and through ILogger and gives the two stored rows.</summary>
static class BothFrontEnds
{
    const string Category = "Shop.Checkout";

    public static async Task<(JsonObject Serilog, JsonObject Mel)> LogAsync(
        EventsAs eventsAs, LogLevel level, EventId id, Exception? error, string template, params object?[] arguments)
    {
        await using var braintrust = new InMemoryBraintrust();

        await using (var serilog = new LoggerConfiguration().MinimumLevel.Verbose().Destructure.Braintrust().WriteTo.Braintrust(braintrust.Client, eventsAs: eventsAs).CreateLogger())
        {
            var log = serilog.ForContext(Constants.SourceContextPropertyName, Category);
            if (id != default)
            {
                log = log.ForContext("EventId", new { id.Id, id.Name }, destructureObjects: true); // as Serilog.Extensions.Logging writes it
            }
            log.Write(Level(level), error, template, arguments);
        }
        using (var factory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddBraintrust(options =>
        {
            options.Client = braintrust.Client;
            options.EventsAs = eventsAs;
        })))
        {
            factory.CreateLogger(Category).Log(level, id, error, template, arguments);
        }
        await braintrust.ShouldHaveLostNothingAsync();

        var rows = await braintrust.RowsAsync();
        return (rows.Single(row => Instrumentation(row) == "serilog"), rows.Single(row => Instrumentation(row) != "serilog"));
    }

    /// <summary>
    /// The row without what differs by nature: ids, times, counters, which front end wrote it; and where an argument is an object or a
    /// collection, the text that each framework makes of it.
    /// </summary>
    public static string Comparable(JsonObject row, object?[] arguments)
    {
        var copy = (JsonObject)row.DeepClone();
        if (arguments.Any(argument => argument is not (null or string) && Type.GetTypeCode(argument.GetType()) == TypeCode.Object && argument is not (TimeSpan or Guid)))
        {
            if (copy["output"] is JsonValue)
            {
                copy["output"] = "a text";
            }
            foreach (var parameter in copy["metadata"]!.AsObject().Select(member => member.Key).Where(key => key.StartsWith("braintrust.template.parameter.", StringComparison.Ordinal)).ToList())
            {
                copy["metadata"]![parameter] = "a text";
            }
        }
        foreach (var name in new[] { "id", "span_id", "root_span_id", "created", "context" })
        {
            Assert.True(copy.Remove(name), $"There is no {name}.");
        }
        var metrics = copy["metrics"]!.AsObject();
        metrics["duration"] = Math.Round((double)metrics["end"]! - (double)metrics["start"]!, 3);
        metrics.Remove("start");
        metrics.Remove("end");
        copy["span_attributes"]!.AsObject().Remove("exec_counter");
        return Sorted(copy);
    }

    static string? Instrumentation(JsonObject row) => (string?)row["context"]!["span_origin"]!["instrumentation"]!["name"];

    static LogEventLevel Level(LogLevel level) => (LogEventLevel)(int)level;

    static string Sorted(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject map => "{" + string.Join(", ", map.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}: {Sorted(member.Value)}")) + "}",
        JsonArray list => "[" + string.Join(", ", list.Select(Sorted)) + "]",
        _ => node.ToJsonString(),
    };
}
