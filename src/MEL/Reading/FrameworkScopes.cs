namespace Braintrust.Extensions.Logging.Reading;

enum ScopeKind
{
    /// <summary>A unit of work: a span.</summary>
    Work,
    /// <summary>The hosting scope of one HTTP request: its trace's root.</summary>
    Request,
    /// <summary>Lives as long as a connection, across many requests: what it knows enriches the rows below.</summary>
    Connection,
    /// <summary>Adds nothing.</summary>
    Unspoken,
}

/// <summary>The scopes of ASP.NET Core that are no ordinary work. Their types are internal, so names have to do.</summary>
static class FrameworkScopes
{
    public const string HostingCategory = "Microsoft.AspNetCore.Hosting.Diagnostics";

    const string Framework = "Microsoft.AspNetCore.";

    public static bool IsFramework(string category) => category.StartsWith(Framework, StringComparison.Ordinal);

    public static ScopeKind KindOf(string category, object? state)
    {
        var type = state?.GetType();
        if (type?.Namespace is not { } home || !IsFramework(home + "."))
        {
            return ScopeKind.Work;
        }
        if (category == HostingCategory && type.Name == "HostingLogScope")
        {
            return ScopeKind.Request;
        }
        if (type.Name != "ConnectionLogScope")
        {
            return ScopeKind.Work;
        }

        // SignalR's scope begins with the connection's token, which lets its bearer join the connection; the id comes later.
        return home.StartsWith("Microsoft.AspNetCore.Http.Connections", StringComparison.Ordinal) ? ScopeKind.Unspoken : ScopeKind.Connection;
    }
}
