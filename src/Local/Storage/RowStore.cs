using System.Globalization;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Storage;

/// <summary>
/// The stored rows, kept up to date as the service does (<see cref="RowMerge"/>). A comment is a row of its own and stays one, so that a repeated
/// delivery does not double it. What is read is a copy.
/// </summary>
sealed class RowStore
{
    // Guards all below. Rows in the table are never changed, only replaced.
    readonly Lock _lock = new();
    readonly RowTable _table = new();
    readonly List<AuditEntry> _audit = [];
    long _transaction = 1_000_000_000_000_000_000;

    /// <summary>Stores the rows of one body, all or none visible to a reader, and returns the transaction's number.</summary>
    public string Apply(IReadOnlyList<JsonObject> rows)
    {
        lock (_lock)
        {
            var transaction = (++_transaction).ToString(CultureInfo.InvariantCulture);
            foreach (var row in rows)
            {
                var key = new RowKey(row["project_id"]!.GetValue<string>(), RowMerge.IdOf(row));
                _table.Put(key, RowMerge.Apply(_table.Find(key), row));
                if (AuditEntry.Of(row, transaction) is { } entry)
                    _audit.Add(entry);
            }
            return transaction;
        }
    }

    public IReadOnlyList<JsonObject> OfProject(string projectId)
    {
        lock (_lock)
            return Copies(_table.Where(key => key.ProjectId == projectId));
    }

    /// <summary>The rows of a trace, and the comments on them.</summary>
    public IReadOnlyList<JsonObject> OfTrace(string rootSpanId)
    {
        lock (_lock)
        {
            var rows = _table.Where(_ => true).Where(row => Text(row["root_span_id"]) == rootSpanId).ToList();
            var ids = rows.Select(RowMerge.IdOf).ToHashSet();
            rows.AddRange(_table.Where(_ => true).Where(row => RowMerge.CommentedId(row) is { } id && ids.Contains(id)));
            return Copies(rows);
        }
    }

    public int CountOfProject(string projectId)
    {
        lock (_lock)
            return _table.Where(key => key.ProjectId == projectId).Count();
    }

    public IReadOnlyList<AuditEntry> Audit(string rowId)
    {
        lock (_lock)
            return [.. _audit.Where(entry => entry.RowId == rowId)];
    }

    static string? Text(JsonNode? value) => value is JsonValue it && it.TryGetValue(out string? text) ? text : null;

    static List<JsonObject> Copies(IEnumerable<JsonObject> rows) => [.. rows.Select(row => (JsonObject)row.DeepClone())];
}
