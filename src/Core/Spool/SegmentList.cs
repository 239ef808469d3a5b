namespace Braintrust.Logging.Spool;

/// <summary>Segments in the order of their records, and from which of them on there may be something to read. Guarded by the lock of <see cref="SpoolIndex"/>.</summary>
sealed class SegmentList
{
    readonly List<SpoolSegment> _segments = [];

    // Before it all was read.
    int _firstUnread;

    public IReadOnlyList<SpoolSegment> All => _segments;

    /// <summary>The oldest that has a file.</summary>
    public SpoolSegment? Oldest => _segments.Find(static segment => !segment.IsGone);

    /// <summary>What the reader has before it, in bytes of the files.</summary>
    public long UnreadBytes
    {
        get
        {
            var bytes = 0L;
            for (var i = _firstUnread; i < _segments.Count; i++)
            {
                bytes += _segments[i].Unread > 0 ? _segments[i].Length - _segments[i].ReadAt : 0;
            }
            return bytes;
        }
    }

    public void Add(SpoolSegment segment)
    {
        _segments.Add(segment);
        _firstUnread = Math.Min(_firstUnread, _segments.Count - 1);
    }

    public void Remove(SpoolSegment segment)
    {
        var index = _segments.IndexOf(segment);
        if (index >= 0)
        {
            _segments.RemoveAt(index);
            _firstUnread = Math.Max(0, index < _firstUnread ? _firstUnread - 1 : _firstUnread);
        }
    }

    /// <summary>There is something to read where there was nothing, or the reader goes back.</summary>
    public void LookAgain() => _firstUnread = 0;

    /// <summary>Where to read next. Null: there is nothing.</summary>
    public ReadPlace? NextPlace()
    {
        for (var i = _firstUnread; i < _segments.Count; i++)
        {
            var segment = _segments[i];
            if (segment.Unread > 0)
            {
                return new ReadPlace(segment, segment.ReadAt, segment.ReadNext, segment.Length);
            }
            if (i < _segments.Count - 1)
            {
                _firstUnread = i + 1;
            }
        }
        return null;
    }

    /// <summary>Where the record of that number is. Null: its segment is here no longer.</summary>
    public (SpoolSegment Segment, int Index)? Find(long sequence)
    {
        var (low, high) = (0, _segments.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var segment = _segments[middle];
            if (sequence < segment.Base)
            {
                high = middle - 1;
            }
            else if (sequence >= segment.Base + segment.Count)
            {
                low = middle + 1;
            }
            else
            {
                return (segment, (int)(sequence - segment.Base));
            }
        }
        return null;
    }
}

/// <summary>Where the reader goes on.</summary>
readonly record struct ReadPlace(SpoolSegment Segment, long At, int Next, long End);
