using Braintrust.Logging;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Snippets;

/// <summary>Model calls that a library reports as activities.</summary>
public static class ModelCalls
{
    public static IChatClient Captured(ILoggingBuilder logging, IChatClient model)
    {
        // snippet: activities
        logging.AddBraintrust(options => options.ActivitySources = BraintrustActivitySources.GenAI);

        var client = model.AsBuilder().UseOpenTelemetry(configure: telemetry => telemetry.EnableSensitiveData = true).Build();
        // end
        return client;
    }
}
