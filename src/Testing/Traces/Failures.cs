namespace Braintrust.Logging.Testing.Traces;

/// <summary>How a failed assertion reads: what was expected, what was found, and everything that was logged.</summary>
static class Failures
{
    public static BraintrustAssertionException Of(string expected, string found, params IReadOnlyList<LoggedTrace> traces) =>
        new($"Expected {expected},\nbut found {found}.\n\n{Show(traces)}");

    static string Show(IReadOnlyList<LoggedTrace> traces) => traces.Count == 0
        ? "Nothing was logged."
        : string.Join("\n\n", traces.Select(static trace => $"Trace in project {Json.Write(trace.Project)}:\n\n{trace.ToSnapshot()}"));
}
