namespace Braintrust.Logging.Spool;

/// <summary>
/// Which rows of processes that have ended are in requests right now, in a small file beside each segment: what stands there when a process ends was being sent when it did. A row that
/// it happens to time and again goes alone, so that it holds up no others; nothing is given up for it. What got an answer is taken out again, whatever the answer: it ended nobody.
/// The reader's own, since a request does not wait for the writer.
/// </summary>
sealed class SpoolAttempts(ISpoolFiles files)
{
    const uint Tried = 4;

    // A process has a few requests under way, of at most so many rows; what is longer was not written by us.
    const int MostBytes = 1024 * 1024;

    // Beyond, those of which nothing is under way are looked up again when they are wanted.
    const int MostKnown = 256;

    readonly Dictionary<SpoolSegment, List<RowRange>> _tried = [];

    /// <summary>How many processes ended while the row was in a request.</summary>
    public int Of(SpoolSegment segment, int row)
    {
        if (segment.Home.IsOwn)
        {
            return 0;
        }
        var attempts = 0;
        foreach (var range in Known(segment))
        {
            attempts += row >= range.From && row < range.End ? 1 : 0;
        }
        return attempts;
    }

    /// <summary>Rows go into a request.</summary>
    public void Begin(SpoolSegment segment, List<RowRange> rows)
    {
        var known = Known(segment);
        known.AddRange(rows);
        Write(segment, known);
    }

    /// <summary>There was an answer.</summary>
    public void End(SpoolSegment segment, List<RowRange> rows)
    {
        var left = Without(Known(segment), rows);
        _tried[segment] = left;
        Write(segment, left);
    }

    static List<RowRange> Without(List<RowRange> ranges, List<RowRange> rows)
    {
        var left = ranges;
        foreach (var gone in rows)
        {
            var next = new List<RowRange>(left.Count);
            foreach (var range in left)
            {
                if (range.From < Math.Min(gone.From, range.End))
                {
                    next.Add(new RowRange(range.From, Math.Min(gone.From, range.End) - range.From));
                }
                if (range.End > Math.Max(gone.End, range.From))
                {
                    next.Add(new RowRange(Math.Max(gone.End, range.From), range.End - Math.Max(gone.End, range.From)));
                }
            }
            left = next;
        }
        return left;
    }

    List<RowRange> Known(SpoolSegment segment)
    {
        if (!_tried.TryGetValue(segment, out var known))
        {
            if (_tried.Count >= MostKnown)
            {
                foreach (var (other, ranges) in _tried)
                {
                    if (other.IsGone || ranges.Count == 0)
                    {
                        _tried.Remove(other); // allowed while enumerating
                    }
                }
            }
            known = [];
            _tried.Add(segment, known);
            try
            {
                Read(segment, known);
            }
            catch (Exception) // what cannot be read counts as never tried: the row itself must not wait for it
            {
                known.Clear();
            }
        }
        return known;
    }

    void Read(SpoolSegment segment, List<RowRange> into)
    {
        using var file = files.Open(segment.AttemptsPath);
        if (file is null)
        {
            return;
        }
        var bytes = new byte[Math.Min(file.Length, MostBytes)];
        var length = file.Read(bytes, 0);
        for (var at = 0; at + SegmentEntry.Size <= length; at += SegmentEntry.Size)
        {
            if (!SegmentEntry.TryRead(bytes.AsSpan(at, SegmentEntry.Size), segment.Nonce, out var kind, out var range) || kind != Tried)
            {
                return;
            }
            into.Add(range);
        }
    }

    void Write(SpoolSegment segment, List<RowRange> ranges)
    {
        if (segment.IsGone)
        {
            return;
        }
        if (ranges.Count == 0)
        {
            files.Delete(segment.AttemptsPath);
            return;
        }
        var bytes = new byte[Math.Min(ranges.Count, MostBytes / SegmentEntry.Size) * SegmentEntry.Size];
        for (var i = 0; i < bytes.Length / SegmentEntry.Size; i++)
        {
            SegmentEntry.Write(bytes.AsSpan(i * SegmentEntry.Size, SegmentEntry.Size), Tried, ranges[i], segment.Nonce);
        }
        using var file = files.Open(segment.AttemptsPath) ?? files.Create(segment.AttemptsPath);
        if (file.Length > bytes.Length)
        {
            file.Truncate(bytes.Length); // first: whoever ends between the two leaves an attempt out, and counts none twice
        }
        file.Write(bytes, 0);
    }
}
