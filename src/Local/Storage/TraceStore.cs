using Braintrust.Logging.Local.Traces;
using Microsoft.Data.Sqlite;

namespace Braintrust.Logging.Local.Storage;

/// <summary>Traces in one line each, and the rows of one trace without their contents: what a page shows before anybody looks closer.</summary>
sealed class TraceStore(Database database, Writer writer)
{
    const string SpanColumns =
        "seq, id, version, span, parent, name, type, level, start, finish, counter, prompt, cached, completion, tokens, cost, model, tags, scores, failed";

    const string HitsSql = """
        select id, body from row where trace = $2 and project = $1 and body like $3 escape '~'
        union all
        select r.id, c.body from row r join row c on c.project = r.project and c.commented = r.id where r.trace = $2 and r.project = $1 and c.body like $3 escape '~'
        """;

    /// <summary>Counts anew what has changed: before a list is read, or else it shows what was counted last.</summary>
    public Task RecountAsync(string project) => writer.RunAsync(it => Recount(it, project));

    /// <summary>The traces that the filter lets through, newest first.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits for the answer any more; only a search looks.</exception>
    public IReadOnlyList<TraceSummary> List(string project, TraceFilter filter, CancellationToken cancellationToken = default) =>
        filter.Text is null ? Page(project, filter) : [.. Search(project, filter, cancellationToken).Take(filter.Limit)];

    /// <summary>The rows of a trace that hold the text, themselves or in a comment on them.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits for the answer any more.</exception>
    public IReadOnlyList<string> Hits(string project, string trace, string text, CancellationToken cancellationToken)
    {
        using var connection = database.Connect();
        using var command = Sql.Command(connection, HitsSql);
        return [.. Hits(command, project, trace, text, cancellationToken).Distinct()];
    }

    /// <summary>Trace by trace: in memory the writer waits for who reads, and so no longer than for one trace.</summary>
    IEnumerable<TraceSummary> Search(string project, TraceFilter filter, CancellationToken cancellationToken)
    {
        using var connection = database.Connect();
        using var command = Sql.Command(connection, HitsSql);
        for (var rest = filter with { Limit = TraceFilter.MostAtOnce }; ;)
        {
            var page = Page(project, rest);
            foreach (var trace in page)
                if (Hits(command, project, trace.Trace, filter.Text!, cancellationToken).Any())
                    yield return trace;
            if (page.Count < rest.Limit || page[^1] is not { Start: { } start } last)
                yield break;
            rest = rest with { After = (start, last.Trace) };
        }
    }

    static IEnumerable<string> Hits(SqliteCommand command, string project, string trace, string text, CancellationToken cancellationToken)
    {
        Sql.Bind(command, [project, trace, TextSearch.Like(text)]);
        using var reader = command.ExecuteReader();
        // The pattern is the cheap test.
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TextSearch.Holds(reader.GetString(1), text))
                yield return reader.GetString(0);
        }
    }

    List<TraceSummary> Page(string project, TraceFilter filter)
    {
        var (where, arguments) = filter.Where(project);
        using var connection = database.Connect();
        return [.. Sql.Query(connection, $"select {TraceSummary.Columns} from trace where {where} order by start desc, trace desc limit {filter.Limit}", arguments).Select(TraceSummary.Read)];
    }

    public TraceSummary? Find(string project, string trace)
    {
        using var connection = database.Connect();
        return Sql.Query(connection, $"select {TraceSummary.Columns} from trace where project = $1 and trace = $2", project, trace).Select(TraceSummary.Read).FirstOrDefault();
    }

    /// <summary>The projects that hold rows of the trace.</summary>
    public IReadOnlyList<string> ProjectsOf(string trace)
    {
        using var connection = database.Connect();
        return [.. Sql.Query(connection, "select distinct project from row where trace = $1", trace).Select(row => row.GetString(0))];
    }

    /// <summary>The rows of a trace that changed after a version, 0 for all, in the order of their start.</summary>
    public IReadOnlyList<SpanLine> Spans(string project, string trace, long after)
    {
        using var connection = database.Connect();
        return
        [
            .. Sql.Query(connection, $"select {SpanColumns} from row where trace = $1 and project = $2 and version > $3 order by start, counter, seq", trace, project, after)
                .Select(SpanLine.Read),
        ];
    }

    /// <summary>What may be filtered by: the tags, scores and models that traces of the project have.</summary>
    public Facets FacetsOf(string project)
    {
        using var connection = database.Connect();
        return new Facets(Distinct("tags", "value"), Distinct("scores", "key"), Distinct("models", "value"));

        List<string> Distinct(string column, string what) =>
        [
            .. Sql.Query(connection, $"select distinct it.{what} from trace, json_each(trace.{column}) it where trace.project = $1 and trace.{column} is not null order by 1 limit 200", project)
                .Select(row => row.GetString(0)),
        ];
    }

    static int Recount(Writer writer, string project)
    {
        var stale = writer.All("select trace, updated from trace where project = $1 and stale = 1", row => (Trace: row.GetString(0), Updated: row.GetDouble(1)), project);
        foreach (var (trace, updated) in stale)
            Recount(writer, project, trace, updated);
        return stale.Count;
    }

    static void Recount(Writer writer, string project, string trace, double updated)
    {
        var spans = writer.All($"select {SpanColumns} from row where trace = $1 and project = $2 order by start, counter, seq", SpanLine.Read, trace, project);
        if (spans.Count == 0)
        {
            writer.Execute("delete from trace where project = $1 and trace = $2", project, trace);
            return;
        }
        var sum = TraceCount.Of(spans);
        var body = writer.First("select body from row where project = $1 and id = $2", row => row.GetString(0), project, sum.Root.Id)!;
        var (input, output) = Preview.Of(body);
        writer.Execute(
            """
            insert or replace into trace (project, trace, stale, updated, root, name, type, start, finish, rows, spans, running, errors,
                prompt, cached, completion, tokens, cost, models, tags, scores, input, output)
            values ($1, $2, 0, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
            """,
            project, trace, updated, sum.Root.Id, sum.Root.Name, sum.Root.Type, sum.Start ?? updated, sum.Finish, sum.Rows, sum.Spans, sum.Running, sum.Errors,
            sum.Prompt, sum.Cached, sum.Completion, sum.Tokens, sum.Cost, sum.Models, sum.Tags, sum.Scores, input, output);
    }
}

/// <summary>What the traces of a project can be told apart by.</summary>
sealed record Facets(IReadOnlyList<string> Tags, IReadOnlyList<string> Scores, IReadOnlyList<string> Models);

/// <summary>A row without its contents.</summary>
sealed record SpanLine(
    long Seq, string Id, long Version, string? Span, string? Parent, string? Name, string? Type, string? Level, double? Start, double? Finish, double? Counter,
    double? Prompt, double? Cached, double? Completion, double? Tokens, double? Cost, string? Model, string? Tags, string? Scores, bool Failed)
{
    /// <summary>A log row, or an event that was logged as a row of its own: it has a level, and took no time.</summary>
    public bool IsLog => Type == "log" || (Type is null && Level is not null && !(Finish > Start));

    public static SpanLine Read(SqliteDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.Text(3), row.Text(4), row.Text(5), row.Text(6), row.Text(7), row.Real(8), row.Real(9), row.Real(10),
        row.Real(11), row.Real(12), row.Real(13), row.Real(14), row.Real(15), row.Text(16), row.Text(17), row.Text(18), row.GetBoolean(19));
}
