using System.Buffers;
using System.Runtime.CompilerServices;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Pipeline;

/// <summary>Rows that go out together, or wait together: their bytes, and what is owed to each of them.</summary>
sealed class Batch : IDisposable
{
    static ReadOnlySpan<byte> Head => "{\"rows\":["u8;
    static ReadOnlySpan<byte> Tail => "],\"api_version\":2}"u8;
    static ReadOnlySpan<byte> ProjectName => ",\"project_id\":\""u8;
    static ReadOnlySpan<byte> RowTail => "\",\"log_id\":\"g\"}"u8;

    /// <summary>What a row's routing adds to it: a UUID and the names around it.</summary>
    public const int RoutingBytes = 70;

    PendingRow[] _rows = [];
    int _count;
    Dictionary<RowId, int>? _index;
    int _indexed;
    byte[] _bytes = [];
    int _used;

    public int Count => _count;

    /// <summary>About the size of the request's body.</summary>
    public int BodyBytes => _used + _count * RoutingBytes + 40;

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
        foreach (ref var row in Rows)
        {
            lanes.Add(row.Lane);
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
                young.Add(row, Bytes(row));
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

    public ReadOnlySpan<byte> Bytes(in PendingRow row) => _bytes.AsSpan(row.Offset, row.Length);

    public void Add(PendingRow row, ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_used));
        row.Offset = _used;
        row.Length = bytes.Length;
        _used += bytes.Length;
        if (row.Fate is { } fate)
        {
            fate.Where = this;
        }
        if (_count == _rows.Length)
        {
            Grow(ref _rows, _count, Math.Max(16, 2 * _count));
        }
        _rows[_count++] = row;
    }

    /// <summary>The request's body. Give it back.</summary>
    public byte[] RentBody(out int length)
    {
        var body = RequestArrays<byte>.Pool.Rent(BodyBytes);
        var to = new Cursor(body);
        to.Write(Head);
        var isFirst = true;
        foreach (ref var row in Rows)
        {
            if (!isFirst)
            {
                to.Write(","u8);
            }
            isFirst = false;
            to.Write(Bytes(row)[..^1]); // the closing brace comes after the routing
            to.Write(ProjectName);
            to.Write(row.Lane.ProjectIdUtf8);
            to.Write(RowTail);
        }
        to.Write(Tail);
        length = to.Position;
        return body;
    }

    public void Dispose()
    {
        GiveBack(_bytes);
        GiveBack(_rows);
        _bytes = [];
        _rows = [];
        _count = 0;
        _index = null;
        _indexed = 0;
        _used = 0;
    }

    void Reserve(int more)
    {
        if (_used + more > _bytes.Length)
        {
            Grow(ref _bytes, _used, Math.Max(_used + more, Math.Max(4096, 2 * _bytes.Length)));
        }
    }

    static void Grow<T>(ref T[] array, int used, int wanted)
    {
        var larger = RequestArrays<T>.Pool.Rent(wanted);
        array.AsSpan(0, used).CopyTo(larger);
        GiveBack(array);
        array = larger;
    }

    static void GiveBack<T>(T[] array)
    {
        if (array.Length > 0)
        {
            RequestArrays<T>.Pool.Return(array, clearArray: RuntimeHelpers.IsReferenceOrContainsReferences<T>());
        }
    }

    ref struct Cursor(Span<byte> target)
    {
        readonly Span<byte> _target = target;

        public int Position { get; private set; }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_target[Position..]);
            Position += bytes.Length;
        }
    }
}
