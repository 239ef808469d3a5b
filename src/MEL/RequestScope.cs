using Braintrust.Extensions.Logging.Reading;
using Braintrust.Logging;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Logging;

namespace Braintrust.Extensions.Logging;

/// <summary>
/// ASP.NET Core's scope of one HTTP request, in the end named <c>GET /orders/{id}</c>. It knows only the path. Hosting's own first event knows the method, if it is let through; method,
/// route and status come with the measurement of the request, just before the scope ends (<see cref="RequestMeasurements"/>).
/// </summary>
static class RequestScope
{
    const int RequestStarting = 1;
    const int RequestFinished = 2;
    const string StatusCode = "StatusCode"; // as hosting names it
    const string OtherMethod = "HTTP"; // what OpenTelemetry's conventions call one that HTTP does not define

    public static IDisposable? Begin(BraintrustLoggerProvider provider, string category, Property[] properties)
    {
        var path = Text(properties, "RequestPath") is { Length: > 0 } given ? ValueMarks.Cut(given, ValueLimits.NameChars) : "/";
        return provider.Open(path, category, properties);
    }

    /// <summary>Takes the method from hosting's event that a request starts, and the status from the one that it has finished.</summary>
    public static void Learn(FrontEnd frontEnd, EventId eventId, Property[] properties)
    {
        if (eventId.Id == RequestStarting && Text(properties, "Method") is { Length: > 0 } method && Innermost(frontEnd) is { } begun)
        {
            Name(begun, method, route: null);
        }
        if (eventId.Id == RequestFinished && Value(properties, StatusCode) is int status && Innermost(frontEnd) is { } ending)
        {
            Answer(ending, status);
        }
    }

    /// <summary>Takes what hosting's measurement of the request says, in OpenTelemetry's names.</summary>
    public static void Learn(FrontEnd frontEnd, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (Innermost(frontEnd) is not { } span)
        {
            return;
        }
        string? method = null, route = null;
        foreach (var (name, value) in tags)
        {
            switch (name)
            {
                case "http.request.method":
                    method = value as string;
                    break;
                case "http.route":
                    route = value as string;
                    break;
                case "http.response.status_code" when value is int status:
                    Answer(span, status);
                    break;
            }
        }
        if (method is not null)
        {
            Name(span, method == "_OTHER" ? OtherMethod : method, route);
        }
    }

    /// <summary>ASP.NET Core itself says that the request failed: then its span shows as failed, and not only the event.</summary>
    public static void Fail(FrontEnd frontEnd, Exception exception) => Innermost(frontEnd)?.Log(error: exception);

    /// <summary>Unless the application has given it a name of its own. A method that only hosting's event knows stays.</summary>
    static void Name(BraintrustSpan span, string method, string? route)
    {
        var (path, name) = (span.Begun.Name, span.Name);
        if (path is null || name is null)
        {
            return;
        }
        if (name != path)
        {
            var known = name.EndsWith(" " + path, StringComparison.Ordinal) ? name[..^(path.Length + 1)] : "";
            if (method == OtherMethod && known.Length > 0 && known.All(char.IsAsciiLetterUpper))
            {
                method = known;
            }
            else if (!known.Equals(method, StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }
        span.SetAttributes(name: $"{method} {TargetOf(route) ?? path}");
    }

    /// <summary>Null: no route, or a conventional one, which tells none of the actions that share it from the others.</summary>
    static string? TargetOf(string? route)
    {
        if (route is null || route.Contains("{controller", StringComparison.OrdinalIgnoreCase) || route.Contains("{action", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        return ValueMarks.Cut(route.StartsWith('/') ? route : "/" + route, ValueLimits.NameChars); // controllers and pages have theirs without the slash
    }

    static void Answer(BraintrustSpan span, int status) => span.Log(metadata: new Dictionary<string, object?> { [StatusCode] = status });

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
