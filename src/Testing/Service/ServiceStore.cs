using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Server;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Testing.Service;

/// <summary>The projects of an account and their rows: stored, merged and refused as the service does. Whoever has it locks it.</summary>
sealed class ServiceStore
{
    readonly Dictionary<string, string> _idsByName = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _namesById = new(StringComparer.Ordinal);
    readonly Dictionary<(string Project, string Id), (long Place, JsonObject Row)> _rows = [];
    long _places;

    /// <summary>The stored rows as they are now, each with the name of its project, in the order of their first arrival.</summary>
    public IEnumerable<(string Project, JsonObject Row)> Rows => _rows.OrderBy(static stored => stored.Value.Place).Select(stored => (_namesById[stored.Key.Project], stored.Value.Row));

    /// <summary>The id of the project of that name, made if there was none.</summary>
    public string Register(string name, out bool isKnown)
    {
        isKnown = _idsByName.TryGetValue(name, out var id);
        if (!isKnown)
        {
            Add(id = Guid.NewGuid().ToString(), name);
        }
        return id!;
    }

    /// <summary>A project whose id is known already.</summary>
    public void Add(string id, string name) => (_idsByName[name], _namesById[id]) = (id, name);

    public string? NameOf(string id) => _namesById.GetValueOrDefault(id);

    /// <summary>Stores the rows of a <c>/logs3</c> body, or none of them and says why.</summary>
    /// <param name="bytes">The body.</param>
    /// <param name="accepts">Whether there is, or may be, a project of that id; one that was unknown is called by its id.</param>
    public Logs3Body Store(byte[] bytes, Func<string, bool> accepts)
    {
        var body = Logs3Body.Read(bytes, accepts);
        if (body.Refusal is null)
        {
            foreach (var row in body.Rows)
            {
                Store(row);
            }
        }
        return body;
    }

    void Store(JsonObject row)
    {
        var project = row["project_id"]!.GetValue<string>();
        if (NameOf(project) is null)
        {
            Add(project, project);
        }
        var key = (project, RowMerge.IdOf(row));
        var stored = _rows.GetValueOrDefault(key);
        if (RowMerge.Apply(stored.Row, row) is { } next)
        {
            _rows[key] = (stored.Row is null ? ++_places : stored.Place, next);
        }
        else
        {
            _rows.Remove(key);
        }
    }
}
