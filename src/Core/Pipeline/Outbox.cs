using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// Written rows on their way out: a batch that fills, batches that are ready, batches under way, and what is parked until its project may be
/// sent to. Sends nothing itself. Whatever moves, a row that depends on another stays behind it. The loop's own.
/// </summary>
sealed class Outbox(int rowLimit, BodyLimit bodyLimit, Func<long> now)
{
    // Beyond this many projects those with nothing to send are forgotten: a selector may name any number.
    const int LanesToKeep = 1024;

    readonly Dictionary<ProjectKey, Lane> _lanes = [];
    readonly LinkedList<Batch> _ready = new();
    readonly HashSet<Batch> _sending = [];
    readonly List<Batch> _unfitted = [];
    Batch _filling = new();
    Batch _following = new(); // rows that have to come after one that still fills: a body must not hold the same row twice
    int _tidyAt = 2 * LanesToKeep;

    public IReadOnlyCollection<Lane> Lanes => _lanes.Values;

    public int Sending => _sending.Count;

    public int Ready => _ready.Count;

    /// <summary>Something was under way once.</summary>
    public bool HasSent { get; private set; }

    public bool IsFilling => _filling.Count > 0 || _following.Count > 0;

    public int FillingRows => _filling.Count;

    /// <summary>When the filling batch got its first row.</summary>
    public long FillingSince { get; private set; }

    /// <summary>Every batch that holds rows.</summary>
    public IEnumerable<Batch> All => _sending.Concat(_ready).Append(_filling).Append(_following).Concat(Parked).Where(batch => batch.Count > 0);

    IEnumerable<Batch> Parked => _lanes.Values.SelectMany(lane => lane.Parked);

    /// <summary>About what waits in memory for its project.</summary>
    public long ParkedBytes => Parked.Sum(static batch => (long)batch.BodyBytes);

    public Lane LaneOf(BraintrustLogger logger) => LaneOf(logger.Key);

    public Lane LaneOf(ProjectKey project)
    {
        if (!_lanes.TryGetValue(project, out var lane))
        {
            _lanes.Add(project, lane = new Lane(project));
        }
        return lane;
    }

    /// <summary>Forgets projects with nothing to send, when there are many.</summary>
    public void Tidy()
    {
        if (_lanes.Count <= LanesToKeep || (_lanes.Count < _tidyAt && _sending.Count > 0))
        {
            return;
        }
        var time = now();
        foreach (var (key, lane) in _lanes)
        {
            if (lane.IsIdle(time))
            {
                _lanes.Remove(key); // allowed while enumerating
            }
        }
        _tidyAt = 2 * Math.Max(LanesToKeep, _lanes.Count);
    }

    public void Add(in PendingRow row, ReadOnlySpan<byte> text)
    {
        if (row.Lane.IsOpen)
        {
            Fill(row, text);
            return;
        }
        var parked = row.Lane.Parked;
        if (parked.Count == 0 || !HasRoom(parked[^1], row, text.Length))
        {
            if (parked.Count > 0)
            {
                parked[^1].Fit();
            }
            parked.Add(new Batch());
        }
        parked[^1].Add(row, text);
    }

    /// <summary>What fills is ready as it is.</summary>
    public void Seal()
    {
        Seal(ref _filling);
        Seal(ref _following);
    }

    void Seal(ref Batch batch)
    {
        if (batch.Count > 0)
        {
            _ready.AddLast(batch);
            _unfitted.Add(batch);
            batch = new Batch();
        }
    }

    /// <summary>What became ready and could not leave waits: it gives up what it holds beyond its rows. What leaves at once, or next, need not: its arrays are soon used again.</summary>
    public void FitWhatWaits()
    {
        _unfitted.RemoveAll(static batch => batch.IsUnderWay || batch.Count == 0);
        if (_ready.Count > 1)
        {
            foreach (var batch in _unfitted)
            {
                batch.Fit();
            }
            _unfitted.Clear();
        }
    }

