using Braintrust.Logging.Session;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// Rows in memory that wait for earlier ones on disk: all of a project that may not be sent to, or others of their id on a disk that cannot be read. They leave in their order, past those of projects
/// whose rows stay on disk. The loop's own.
/// </summary>
/// <param name="isDeferring">Whether a project's rows stay on disk for now.</param>
sealed class LateRows(Func<ProjectKey, bool> isDeferring)
{
    readonly Dictionary<ProjectKey, Waiting> _projects = [];

    // Whose turn it is, by their first rows. A project whose rows stay on disk loses its turn when it comes, and gets one again when they stay no longer.
    readonly PriorityQueue<Waiting, long> _turns = new();
    long _added;

    public bool AreNone => _projects.Count == 0;

    /// <summary>When the oldest was accepted; <see cref="long.MaxValue"/>: there is none.</summary>
    public long FirstAt
    {
        get
        {
            var first = long.MaxValue;
            foreach (var waiting in _projects.Values)
            {
                first = Math.Min(first, waiting.Rows.Peek().AcceptedAt);
            }
            return first;
        }
    }

    /// <param name="row">What waits.</param>
    /// <param name="epoch">The flush that counts it.</param>
    /// <param name="after">The last row on disk that came before.</param>
    public void Add(in MemoryRow row, Epoch epoch, long after)
    {
        var project = row.Entry.Logger.Key;
        if (!_projects.TryGetValue(project, out var waiting))
        {
            _projects.Add(project, waiting = new Waiting(project));
        }
        waiting.Rows.Enqueue(new LateRow(row, epoch, after, _added++));
        TakeTurn(waiting);
    }

    /// <summary>A project's rows stay on disk no longer.</summary>
    public void Resume(ProjectKey project)
    {
        if (_projects.TryGetValue(project, out var waiting))
        {
            TakeTurn(waiting);
        }
    }

    /// <summary>Takes the next row that waits no longer.</summary>
    /// <param name="before">What is read from disk next, and may be a later one of the same id.</param>
    /// <param name="row">The row.</param>
    public bool TryTake(long before, out LateRow row)
    {
        while (_turns.TryPeek(out var waiting, out var order))
        {
            if (!waiting.Rows.TryPeek(out row) || isDeferring(waiting.Project))
            {
                _turns.Dequeue();
                waiting.HasTurn = false;
            }
            else if (row.Order != order)
            {
                _turns.DequeueEnqueue(waiting, row.Order); // those before it were too old
            }
            else if (row.After >= before)
            {
                return false; // and so it is with all that came later
            }
            else
            {
                _turns.Dequeue();
                waiting.HasTurn = false;
                Remove(waiting);
                return true;
            }
        }
        row = default;
        return false;
    }

    /// <summary>Takes out those that were accepted then or before.</summary>
    /// <param name="timestamp">On the monotonic clock.</param>
    /// <param name="mayGo">Whether a project's rows may be sent now: these stay.</param>
    public IReadOnlyList<LateRow> TakeOld(long timestamp, Func<ProjectKey, bool> mayGo)
    {
        List<LateRow>? old = null;
        foreach (var waiting in _projects.Values)
        {
            if (waiting.Rows.Peek().AcceptedAt > timestamp || mayGo(waiting.Project))
            {
                continue;
            }
            while (waiting.Rows.TryPeek(out var row) && row.AcceptedAt <= timestamp)
            {
                (old ??= []).Add(row);
                Remove(waiting); // allowed while enumerating
            }
        }
        return old ?? [];
    }

    void TakeTurn(Waiting waiting)
    {
        if (!waiting.HasTurn)
        {
            _turns.Enqueue(waiting, waiting.Rows.Peek().Order);
            waiting.HasTurn = true;
        }
    }

    void Remove(Waiting waiting)
    {
        waiting.Rows.Dequeue();
        if (waiting.Rows.Count == 0)
        {
            _projects.Remove(waiting.Project);
        }
        else
        {
            TakeTurn(waiting);
        }
    }

    sealed class Waiting(ProjectKey project)
    {
        public ProjectKey Project { get; } = project;

        public Queue<LateRow> Rows { get; } = new();

        public bool HasTurn { get; set; }
    }
}

/// <param name="Row">What waits.</param>
/// <param name="Epoch">The flush that counts it.</param>
/// <param name="After">The last row on disk that came before.</param>
/// <param name="Order">Its place among those that wait.</param>
readonly record struct LateRow(MemoryRow Row, Epoch Epoch, long After, long Order)
{
    public long AcceptedAt => Row.Entry.AcceptedAt;
}
