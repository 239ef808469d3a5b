namespace Braintrust.Logging.Session;

/// <summary>Where people find a row (PROTOCOL section 21). A link works once the row has been accepted.</summary>
static class Links
{
    /// <summary>Of a span that is not sent.</summary>
    public const string OfNoRow = "https://braintrust.dev/noop-span";

    /// <param name="app">The public app URL.</param>
    /// <param name="org">The organisation's name, if it is known.</param>
    /// <param name="project">The project, as far as it is known.</param>
    /// <param name="rowId">The row's id.</param>
    public static string Row(string app, string? org, ProjectKey project, string rowId)
    {
        if (string.IsNullOrEmpty(org)) return Error("log-in-or-provide-org-name");
        var start = $"{app}/app/{Uri.EscapeDataString(org)}";
        var row = Uri.EscapeDataString(rowId);
        if (project.Id is { } id) return $"{start}/object?object_type=project_logs&object_id={Uri.EscapeDataString(id)}&id={row}";
        if (project.Name is { } name) return $"{start}/p/{Uri.EscapeDataString(name)}/logs?oid={row}";
        return Error("provide-project-name-or-id");
    }

    static string Error(string reason) => $"https://braintrust.dev/error-generating-link?msg={reason}";
}
