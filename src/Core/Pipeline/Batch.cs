using System.Buffers;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Pipeline;

/// <summary>Rows that go out together, or wait together: their bytes, and what is owed to each of them.</summary>
sealed class Batch : IDisposable
{
    static ReadOnlySpan<byte> Head => "{\"rows\":["u8;
    static readonly byte[] Tail = "],\"api_version\":2}"u8.ToArray();
    static ReadOnlySpan<byte> ProjectName => ",\"project_id\":\""u8;
    static ReadOnlySpan<byte> RowTail => "\",\"log_id\":\"g\"}"u8;

    /// <summary>What a row's routing adds to it: a UUID and the names around it.</summary>
    public const int RoutingBytes = 70;

    readonly Chunks _body = new();
    PendingRow[] _rows = [];
    int _count;
    int _textBytes;
    Dictionary<RowId, int>? _index;
    int _indexed;

    public int Count => _count;

    /// <summary>About the size of the request's body.</summary>
    public int BodyBytes => _textBytes + _count * RoutingBytes + 40;

    /// <summary>The request's body, as long as the batch is there. Its projects have to be known, and none of its rows taken out.</summary>
    public ReadOnlySequence<byte> Body => _body.Followed(Tail);

    /// <summary>Somebody may be reading its body, even if nobody waits for the answer any more.</summary>
    public bool IsUnderWay { get; set; }

    public Span<PendingRow> Rows => _rows.AsSpan(0, _count);

    /// <summary>The way by an object store, for a row that is larger than the server takes.</summary>
    public OverflowUpload? Overflow { get; set; }

    /// <summary>How much speaks against that way.</summary>
    public int OverflowFailures { get; set; }

    /// <summary>Tries since the shutdown began: there is only one.</summary>
    public bool WasTriedAtShutdown { get; set; }

    /// <summary>How often it was sent to see whether its project is still refused.</summary>
    public int Probes { get; set; }

    /// <summary>What the last try came to, in words.</summary>
    public string? LastError { get; set; }

    /// <summary>Whether the last answer claimed success without acknowledging.</summary>
    public bool IsUnacknowledged { get; set; }

    public bool HasSeveralLanes
    {
        get
        {
            foreach (ref var row in Rows)
            {
                if (!ReferenceEquals(row.Lane, _rows[0].Lane))
                {
                    return true;
                }
            }
            return false;
        }
    }

    /// <summary>Whether all of it is on disk.</summary>
    public bool IsSpooled
    {
        get
        {
            foreach (ref var row in Rows)
            {
                if (!row.IsSpooled)
                {
                    return false;
                }
            }
            return true;
        }
    }

    public HashSet<Lane> Lanes()
    {
        var lanes = new HashSet<Lane>();
        Lane? latest = null;
        foreach (ref var row in Rows)
        {
            if (!ReferenceEquals(row.Lane, latest)) // mostly there is one
            {
                lanes.Add(latest = row.Lane);
            }
        }
        return lanes;
    }

    /// <summary>Whether every row elsewhere that ours depend on is settled.</summary>
    public bool IsFree
    {
        get
        {
            foreach (ref var row in Rows)
            {
                if (row.After is { IsSettled: false } after && !ReferenceEquals(after.Where, this))
                {
                    return false;
                }
            }
            return true;
        }
    }

    public bool DependsOnItself
    {
        get
        {
            foreach (ref var row in Rows)
            {
                if (row.After is { IsSettled: false } after && ReferenceEquals(after.Where, this))
                {
                    return true;
                }
            }
            return false;
        }
    }

    public bool WaitsFor(RowFate fate)
    {
        foreach (ref var row in Rows)
        {
            if (ReferenceEquals(row.After, fate))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Where the latest row of that id stands; -1: not here. The index is built when somebody asks, which few do.</summary>
    public int Find(RowId id)
    {
        _index ??= [];
        for (; _indexed < _count; _indexed++)
        {
            _index[_rows[_indexed].Id] = _indexed;
        }
        return _index.GetValueOrDefault(id, -1);
    }

    /// <summary>Leaves the rows that were accepted until then and gives the others, if there are any.</summary>
    public Batch? TakeYoungerThan(long timestamp)
    {
        var young = Empty();
        var kept = 0;
        foreach (ref var row in Rows)
        {
            if (row.AcceptedAt > timestamp)
            {
                young.Add(row, Text(row));
            }
            else
            {
                _rows[kept++] = row;
            }
        }
        if (young.Count == 0)
        {
            return null;
        }
        Rows[kept..].Clear();
        _count = kept;
        (_index, _indexed) = (null, 0);
        return young;
    }

    /// <summary>A batch with the same past and no rows, for a part of this one.</summary>
    public Batch Empty() => new() { Probes = Probes, WasTriedAtShutdown = WasTriedAtShutdown, LastError = LastError, IsUnacknowledged = IsUnacknowledged };

    /// <summary>A row's JSON without its closing brace, which comes after the routing. Valid until the batch is disposed of.</summary>
    public ReadOnlySpan<byte> Text(in PendingRow row)
    {
        foreach (var piece in _body.Pieces(row.Offset, row.Length))
        {
            return piece.Length == row.Length ? piece : Copy(row, 0);
        }
        return [];
    }

    /// <summary>A row's JSON, for others to keep.</summary>
    public byte[] Json(in PendingRow row)
    {
        var json = Copy(row, 1);
        json[^1] = (byte)'}';
        return json;
    }

    /// <param name="row">What is owed to it.</param>
    /// <param name="text">Its JSON without the closing brace.</param>
    public void Add(in PendingRow row, ReadOnlySpan<byte> text)
    {
        _body.Append(_count == 0 ? Head : ","u8);
        var offset = _body.Length;
        _body.Append(text);
        _textBytes += text.Length + 1;
        if (row.Lane.IsKnown) // else it only waits here
        {
            _body.Append(ProjectName);
            _body.Append(row.Lane.ProjectIdUtf8);
            _body.Append(RowTail);
        }
        if (row.Fate is { } fate)
        {
            fate.Where = this;
        }
        if (_count == _rows.Length)
        {
            Resize(RowArrays.After(_count));
        }
        ref var added = ref _rows[_count++];
        added = row;
        (added.Offset, added.Length) = (offset, text.Length);
    }

    /// <summary>For a batch that waits, and hardly grows any more: gives up what it holds beyond its rows.</summary>
    public void Fit()
    {
        _body.Fit();
        if (_rows.Length - _count > _count / 16)
        {
            Resize(_count);
        }
    }

    public void Dispose()
    {
        _body.Clear(isFree: !IsUnderWay);
        RowArrays.Return(_rows);
        _rows = [];
        _count = 0;
        _textBytes = 0;
        _index = null;
        _indexed = 0;
    }

    void Resize(int rows)
    {
        var resized = RowArrays.Rent(rows);
        Rows.CopyTo(resized);
        RowArrays.Return(_rows);
        _rows = resized;
    }

    byte[] Copy(in PendingRow row, int more)
    {
        var copy = GC.AllocateUninitializedArray<byte>(row.Length + more);
        var at = 0;
        foreach (var piece in _body.Pieces(row.Offset, row.Length))
        {
            piece.CopyTo(copy.AsSpan(at));
            at += piece.Length;
        }
        return copy;
    }
}
