namespace Braintrust.Logging.Local.Storage;

/// <summary>All that is stored, in one database.</summary>
sealed class LocalStore : IDisposable
{
    public const string OrganizationId = "10ca1000-0000-4000-8000-000000000001";

    readonly Database _database;
    readonly Writer _writer;

    // A path of null keeps everything in memory. Who only reads tells nobody, and leaves a damaged file to the server.
    public LocalStore(string? path, TimeProvider clock, Action<string>? tell = null)
    {
        _database = path is null ? Database.InMemory() : Database.OpenFile(path, clock, tell);
        _writer = new Writer(_database);
        Removal = new Removal(_writer);
        Projects = new ProjectStore(_database, _writer, Removal, OrganizationId, clock);
        Rows = new RowStore(_database, _writer, clock);
        Traces = new TraceStore(_database, _writer);
        Blobs = new BlobStore(_database, _writer, clock);
    }

    public ProjectStore Projects { get; }
    public RowStore Rows { get; }
    public TraceStore Traces { get; }
    public BlobStore Blobs { get; }
    public Removal Removal { get; }

    public Retention Retention(TimeProvider clock, long maxBytes, TimeSpan? maxAge, Action<string> tell, Action<IReadOnlyList<TraceKey>> changed) =>
        new(_writer, Removal, clock, _database.IsFile ? maxBytes : Math.Min(maxBytes, Database.MostBytesInMemory / 10 * 9), maxAge, tell, changed);

    public void Dispose()
    {
        _writer.Dispose();
        _database.Dispose();
    }
}
