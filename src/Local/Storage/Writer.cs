using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Braintrust.Logging.Local.Storage;

/// <summary>
/// The one writer: a thread that does what it is given in the order given. Work that waits is committed together, which is what makes many small requests
/// as fast as a few large ones; a piece that fails is undone alone. A task is done when its work is on the disk, not before.
/// </summary>
sealed class Writer : IDisposable
{
    const int MostAtOnce = 256;
    const int LargestKept = 1024 * 1024;

    readonly BlockingCollection<Job> _jobs = [];
    readonly SqliteConnection _connection;
    readonly Dictionary<string, SqliteCommand> _prepared = [];
    readonly Thread _thread;

    public Writer(Database database)
    {
        _connection = database.Connect();
        _thread = new Thread(Work) { IsBackground = true, Name = "braintrust-local writer" };
        _thread.Start();
    }

    public Task<T> RunAsync<T>(Func<Writer, T> work)
    {
        var job = new Job<T>(work);
        try
        {
            _jobs.Add(job);
        }
        catch (InvalidOperationException)
        {
            return Task.FromException<T>(new ObjectDisposedException(nameof(Writer)));
        }
        return job.Done;
    }

    /// <summary>Runs a statement that stays prepared. Only from inside the work.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> arguments)
    {
        foreach (var argument in arguments)
            if (argument is byte[] { Length: > LargestKept } or string { Length: > LargestKept })
            {
                // One that stays prepared holds on to its values until it runs again.
                using var once = Sql.Command(_connection, sql);
                Sql.Bind(once, arguments);
                return once.ExecuteNonQuery();
            }
        return Prepared(sql, arguments).ExecuteNonQuery();
    }

    /// <summary>The first row of a statement that stays prepared, or default.</summary>
    public T? First<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> arguments)
    {
        using var reader = Prepared(sql, arguments).ExecuteReader();
        return reader.Read() ? read(reader) : default;
    }

    public List<T> All<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> arguments)
    {
        using var reader = Prepared(sql, arguments).ExecuteReader();
        var all = new List<T>();
        while (reader.Read())
            all.Add(read(reader));
        return all;
    }

    public void Dispose()
    {
        if (_jobs.IsAddingCompleted)
            return;
        _jobs.CompleteAdding();
        _thread.Join();
        foreach (var command in _prepared.Values)
            command.Dispose();
        _connection.Dispose();
    }

    SqliteCommand Prepared(string sql, ReadOnlySpan<object?> arguments)
    {
        if (!_prepared.TryGetValue(sql, out var command))
            _prepared.Add(sql, command = Sql.Command(_connection, sql));
        Sql.Bind(command, arguments);
        return command;
    }

    void Work()
    {
        var together = new List<Job>();
        foreach (var first in _jobs.GetConsumingEnumerable())
        {
            together.Clear();
            together.Add(first);
            while (together.Count < MostAtOnce && _jobs.TryTake(out var next))
                together.Add(next);
            Commit(together);
        }
    }

    void Commit(List<Job> together)
    {
        try
        {
            Execute("begin immediate");
            foreach (var job in together)
                RunAlone(job);
            Execute("commit");
        }
        catch (Exception e)
        {
            Undo();
            together.ForEach(job => job.Fail(e));
            return;
        }
        together.ForEach(job => job.Complete());
    }

    void RunAlone(Job job)
    {
        Execute("savepoint job");
        try
        {
            job.Run(this);
        }
        catch (Exception e)
        {
            job.Fail(e);
            // Some failures, a full disk among them, end the transaction, and with it what the others did.
            if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) != 0)
                throw;
            Execute("rollback to job");
        }
        Execute("release job");
    }

    void Undo()
    {
        try
        {
            Execute("rollback");
        }
        catch (SqliteException)
        {
            // Some failures, a full disk among them, have ended the transaction already.
        }
    }

    abstract class Job
    {
        public abstract void Run(Writer writer);
        public abstract void Complete();
        public abstract void Fail(Exception error);
    }

    sealed class Job<T>(Func<Writer, T> given) : Job
    {
        // Continuations elsewhere: the thread belongs to the next job.
        readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Func<Writer, T>? _work = given;
        T? _result;

        public Task<T> Done => _done.Task;

        public override void Run(Writer writer)
        {
            // It may hold a large file, and the thread holds the last job until the next comes.
            var work = _work!;
            _work = null;
            _result = work(writer);
        }

        public override void Complete() => _done.TrySetResult(_result!);
        public override void Fail(Exception error) => _done.TrySetException(error);
    }
}
