using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Storage;

readonly record struct RowKey(string ProjectId, string Id);

/// <summary>Rows by key, in the order of first arrival. It knows nothing of merging: this is the part that a database takes over.</summary>
sealed class RowTable
{
    readonly OrderedDictionary<RowKey, JsonObject> _rows = [];

    public JsonObject? Find(RowKey key) => _rows.GetValueOrDefault(key);

    /// <summary>Stores the row under the key; null removes it.</summary>
    public void Put(RowKey key, JsonObject? row)
    {
        if (row is null)
            _rows.Remove(key);
        else
            _rows[key] = row;
    }

    public IEnumerable<JsonObject> Where(Func<RowKey, bool> wanted) => _rows.Where(it => wanted(it.Key)).Select(it => it.Value);
}
