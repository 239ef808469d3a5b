using System.Globalization;

namespace Braintrust.Logging.Local.Storage;

sealed record Project(string Id, string OrganizationId, string Name, DateTimeOffset Created, bool IsRemoved);

/// <summary>The projects, by name and by id. Names are compared as given, as the SDKs do. They are few, so all are at hand; what is not is looked for in the file, which another server may share.</summary>
sealed class ProjectStore
{
    readonly Database _database;
    readonly Writer _writer;
    readonly Removal _removal;
    readonly string _organizationId;
    readonly TimeProvider _clock;
    List<Project> _projects = [];

    public ProjectStore(Database database, Writer writer, Removal removal, string organizationId, TimeProvider clock)
    {
        (_database, _writer, _removal, _organizationId, _clock) = (database, writer, removal, organizationId, clock);
        Read();
    }

    /// <param name="name">As given when logging.</param>
    public async Task<(Project Project, bool FoundExisting)> RegisterAsync(string name)
    {
        if (FindByName(name) is { } known)
            return (known, true);
        // The database decides between two who come at once; the id of the one that was first is kept.
        var id = Guid.NewGuid().ToString();
        var created = _clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
        await _writer.RunAsync(it => it.Execute("insert into project (id, name, created) values ($1, $2, $3) on conflict (name) do update set removed = 0 on conflict do nothing", id, name, created)).ConfigureAwait(false);
        var kept = Read().Find(it => it.Name == name)!;
        return (kept, kept.Id != id);
    }

    /// <summary>Takes it out with all that is in it, and tells how many traces that were.</summary>
    public async Task<int> RemoveAsync(Project project, CancellationToken cancellationToken = default)
    {
        var gone = await _removal.ProjectAsync(project.Id, cancellationToken).ConfigureAwait(false);
        Read();
        return gone;
    }

    /// <summary>Also one that was removed: an app that has its id may log on, which brings it back.</summary>
    public Project? FindById(string id) => Find(it => it.Id == id);

    public Project? FindByName(string name) => Find(it => it.Name == name && !it.IsRemoved);

    public Project? Find(string nameOrId) => FindByName(nameOrId) ?? Find(it => it.Id == nameOrId && !it.IsRemoved);

    public IReadOnlyList<Project> All() => Read().FindAll(it => !it.IsRemoved);

    Project? Find(Predicate<Project> wanted) => Volatile.Read(ref _projects).Find(wanted) ?? Read().Find(wanted);

    /// <summary>All as they are in the file; the list is never changed, only replaced.</summary>
    List<Project> Read()
    {
        using var connection = _database.Connect();
        List<Project> projects =
        [
            .. Sql.Query(connection, "select id, name, created, removed from project order by created")
                .Select(row => new Project(row.GetString(0), _organizationId, row.GetString(1), DateTimeOffset.Parse(row.GetString(2), CultureInfo.InvariantCulture), row.GetBoolean(3))),
        ];
        Volatile.Write(ref _projects, projects);
        return projects;
    }
}
