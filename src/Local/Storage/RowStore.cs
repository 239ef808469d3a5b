using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;

namespace Braintrust.Logging.Local.Storage;

/// <summary>
/// The stored rows, kept up to date as the service does (<see cref="RowMerge"/>). A comment is a row of its own and stays one, so that a repeated
/// delivery does not double it. What is read is a copy.
/// </summary>
sealed class RowStore(Database database, Writer writer, TimeProvider clock)
{
    const long FirstTransaction = 1_000_000_000_000_000_000;

    /// <summary>Stores the rows of one body, all or none visible to a reader, and tells which traces they changed.</summary>
    public Task<Applied> ApplyAsync(IReadOnlyList<JsonObject> rows)
    {
        // Here and not in the work, because the writer is one and its callers are many.
        var prepared = rows.Select(row => (row, RowMerge.Replaces(row) ? Content.Of(RowMerge.Apply(null, row)!) : null)).ToList();
        return writer.RunAsync(it => Apply(it, prepared, Seconds(clock)));
    }

    /// <summary>In the order of first arrival.</summary>
    public IReadOnlyList<JsonObject> OfProject(string projectId) => Read("select body from row where project = $1 order by seq", projectId);

    /// <summary>The rows of a trace, and the comments on them: in one project, or in all.</summary>
    public IReadOnlyList<JsonObject> OfTrace(string trace, string? projectId = null) =>
    [
        .. Read("select body from row where trace = $1 and ($2 is null or project = $2) order by seq", trace, projectId),
        .. Read(
            "select c.body from row c join row r on r.project = c.project and r.id = c.commented where r.trace = $1 and ($2 is null or r.project = $2) order by c.seq", trace, projectId),
    ];

    /// <summary>The rows of a project as text, in the order of first arrival. Read piece by piece, so that neither memory nor writers suffer.</summary>
    public IEnumerable<string> Texts(string projectId)
    {
        for (var last = 0L; ;)
        {
            List<(long Seq, string Body)> piece;
            using (var connection = database.Connect())
                piece = [.. Sql.Query(connection, "select seq, body from row where seq > $2 and project = $1 order by seq limit 500", projectId, last).Select(row => (row.GetInt64(0), row.GetString(1)))];
            foreach (var (_, body) in piece)
                yield return body;
            if (piece.Count == 0)
                yield break;
            last = piece[^1].Seq;
        }
    }

    public IReadOnlyList<JsonObject> CommentsOn(string projectId, string rowId) =>
        Read("select body from row where project = $1 and commented = $2 order by seq", projectId, rowId);

    public StoredRow? Find(string projectId, string id)
    {
        using var connection = database.Connect();
        return Sql.Query(connection, "select project, id, trace, span, body from row where project = $1 and id = $2", projectId, id).Select(StoredRow.Read).FirstOrDefault();
    }

    /// <summary>A row of which only the id is known; of several, that of the project first logged to.</summary>
    public StoredRow? FindAnywhere(string id)
    {
        using var connection = database.Connect();
        return Sql.Query(connection, "select project, id, trace, span, body from row where project in (select id from project) and id = $1 order by seq limit 1", id).Select(StoredRow.Read).FirstOrDefault();
    }

    public int CountOfProject(string projectId)
    {
        using var connection = database.Connect();
        return Sql.Query(connection, "select count(*) from row where project = $1", projectId).Select(row => row.GetInt32(0)).Single();
    }

    public IReadOnlyList<AuditEntry> Audit(string projectId, string rowId)
    {
        using var connection = database.Connect();
        return
        [
            .. Sql.Query(connection, "select version, source, metadata from audit where project = $1 and row = $2 order by rowid", projectId, rowId)
                .Select(row => new AuditEntry(rowId, Transaction(row.GetInt64(0)), row.Text(1), row.Text(2) is { } metadata ? JsonNode.Parse(metadata) : null)),
        ];
    }

    static Applied Apply(Writer writer, List<(JsonObject Row, Content? Content)> rows, double now)
    {
        var version = writer.First("update counter set value = value + 1 where name = 'transaction' returning value", row => row.GetInt64(0));
        var touched = new HashSet<TraceKey>();
        foreach (var (row, content) in rows)
            Put(writer, row, content, version, now, touched);
        foreach (var project in rows.Select(it => ProjectOf(it.Row)).Distinct())
            writer.Execute("update project set removed = 0 where id = $1 and removed = 1", project);
        foreach (var (project, trace) in touched)
            writer.Execute(
                "insert into trace (project, trace, stale, updated, start) values ($1, $2, 1, $3, $3) on conflict do update set stale = 1, updated = excluded.updated",
                project, trace, now);
        return new Applied(Transaction(version), [.. touched]);
    }