    /// <summary>Takes the next batch that may go; null when none may.</summary>
    public Batch? TakeReady()
    {
        if (NextReady() is { } batch)
        {
            return batch;
        }
        if (_ready.Count == 0 || _sending.Count > 0 || IsFilling)
        {
            return null;
        }

        // Batches that were split and joined on the way may wait for each other; in the order of reading no row does.
        var tangled = _ready.ToArray();
        _ready.Clear();
        Refill(tangled);
        Seal();
        return NextReady();
    }

    Batch? NextReady()
    {
        var node = _ready.First;
        while (node is not null)
        {
            var batch = node.Value;
            if (HoldsPausedRows(batch))
            {
                _ready.Remove(node);
                SplitByLane(batch);
                node = _ready.First; // where its parts are that may go
            }
            else if (batch.IsFree)
            {
                _ready.Remove(node);
                _sending.Add(batch);
                batch.IsUnderWay = HasSent = true;
                return batch;
            }
            else
            {
                node = node.Next;
            }
        }
        return null;
    }

    /// <returns>False: nobody waits for this batch any more.</returns>
    public bool Returned(Batch batch)
    {
        batch.IsUnderWay = false;
        return _sending.Remove(batch);
    }

    /// <summary>To be sent again before others.</summary>
    public void SendAgain(Batch batch)
    {
        batch.Fit();
        _ready.AddFirst(batch);
    }

    /// <summary>To be sent again after others, which may fare better.</summary>
    public void SendLater(Batch batch)
    {
        batch.Fit();
        _ready.AddLast(batch);
    }

    /// <summary>Rows that waited for their project go where the others go.</summary>
    public void Unpark(Lane lane)
    {
        var parked = lane.Parked.ToArray();
        lane.Parked.Clear();
        Refill(parked);
    }

    /// <summary>Row by row in the order of reading, so that each comes after the one it depends on.</summary>
    void Refill(Batch[] batches)
    {
        var left = batches.ToDictionary(static batch => batch, static batch => batch.Count);
        foreach (var (batch, at) in Splits.InOrder(batches))
        {
            Fill(batch.Rows[at], batch.Text(batch.Rows[at]));
            if (--left[batch] == 0)
            {
                batch.Dispose(); // at once: all of them twice would be more than the queue may hold
            }
        }
    }

    /// <summary>Readies the first parked batch alone, to see whether the project is still refused.</summary>
    public void Probe(Lane lane)
    {
        // In turn, so that a poisoned batch cannot hold up the rest: the first that waits for nobody and has been tried least.
        var next = -1;
        for (var i = 0; i < lane.Parked.Count; i++)
        {
            if (lane.Parked[i].IsFree && (next < 0 || lane.Parked[i].Probes < lane.Parked[next].Probes))
            {
                next = i;
            }
        }
        if (next < 0)
        {
            next = PutFreeRowsApart(lane);
        }
        if (next < 0)
        {
            return;
        }
        var batch = lane.Parked[next];
        lane.Parked.RemoveAt(next);
        var (first, later) = Splits.ByDependence(batch);
        if (later is not null)
        {
            lane.Park(later);
        }
        first.Probes++;
        lane.IsProbing = true;
        _ready.AddFirst(first);
    }

    public void Halve(Batch batch)
    {
        var (first, second) = Splits.InHalves(batch);
        _ready.AddFirst(second);
        _ready.AddFirst(first);
    }

    /// <summary>A batch for each project: those that may be sent to are ready, the others wait.</summary>
    public void SplitByLane(Batch batch)
    {
        foreach (var (lane, part) in Splits.ByLane(batch))
        {
            if (lane.IsOpen)
            {
                _ready.AddFirst(part);
            }
            else
            {
                lane.Park(part);
            }
        }
    }

