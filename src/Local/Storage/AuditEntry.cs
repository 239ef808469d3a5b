using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Storage;

/// <summary>Who changed a row, when the change said so. Kept beside the row: it is not part of it.</summary>
sealed record AuditEntry(string RowId, string Transaction, string? Source, JsonNode? Metadata)
{
    public static AuditEntry? Of(JsonObject row, string transaction) =>
        row.ContainsKey("_audit_source") || row.ContainsKey("_audit_metadata")
            ? new AuditEntry(RowMerge.IdOf(row), transaction, row["_audit_source"]?.GetValue<string>(), row["_audit_metadata"]?.DeepClone())
            : null;
}
