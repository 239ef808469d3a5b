using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Braintrust.Logging.Local.Storage;

/// <summary>One SQLite database: a file in WAL mode, or memory that is gone with this object. Gives out connections that are ready for use.</summary>
sealed class Database : IDisposable
{
    // Marks the file as ours: "BTLo".
    const int ApplicationId = 0x42544C6F;

    readonly string _connect;
    readonly SqliteConnection _keeper;

    Database(string connect, bool isFile)
    {
        _connect = connect;
        IsFile = isFile;
        _keeper = new SqliteConnection(connect);
    }

    /// <summary>SQLite's own bound for a database in memory, which nobody can raise.</summary>
    public const long MostBytesInMemory = 1L << 30;

    public bool IsFile { get; }

    public static Database InMemory()
    {
        // Not "Mode=Memory;Cache=Shared": connections that share a cache lock each other's tables and wait for nobody.
        var database = new Database($"Data Source=file:/{Guid.NewGuid():N}?vfs=memdb", isFile: false);
        database.Open();
        return database;
    }

    /// <summary>
    /// Opens or makes the file. One that cannot be read as a database is moved aside, told about, and a new one begun; without anybody to tell it stays where it is.
    /// </summary>
    /// <exception cref="InvalidDataException">A newer version of this library wrote the file, or it is the database of something else.</exception>
    /// <exception cref="IOException">The file cannot be opened or made, or is damaged and stays.</exception>
    public static Database OpenFile(string path, TimeProvider clock, Action<string>? tell)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        try
        {
            return OpenAt(path);
        }
        catch (SqliteException e) when (tell is not null && IsDamage(e))
        {
            var aside = $"{path}.damaged-{clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}";
            foreach (var suffix in new[] { "", "-wal", "-shm" })
                if (File.Exists(path + suffix))
                    File.Move(path + suffix, aside + suffix);
            tell($"The database {path} is damaged ({e.Message}). It was kept as {aside}, and a new one was begun.");
            return OpenAt(path);
        }
        catch (SqliteException e)
        {
            throw new IOException($"The database {path} cannot be opened: {e.Message}", e);
        }
    }

    public static bool IsDamage(SqliteException e) => e.SqliteErrorCode is 11 or 26; // SQLITE_CORRUPT, SQLITE_NOTADB

    /// <summary>A connection for one reader or for the writer. Dispose it.</summary>
    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connect);
        connection.Open();
        Configure(connection);
        return connection;
    }

    public void Dispose()
    {
        SqliteConnection.ClearPool(_keeper);
        _keeper.Dispose();
        // Twice: the keeper goes back to the pool when it is disposed.
        SqliteConnection.ClearPool(_keeper);
    }

    static Database OpenAt(string path)
    {
        var database = new Database(new SqliteConnectionStringBuilder { DataSource = path }.ConnectionString, isFile: true);
        try
        {
            database.Open();
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    void Open()
    {
        _keeper.Open();
        Configure(_keeper);
        RefuseForeign();
        if (IsFile)
        {
            Sql.Run(_keeper, "pragma journal_mode = wal");
            // Reads every page, but finds damage while it can still be set aside, and not in the middle of somebody's work.
            if (Sql.Scalar(_keeper, "pragma quick_check(1)") is string verdict && verdict != "ok")
                throw new SqliteException(verdict, 11);
        }
        Migrate();
    }

    /// <summary>Before anything is changed: what stands in a file of something else is not ours.</summary>
    void RefuseForeign()
    {
        var id = (long)Sql.Scalar(_keeper, "pragma application_id")!;
        // Until step 2 the files bore no mark.
        var isOurs = id == ApplicationId || (id == 0 && 1L.Equals(Sql.Scalar(_keeper, "select count(*) = 0 or sum(name in ('schema_version', 'row_trace', 'trace_stale')) = 3 from sqlite_schema")));
        if (!isOurs)
            throw new InvalidDataException($"{_keeper.DataSource} is the database of something else; name another file.");
    }

    void Configure(SqliteConnection connection) =>
        // Full: what was answered with 200 is on the disk, even if the power fails now.
        Sql.Run(connection, IsFile ? "pragma busy_timeout = 10000; pragma cache_size = -32768; pragma synchronous = full" : "pragma busy_timeout = 10000; pragma cache_size = -32768; pragma synchronous = off");

    void Migrate()
    {
        using var transaction = _keeper.BeginTransaction(deferred: false);
        Sql.Run(_keeper, "create table if not exists schema_version (step integer primary key, applied text not null default current_timestamp) strict", transaction);
        var done = (int)(long)Sql.Scalar(_keeper, "select count(*) from schema_version", transaction)!;
        if (done > Migrations.Steps.Count)
            throw new InvalidDataException($"A newer braintrust-local wrote {_keeper.DataSource} (step {done}; this one knows {Migrations.Steps.Count}). Update, or name another file.");
        foreach (var step in Migrations.Steps.Skip(done))
            Sql.Run(_keeper, step + "; insert into schema_version default values", transaction);
        Sql.Run(_keeper, $"pragma application_id = {ApplicationId}", transaction);
        transaction.Commit();
    }
}
