using System.Buffers;

namespace Braintrust.Logging.Spool;

/// <summary>Collects records and appends them, a group at a time, to a segment of our own.</summary>
sealed class SpoolWriter(SpoolSettings settings, TimeProvider clock, ISpoolFiles files, SpoolIndex index)
{
    const long UsualSegmentBytes = 4 * 1024 * 1024;
    const long KeptGroupBytes = 2 * 1024 * 1024;

    // The volume is the host's: the spool leaves it a twentieth, at most this.
    const long LargestFloor = 1L << 30;

    // Small beside the limit: whole segments are what is given up when it is reached.
    readonly long _segmentBytes = Math.Clamp(settings.LimitBytes / 16, 16 * 1024, UsualSegmentBytes);
    readonly List<(long Sequence, long Ticks)> _times = [];

    ArrayBufferWriter<byte> _group = new(64 * 1024);
    int _grouped;
    long _next = SpoolIndex.FirstOwn;
    long _nextFile;
    SpoolSegment? _segment;
    ISpoolFile? _file;
    long? _roomSeen;

    /// <summary>Where we write; none before the first group, and after the folder was lost.</summary>
    public SpoolHome? Home { get; private set; }

    public int Grouped => _grouped;

    public int GroupBytes => _group.WrittenCount;

    public long Append(in SpoolRecord record)
    {
        SpoolFormat.WriteRecord(_group, _next - SpoolIndex.FirstOwn, record);
        if (_times.Count == 0 || record.AcceptedTicks - _times[^1].Ticks >= TimeSpan.TicksPerSecond)
        {
            _times.Add((_next, record.AcceptedTicks));
        }
        _grouped++;
        return _next++;
    }

    /// <summary>Forgets the group; its numbers are free again.</summary>
    public void Drop()
    {
        _next -= _grouped;
        Forget();
    }

    /// <summary>Writes the group. After an exception nothing of it counts.</summary>
    /// <param name="root">The spool's folder.</param>
    public void Write(string root)
    {
        Home ??= MakeHome(root);
        LeaveRoom(root);
        if (_segment is not null && _segment.Count > 0 && _segment.Length + _group.WrittenCount > _segmentBytes)
        {
            Seal();
        }
        var isNew = _segment is null;
        var segment = _segment ?? Begin(Home);
        try
        {
            // One write: a process that is killed leaves the beginning of a group at worst, and nothing behind it.
            _file!.Write(_group.WrittenSpan, segment.Length);
            if (settings.Sync == SpoolSync.Fsync)
            {
                _file.Sync();
                if (isNew)
                {
                    files.SyncFolder(Home.Folder);
                }
            }
        }
        catch
        {
            Void(segment);
            throw;
        }
        index.Committed(segment, _grouped, _group.WrittenCount, _times);
        segment.LastWriteTimestamp = clock.GetTimestamp();
        Forget();
    }

    /// <summary>Closes the segment: the next group begins another.</summary>
    public void Seal()
    {
        if (_segment is { } segment)
        {
            index.Seal(segment);
        }
        _file?.Dispose();
        (_segment, _file) = (null, null);
    }

    /// <summary>A segment of which everything is settled is closed when it is large, or was not written to for a while, so that it can go.</summary>
    public void SealIfIdle()
    {
        if (_segment is { Count: > 0, PendingCount: 0 } segment
            && (segment.Length >= _segmentBytes / 4 || clock.GetElapsedTime(segment.LastWriteTimestamp) >= TimeSpan.FromSeconds(5)))
        {
            Seal();
        }
    }

    /// <summary>When the file or its folder was removed or replaced under our hands, what is written from now on goes to a new one. Gives the old one.</summary>
    public SpoolHome? LeaveIfMoved()
    {
        if (Home is null || (_file is null || _file.IsInPlace) && files.IsOurs(Home.Folder))
        {
            return null;
        }
        var left = Home;
        Seal();
        Home = null;
        return left;
    }

    public bool Owns(SpoolSegment segment) => _segment == segment;

    SpoolHome MakeHome(string root)
    {
        files.MakeFolder(root);
        // Names sort by age: what an older process wrote is read first.
        var name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{clock.GetUtcNow().UtcTicks:x16}{Random.Shared.NextInt64():x16}");
        // The lock first: whoever sees the folder finds it taken.
        var @lock = files.TryLock(SpoolHome.LockOf(root, name), create: true) ?? throw new IOException("a new lock is taken");
        try
        {
            var home = new SpoolHome(root, name, @lock, isOwn: true);
            files.MakeFolder(home.Folder);
            if (settings.Sync == SpoolSync.Fsync)
            {
                files.SyncFolder(root);
                SyncParent(root);
            }
            return home;
        }
        catch
        {
            files.Delete(SpoolHome.LockOf(root, name));
            @lock.Dispose();
            throw;
        }
    }

    void SyncParent(string root)
    {
        try
        {
            files.SyncFolder(Path.GetDirectoryName(root) ?? root);
        }
        catch (UnauthorizedAccessException) // a folder that we may pass and not open: whoever made ours in it saw to that
        {
        }
    }

    SpoolSegment Begin(SpoolHome home)
    {
        var head = new SegmentHead((ulong)Random.Shared.NextInt64(), _next - _grouped - SpoolIndex.FirstOwn, clock.GetUtcNow().UtcTicks, settings.AppUrl, settings.OrgName);
        var heads = SpoolFormat.WriteHeads(head);
        var file = _nextFile++;
        var segment = new SpoolSegment(home, file, head.Nonce, head.First, SpoolIndex.FirstOwn + head.First, heads.Length) { Length = heads.Length };
        var rows = files.Create(segment.RowsPath);
        index.AddOwn(segment);
        (_segment, _file) = (segment, rows);
        try
        {
            rows.Write(heads, 0);
        }
        catch
        {
            Void(segment);
            throw;
        }
        return segment;
    }

    /// <summary>
    /// After a failed write or fsync nobody knows what the file holds, or will hold after a loss of power. The group is cut off, and noted as settled as well, for the case that the cut does
    /// not last; nothing is written to the file again.
    /// </summary>
    void Void(SpoolSegment segment)
    {
        index.Voided(segment, _grouped);
        try
        {
            _file?.Truncate(segment.Length);
        }
        catch (Exception) // that is what the note is for
        {
        }
        Seal();
        Forget();
    }

    void Forget()
    {
        _grouped = 0;
        _times.Clear();
        if (_group.Capacity > KeptGroupBytes)
        {
            _group = new ArrayBufferWriter<byte>(64 * 1024);
        }
        else
        {
            _group.ResetWrittenCount();
        }
    }

    void LeaveRoom(string root)
    {
        if (_roomSeen is { } seen && clock.GetElapsedTime(seen) < TimeSpan.FromSeconds(1) && _segment is not null)
        {
            return;
        }
        var (free, total) = files.Room(root);
        var floor = Math.Min(total / 20, LargestFloor);
        if (free - _group.WrittenCount < floor)
        {
            throw new IOException($"the volume has {free >> 20} MiB free, and {floor >> 20} MiB are left to others");
        }
        _roomSeen = clock.GetTimestamp();
    }
}
