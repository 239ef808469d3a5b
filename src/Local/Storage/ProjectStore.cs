namespace Braintrust.Logging.Local.Storage;

sealed record Project(string Id, string OrganizationId, string Name, DateTimeOffset Created);

/// <summary>The projects, by name and by id. Names are compared as given, as the SDKs do.</summary>
sealed class ProjectStore(string organizationId, TimeProvider clock)
{
    readonly Lock _lock = new();
    readonly List<Project> _projects = [];

    public Project Register(string name, out bool foundExisting)
    {
        lock (_lock)
        {
            var project = _projects.Find(it => it.Name == name);
            foundExisting = project is not null;
            if (project is null)
                _projects.Add(project = new Project(Guid.NewGuid().ToString(), organizationId, name, clock.GetUtcNow()));
            return project;
        }
    }

    public Project? FindById(string id)
    {
        lock (_lock)
            return _projects.Find(it => it.Id == id);
    }

    public Project? Find(string nameOrId)
    {
        lock (_lock)
            return _projects.Find(it => it.Name == nameOrId) ?? _projects.Find(it => it.Id == nameOrId);
    }

    public IReadOnlyList<Project> All()
    {
        lock (_lock)
            return [.. _projects];
    }
}
