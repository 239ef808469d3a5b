using System.Text;

namespace Braintrust.Logging.Local.Storage;

/// <summary>Which traces of a project are wanted. What is not said does not matter.</summary>
sealed record TraceFilter
{
    public const int MostAtOnce = 500;

    /// <summary>Stands in some value or metadata key of some row or of a comment on it, in any case of letters.</summary>
    public string? Text { get; init; }
    public string? Tag { get; init; }
    public string? Model { get; init; }
    public string? Score { get; init; }
    public double? ScoreAtLeast { get; init; }
    public double? ScoreAtMost { get; init; }
    public bool ErrorsOnly { get; init; }
    public bool RunningOnly { get; init; }

    /// <summary>Unix seconds, of the trace's start.</summary>
    public double? Since { get; init; }
    public double? Until { get; init; }

    /// <summary>The last trace of the page before this one.</summary>
    public (double Start, string Trace)? After { get; init; }
    public int Limit { get; init; } = 100;

    /// <summary>The condition, all but the text, and what its parameters stand for.</summary>
    public (string Sql, object?[] Arguments) Where(string project)
    {
        var sql = new StringBuilder("project = $1");
        var arguments = new List<object?> { project };
        string Parameter(object value)
        {
            arguments.Add(value);
            return $"${arguments.Count}";
        }

        if (ErrorsOnly)
            sql.Append(" and errors > 0");
        if (RunningOnly)
            sql.Append(" and running > 0");
        if (Since is { } since)
            sql.Append($" and start >= {Parameter(since)}");
        if (Until is { } until)
            sql.Append($" and start < {Parameter(until)}");
        if (After is { } after)
            sql.Append($" and (start, trace) < ({Parameter(after.Start)}, {Parameter(after.Trace)})");
        if (Tag is { } tag)
            sql.Append($" and tags is not null and exists (select 1 from json_each(tags) where value = {Parameter(tag)})");
        if (Model is { } model)
            sql.Append($" and models is not null and exists (select 1 from json_each(models) where value = {Parameter(model)})");
        if (Score is { } score)
        {
            sql.Append($" and scores is not null and exists (select 1 from json_each(scores) where key = {Parameter(score)}");
            if (ScoreAtLeast is { } least)
                sql.Append($" and value >= {Parameter(least)}");
            if (ScoreAtMost is { } most)
                sql.Append($" and value <= {Parameter(most)}");
            sql.Append(')');
        }
        return (sql.ToString(), [.. arguments]);
    }
}
