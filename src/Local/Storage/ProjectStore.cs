using System.Globalization;

namespace Braintrust.Logging.Local.Storage;

sealed record Project(string Id, string OrganizationId, string Name, DateTimeOffset Created);

/// <summary>The projects, by name and by id. Names are compared as given, as the SDKs do. They are few, so all are at hand.</summary>
sealed class ProjectStore
{
    readonly Lock _lock = new();
    readonly List<Project> _projects;
    readonly Writer _writer;
    readonly string _organizationId;
    readonly TimeProvider _clock;

    public ProjectStore(Database database, Writer writer, string organizationId, TimeProvider clock)
    {
        (_writer, _organizationId, _clock) = (writer, organizationId, clock);
        using var connection = database.Connect();
        _projects =
        [
            .. Sql.Query(connection, "select id, name, created from project order by created")
                .Select(row => new Project(row.GetString(0), organizationId, row.GetString(1), DateTimeOffset.Parse(row.GetString(2), CultureInfo.InvariantCulture))),
        ];
    }

    /// <param name="name">As given when logging.</param>
    /// <param name="id">The id that a new one gets, if it matters.</param>
    public async Task<(Project Project, bool FoundExisting)> RegisterAsync(string name, string? id = null)
    {
        if (FindByName(name) is { } known)
            return (known, true);
        // The database decides between two who come at once; the id of the one that was first is kept.
        var created = _clock.GetUtcNow();
        var kept = await _writer.RunAsync(it =>
        {
            it.Execute("insert into project (id, name, created) values ($1, $2, $3) on conflict do nothing", id ?? Guid.NewGuid().ToString(), name, created.ToString("O", CultureInfo.InvariantCulture));
            return it.First("select id from project where name = $1", row => row.GetString(0), name)!;
        }).ConfigureAwait(false);
        lock (_lock)
        {
            if (_projects.Find(it => it.Name == name) is { } other)
                return (other, true);
            var project = new Project(kept, _organizationId, name, created);
            _projects.Add(project);
            return (project, false);
        }
    }

    public Project? FindById(string id)
    {
        lock (_lock)
            return _projects.Find(it => it.Id == id);
    }

    public Project? FindByName(string name)
    {
        lock (_lock)
            return _projects.Find(it => it.Name == name);
    }

    public Project? Find(string nameOrId) => FindByName(nameOrId) ?? FindById(nameOrId);

    public IReadOnlyList<Project> All()
    {
        lock (_lock)
            return [.. _projects];
    }
}