    /// <summary>Takes out the waiting rows that were accepted before that.</summary>
    /// <param name="timestamp">On the monotonic clock.</param>
    /// <param name="mayGo">Whether a project's rows may be sent now: these stay.</param>
    public IReadOnlyList<Batch> TakeOlderThan(long timestamp, Func<Lane, bool> mayGo)
    {
        List<Batch>? old = null;
        foreach (var batch in _ready.Concat(Parked).Where(batch => batch.Rows[0].AcceptedAt <= timestamp && !mayGo(batch.Rows[0].Lane)).ToArray())
        {
            (old ??= []).Add(batch);
            var young = batch.TakeYoungerThan(timestamp);
            if (_ready.Find(batch) is { } node)
            {
                if (young is not null)
                {
                    _ready.AddBefore(node, young);
                }
                _ready.Remove(node);
            }
            else
            {
                var parked = batch.Rows[0].Lane.Parked;
                parked.Remove(batch);
                if (young is not null)
                {
                    batch.Rows[0].Lane.Park(young);
                }
            }
        }
        return old ?? [];
    }

    /// <summary>The latest unsettled row of that id in its project: each waits for the one before.</summary>
    public RowFate? Unsettled(Lane lane, RowId id)
    {
        RowFate? latest = null;
        var sequence = -1L;
        foreach (var batch in All)
        {
            if (batch.Find(id) is var at and >= 0 && batch.Rows[at] is var row && row.Sequence > sequence && ReferenceEquals(row.Lane, lane))
            {
                sequence = row.Sequence;
                latest = batch.Rows[at].Fate ??= new RowFate { Where = batch };
            }
        }
        return latest;
    }

    void Fill(in PendingRow row, ReadOnlySpan<byte> text)
    {
        if (!IsFilling)
        {
            FillingSince = now();
        }
        if (row.After is not { IsSettled: false } after)
        {
            Fill(ref _filling, row, text);
        }
        else if (ReferenceEquals(after.Where, _following))
        {
            Seal();
            FillingSince = now();
            Fill(ref _filling, row, text);
        }
        else
        {
            Fill(ref _following, row, text);
        }
    }

    void Fill(ref Batch batch, in PendingRow row, ReadOnlySpan<byte> text)
    {
        if (!HasRoom(batch, row, text.Length) || (row.Fate is { IsAwaited: true } fate && batch.WaitsFor(fate)))
        {
            Seal(ref batch);
        }
        batch.Add(row, text);
    }

    bool HasRoom(Batch batch, in PendingRow row, int bytes) =>
        batch.Count == 0 || (batch.Count < rowLimit && !row.IsSuspect && !batch.Rows[0].IsSuspect && batch.BodyBytes + bytes + Batch.RoutingBytes <= bodyLimit.Bytes);

    /// <summary>When all parked batches wait for each other: those of their rows that wait for nobody become a batch.</summary>
    /// <returns>Where it is; -1 if there are none.</returns>
    int PutFreeRowsApart(Lane lane)
    {
        var parked = lane.Parked.ToArray();
        var free = new Batch();
        var later = new Batch();
        foreach (var (batch, at) in Splits.InOrder(parked))
        {
            ref var row = ref batch.Rows[at];
            var isFree = row.After is not { IsSettled: false } && HasRoom(free, row, row.Length);
            (isFree ? free : later).Add(row, batch.Text(row));
        }
        lane.Parked.Clear();
        foreach (var batch in parked)
        {
            batch.Dispose();
        }
        foreach (var part in (Batch[])[free, later])
        {
            if (part.Count > 0)
            {
                part.Fit();
                lane.Park(part);
            }
        }
        return lane.Parked.IndexOf(free);
    }

    static bool HoldsPausedRows(Batch batch)
    {
        foreach (ref var row in batch.Rows)
        {
            if (!row.Lane.IsOpen && !row.Lane.IsProbing)
            {
                return true;
            }
        }
        return false;
    }
}
