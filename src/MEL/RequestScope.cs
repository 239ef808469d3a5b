using System.Diagnostics;
using Braintrust.Extensions.Logging.Reading;
using Braintrust.Logging;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Logging;

namespace Braintrust.Extensions.Logging;

/// <summary>
/// ASP.NET Core's scope of one HTTP request, named <c>GET /path</c>. It knows only the path. The method is in the activity's tags if somebody
/// writes them (OpenTelemetry's instrumentation, when the request begins or when it ends), and in hosting's own first event unless it is filtered out.
/// </summary>
sealed class RequestScope : IDisposable
{
    const int RequestStarting = 1;
    const int RequestFinished = 2;
    const string StatusCode = "StatusCode"; // as hosting names it

    readonly BraintrustSpan _span;
    readonly Activity? _activity;

    RequestScope(BraintrustSpan span, Activity? activity)
    {
        _span = span;
        _activity = activity;
    }

    public static IDisposable? Begin(BraintrustLoggerProvider provider, string category, Property[] properties)
    {
        var path = Text(properties, "RequestPath") is { Length: > 0 } given ? ValueMarks.Cut(given, ValueLimits.NameChars) : "/";
        var activity = Activity.Current;
        var method = MethodOf(activity);
        return provider.Open(method is null ? path : $"{method} {path}", category, properties) is { } span ? new RequestScope(span, activity) : null;
    }

    /// <summary>Takes the method from hosting's event that a request starts, and the status from the one that it has finished.</summary>
    public static void Learn(FrontEnd frontEnd, EventId eventId, Property[] properties)
    {
        if (eventId.Id == RequestStarting && Text(properties, "Method") is { Length: > 0 } method && Innermost(frontEnd) is { } begun)
        {
            Name(begun, method);
        }
        if (eventId.Id == RequestFinished && Value(properties, StatusCode) is int status && Innermost(frontEnd) is { } ending)
        {
            ending.Log(metadata: new Dictionary<string, object?> { [StatusCode] = status });
        }
    }

    /// <summary>ASP.NET Core itself says that the request failed: then its span shows as failed, and not only the event.</summary>
    public static void Fail(FrontEnd frontEnd, Exception exception) => Innermost(frontEnd)?.Log(error: exception);

    /// <summary>By now the request's activity has stopped, and has all the tags it will ever have.</summary>
    public void Dispose()
    {
        if (!_span.IsClosed && MethodOf(_activity) is { } method)
        {
            Name(_span, method);
        }
        _span.Dispose();
    }

    static void Name(BraintrustSpan span, string method)
    {
        if (span.Begun.Name.StartsWith('/'))
        {
            span.SetAttributes(name: $"{method} {span.Begun.Name}");
        }
    }

    static BraintrustSpan? Innermost(FrontEnd frontEnd)
    {
        for (var node = Ambient.Current; node is not null; node = node.Outer)
        {
            if (node is BraintrustSpan { IsClosed: false, Begun.LoggerName: FrameworkScopes.HostingCategory } span && ReferenceEquals(span.FrontEnd, frontEnd))
            {
                return span;
            }
        }
        return null;
    }

    static string? MethodOf(Activity? activity) => (activity?.GetTagItem("http.request.method") ?? activity?.GetTagItem("http.method")) as string;

    static string? Text(Property[] properties, string name) => Value(properties, name) as string;

    static object? Value(Property[] properties, string name)
    {
        foreach (var property in properties)
        {
            if (property.Name == name)
            {
                return property.Value;
            }
        }
        return null;
    }
}
