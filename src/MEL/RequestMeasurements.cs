using System.Diagnostics.Metrics;
using Braintrust.Logging;
using Braintrust.Logging.Rows;

namespace Braintrust.Extensions.Logging;

/// <summary>
/// Hears how long each HTTP request took. ASP.NET Core says it within the request's own flow, before its scope ends, and with it method, route and status: no other place tells the route
/// to one that does not know ASP.NET Core's types.
/// </summary>
sealed class RequestMeasurements : IDisposable
{
    readonly MeterListener _listener = new();

    public RequestMeasurements(FrontEnd frontEnd)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Name: "http.server.request.duration", Meter.Name: "Microsoft.AspNetCore.Hosting" })
            {
                listener.EnableMeasurementEvents(instrument, frontEnd);
            }
        };
        _listener.SetMeasurementEventCallback<double>(static (_, _, tags, frontEnd) => Hear((FrontEnd)frontEnd!, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    static void Hear(FrontEnd frontEnd, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            RequestScope.Learn(frontEnd, tags);
        }
        catch (Exception error) // whoever measures would get it
        {
            BraintrustDiagnostics.Warn("scope", $"A request could not be named: {error.GetType()}.", 1);
        }
    }
}