    // The content is what the row will be, if that does not depend on what is stored.
    static void Put(Writer writer, JsonObject arriving, Content? content, long version, double now, HashSet<TraceKey> touched)
    {
        var (project, id) = (ProjectOf(arriving), RowMerge.IdOf(arriving));
        var (isStored, left) = writer.First("select trace from row where project = $1 and id = $2", row => (true, row.Text(0)), project, id);
        if (left is not null)
            touched.Add(new TraceKey(project, left));

        content ??= Merged(writer, project, id, arriving);
        if (content is not { Columns: { } columns })
        {
            Removal.Row(writer, project, id);
            return;
        }
        Save(writer, project, id, version, now, columns, content.Body);
        if (isStored)
            writer.Execute("delete from attachment_ref where project = $1 and row = $2", project, id);
        foreach (var key in content.Files)
            writer.Execute("insert into attachment_ref (key, project, row) values ($1, $2, $3)", key, project, id);
        if (AuditEntry.Of(arriving, "") is { } entry)
            writer.Execute(
                "insert into audit (project, row, version, source, metadata) values ($1, $2, $3, $4, $5)",
                project, id, version, entry.Source, entry.Metadata is { } it ? RowText.Write(it) : null);
        if (columns.Trace is { } trace)
            touched.Add(new TraceKey(project, trace));
        else if (writer.First("select trace from row where project = $1 and id = $2", found => found.Text(0), project, columns.Commented) is { } commented)
            touched.Add(new TraceKey(project, commented));
    }

    /// <summary>Null if the row is to go.</summary>
    static Content? Merged(Writer writer, string project, string id, JsonObject arriving)
    {
        var stored = writer.First("select body from row where project = $1 and id = $2", row => row.GetString(0), project, id);
        return RowMerge.Apply(stored is null ? null : RowText.Read(stored), arriving) is { } row ? Content.Of(row) : null;
    }

    static string ProjectOf(JsonObject row) => row["project_id"]!.GetValue<string>();

    sealed record Content(RowColumns Columns, string Body, IReadOnlyCollection<string> Files)
    {
        public static Content Of(JsonObject row)
        {
            var body = RowText.Write(row);
            return new Content(RowColumns.Of(row), body, AttachmentKeys.In(row, body));
        }
    }

    // An update keeps the row's seq, and so its place.
    const string SaveSql = """
        insert into row (project, id, version, arrived, trace, commented, span, parent, name, type, level, start, finish, counter,
            prompt, cached, completion, tokens, cost, model, tags, scores, failed, body)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
        on conflict (project, id) do update set version = $3, trace = $5, commented = $6, span = $7, parent = $8, name = $9, type = $10, level = $11,
            start = $12, finish = $13, counter = $14, prompt = $15, cached = $16, completion = $17, tokens = $18, cost = $19,
            model = $20, tags = $21, scores = $22, failed = $23, body = $24
        """;

    static void Save(Writer writer, string project, string id, long version, double now, RowColumns it, string body) => writer.Execute(
        SaveSql, project, id, version, now, it.Trace, it.Commented, it.Span, it.Parent, it.Name, it.Type, it.Level, it.Start, it.Finish, it.Counter,
        it.Prompt, it.Cached, it.Completion, it.Tokens, it.Cost, it.Model, it.Tags, it.Scores, it.Failed ? 1 : 0, body);

    List<JsonObject> Read(string sql, params object?[] arguments)
    {
        using var connection = database.Connect();
        return [.. Sql.Query(connection, sql, arguments).Select(row => RowText.Read(row.GetString(0)))];
    }

    static string Transaction(long version) => (FirstTransaction + version).ToString(CultureInfo.InvariantCulture);

    internal static double Seconds(TimeProvider clock) => (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
}

readonly record struct TraceKey(string Project, string Trace);

/// <summary>What became of a body: its transaction, and the traces that look different now.</summary>
sealed record Applied(string Transaction, IReadOnlyList<TraceKey> Touched);

sealed record StoredRow(string Project, string Id, string? Trace, string? Span, string Body)
{
    public static StoredRow Read(SqliteDataReader row) => new(row.GetString(0), row.GetString(1), row.Text(2), row.Text(3), row.GetString(4));
}
