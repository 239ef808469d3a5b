using Braintrust.Logging.Session;

namespace Braintrust.Logging.Spool;

/// <summary>Gives records out in order. One segment is open at a time, and of that a quarter of a megabyte in memory.</summary>
sealed class SpoolReader(ISpoolFiles files, SpoolIndex index, SpoolAttempts attempts)
{
    // A disk that fails is asked again, a second later; a file that cannot be read for ten minutes is given up.
    const int MostFailures = 600;
    const int MostDamageKept = 1024 * 1024;

    readonly FrameReader _frames = new();
    readonly ProjectKeys _projects = new();

    SpoolSegment? _segment;
    ISpoolFile? _file;

    public bool TryRead(out SpooledRow row)
    {
        while (index.NextPlace() is { } place)
        {
            var segment = place.Segment;
            try
            {
                if (TryOpen(place) && TryReadFrom(place, out row))
                {
                    return true;
                }
            }
            catch (Exception exception) // whatever the disk says
            {
                Close();
                if (index.Park(segment, exception is FileNotFoundException or DirectoryNotFoundException ? 1 : MostFailures))
                {
                    Lost(index.ReachedEnd(segment, segment.Length), SpoolText.Unreadable);
                }
            }
        }
        row = default;
        return false;
    }

    public void Close()
    {
        _frames.Stop();
        _file?.Dispose();
        (_segment, _file) = (null, null);
    }

    bool TryOpen(in ReadPlace place)
    {
        if (_segment != place.Segment)
        {
            Close();
            _file = files.Open(place.Segment.RowsPath) ?? throw new FileNotFoundException($"{place.Segment.RowsPath} is gone");
            _segment = place.Segment;
        }
        if (!_frames.IsAt(_file!, place.At))
        {
            _frames.Start(_file!, place.At, place.Segment.FirstNumber, place.Segment.FirstNumber + place.Next - 1);
        }
        return true;
    }

    bool TryReadFrom(in ReadPlace place, out SpooledRow row)
    {
        var segment = place.Segment;
        row = default;
        while (true)
        {
            var frame = _frames.Next(place.End);
            if (!frame.IsRecord)
            {
                Damaged(index.ReachedEnd(segment, place.End), frame, place.End);
                return false;
            }
            var number = (int)(frame.Number - segment.FirstNumber);
            var isWanted = index.Reached(segment, number, _frames.At, out var lost);
            Damaged(lost, frame, frame.At);
            if (!isWanted)
            {
                if (segment.IsGone || segment.Unread == 0)
                {
                    return false;
                }
                continue;
            }
            if (!SpoolFormat.TryReadBody(frame.Body, _projects, out var record))
            {
                Lost(1, SpoolText.Damaged); // whole, and yet not what we write
                index.Settle(segment.Base + number);
                continue;
            }
            row = new SpooledRow { Sequence = segment.Base + number, Record = record, IsAdopted = !segment.Home.IsOwn, Attempts = attempts.Of(segment, number) };
            return true;
        }
    }

    void Damaged(int rows, in Frame frame, long end)
    {
        Lost(rows, SpoolText.Damaged);
        if (rows > 0 && frame.DamageFrom >= 0)
        {
            try
            {
                var bytes = new byte[Math.Min(end - frame.DamageFrom, MostDamageKept)];
                _file!.Read(bytes, frame.DamageFrom);
                index.KeepDamage(bytes);
            }
            catch (Exception) // a keepsake for people; the rows after it must not wait for it
            {
            }
        }
    }

    void Lost(int rows, string message)
    {
        if (rows > 0)
        {
            index.Tell(SpoolNewsKind.Corrupt, null, rows, 0, message);
        }
    }
}
