using Braintrust.Logging.Session;

namespace Braintrust.Logging.Spool;

/// <summary>
/// Takes over what processes that have ended left on disk: first the lock of a folder, at once; then its segments one by one, as the reader needs them, so that a start is as fast
/// with a hundred thousand of them as with none.
/// </summary>
sealed class SpoolHomes(SpoolSettings settings, ISpoolFiles files, SpoolIndex index, SpoolNotes notes, BoundedFolder corrupt, TimeProvider clock)
{
    const int MostFailures = 8;
    const long ReadAheadBytes = 8 * 1024 * 1024;
    const int MostSegmentsAtOnce = 1000;
    const int MostDamageKept = 1024 * 1024;

    // What is written meanwhile waits for it.
    static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(50);

    readonly List<SpoolHome> _homes = [];
    // Folders that hold rows of other accounts or later versions: looked at once.
    readonly HashSet<string> _left = new(StringComparer.Ordinal);
    readonly FrameReader _frames = new();
    readonly ProjectKeys _projects = new();

    public IReadOnlyList<SpoolHome> All => _homes;

    public bool HasPending => _homes.Exists(static home => home.Pending.Count > 0);

    /// <summary>A folder of our own that is not written to any more.</summary>
    public void Add(SpoolHome home) => _homes.Add(home);

    // ---- folders -------------------------------------------------------------------------------------------------------------------

    /// <summary>Looks for folders that nobody owns any more.</summary>
    public void Search(string root, SpoolHome? own)
    {
        if (!files.IsOurs(root))
        {
            return;
        }
        var names = files.List(root).Select(static entry => entry.Name).ToHashSet(StringComparer.Ordinal);
        Exception? failure = null;
        foreach (var name in names.Where(IsHomeName).Order(StringComparer.Ordinal))
        {
            var folder = Path.Combine(root, name);
            if (_left.Contains(name) || own?.Folder == folder || _homes.Exists(home => home.Folder == folder) || !files.IsOurs(folder))
            {
                continue;
            }
            try
            {
                TryAdopt(root, name);
            }
            catch (Exception exception) // the others may be better
            {
                failure = exception;
            }
        }
        foreach (var name in names)
        {
            if (name.EndsWith(".lock", StringComparison.Ordinal) && IsHomeName(name[..^5]) && !names.Contains(name[..^5]))
            {
                RemoveLock(root, name[..^5]);
            }
        }
        if (failure is not null)
        {
            throw new IOException(failure.Message, failure);
        }
    }

    /// <summary>Removes what is left of a home of which everything is settled, and gives up its lock.</summary>
    public void Close(SpoolHome home)
    {
        try
        {
            if (home.Open == 0 && home.Pending.Count == 0)
            {
                // Notes of segments that are gone; a crash between the two leaves them.
                var names = files.List(home.Folder).Select(static entry => entry.Name).ToHashSet(StringComparer.Ordinal);
                foreach (var name in names)
                {
                    if (name.Length > 16 && (name[16..] is ".ack" or ".ack.new" or ".try") && SpoolHome.FileNumber(name[..16] + ".rows") >= 0 && !names.Contains(name[..16] + ".rows"))
                    {
                        files.Delete(Path.Combine(home.Folder, name));
                    }
                }
                files.DeleteFolder(home.Folder);
                files.Delete(home.LockPath);
            }
        }
        catch (Exception) // something of somebody else's is in it, or it is gone already
        {
            Leave(Path.GetFileName(home.Folder));
        }
        _homes.Remove(home);
        home.Lock.Dispose();
    }

    public void CloseWhatIsDone()
    {
        foreach (var home in _homes.Where(static home => home.Open == 0 && home.Pending.Count == 0).ToList())
        {
            Close(home);
        }
    }

    void TryAdopt(string root, string name)
    {
        if (files.TryLock(SpoolHome.LockOf(root, name), create: true) is not { } @lock)
        {
            return;
        }
        var home = new SpoolHome(root, name, @lock, isOwn: false);
        try
        {
            if (!files.IsOurs(home.Folder)) // its owner has just removed it
            {
                files.Delete(home.LockPath);
                @lock.Dispose();
                return;
            }
            var bytes = 0L;
            foreach (var (file, length) in files.List(home.Folder).Select(static entry => (File: SpoolHome.FileNumber(entry.Name), entry.Length)).Where(static entry => entry.File >= 0).Order())
            {
                home.Pending.Enqueue((file, length));
                bytes += length;
            }
            if (home.Pending.TryPeek(out var first) && !IsOfThisAccount(home, first.File))
            {
                Leave(name);
                @lock.Dispose();
                return;
            }
            _homes.Add(home);
            index.AddBytes(bytes);
        }
        catch
        {
            @lock.Dispose();
            throw;
        }
    }

    void RemoveLock(string root, string name)
    {
        using var @lock = files.TryLock(SpoolHome.LockOf(root, name), create: false);
        if (@lock is not null && !files.IsOurs(Path.Combine(root, name)))
        {
            files.Delete(SpoolHome.LockOf(root, name));
        }
    }

    bool IsOfThisAccount(SpoolHome home, long number)
    {
        using var file = files.Open(home.RowsPath(number));
        return file is null || ReadHead(file) is not { Kind: HeadKind.Good } head || IsOfThisAccount(head.Head);
    }

    bool IsOfThisAccount(in SegmentHead head) => head.AppUrl == settings.AppUrl && (head.OrgName is null || head.OrgName == settings.OrgName);

    void Leave(string name)
    {
        if (_left.Count >= 10_000)
        {
            _left.Clear();
        }
        _left.Add(name);
    }

    static bool IsHomeName(string name) => name.Length == 32 && Guid.TryParseExact(name, "N", out var id) && id.ToString("n") == name;

    // ---- segments ------------------------------------------------------------------------------------------------------------------

    /// <summary>Opens segments until the reader has enough before it.</summary>
    public void ReadAhead()
    {
        var ahead = index.UnreadAdoptedBytes();
        var start = clock.GetTimestamp();
        for (var opened = 0; opened < MostSegmentsAtOnce && ahead < ReadAheadBytes && clock.GetElapsedTime(start) < LongestWait && OpenNext(out var bytes); opened++)
        {
            ahead += bytes;
        }
        CloseWhatIsDone();
    }

    /// <summary>Opens the oldest segment that was not looked at yet. False: there is none.</summary>
    public bool OpenNext(out long bytes)
    {
        foreach (var home in _homes)
        {
            if (home.Pending.TryPeek(out var next))
            {
                bytes = next.Length;
                try
                {
                    Open(home, next.File, next.Length);
                }
                catch (Exception) when (++home.Failures >= MostFailures)
                {
                    LeaveAlone(home, next.Length); // it cannot be read, whatever it is: the ones behind it can
                }
                home.Failures = 0;
                home.Pending.Dequeue();
                return true;
            }
        }
        bytes = 0;
        return false;
    }

    void Open(SpoolHome home, long number, long listed)
    {
        var path = home.RowsPath(number);
        HeadReading head;
        using (var file = files.Open(path))
        {
            if (file is null)
            {
                LeaveAlone(home, listed);
                return;
            }
            head = ReadHead(file);
            if (head.Kind == HeadKind.Damaged)
            {
                SetAsideWithoutHead(file, path);
                index.AddBytes(-listed);
                return;
            }
            if (head.Kind == HeadKind.Newer)
            {
                BraintrustDiagnostics.Warn("spool", $"{settings.Directory} has rows of a later version of this library; they are left alone.", 1);
            }
            if (head.Kind == HeadKind.Newer || !IsOfThisAccount(head.Head))
            {
                LeaveAlone(home, listed);
                return;
            }
            Open(home, number, file, listed, head);
        }
    }

    void LeaveAlone(SpoolHome home, long bytes)
    {
        Leave(Path.GetFileName(home.Folder));
        index.AddBytes(-bytes);
    }

    void Open(SpoolHome home, long number, ISpoolFile file, long listed, in HeadReading head)
    {
        var noted = notes.Read(home.NotesPath(number), head.Head.Nonce);
        var found = Scan(file, head, noted);
        var segment = new SpoolSegment(home, number, head.Head.Nonce, head.Head.First, index.TakeAdoptedBase(found.Count), head.Length)
        {
            Count = found.Count, PendingCount = found.Pending.Count, Length = found.End, IsSealed = true, NotesLength = noted.Length, Noted = noted.Settled,
            AreNotesNamed = noted.Length > 0 || noted.HasGarbage, AreNotesSuspect = noted.HasGarbage,
        };
        segment.Times.AddRange(found.Times);
        foreach (var row in found.Pending)
        {
            segment.Pending[row] = true;
        }
        index.AddBytes(found.End - listed + noted.Length);
        index.AddAdopted(segment, found.Projects);
        if (found.Lost > 0)
        {
            index.Tell(SpoolNewsKind.Adopted, null, found.Lost, 0, SpoolText.Adopted);
            index.Tell(SpoolNewsKind.Corrupt, null, found.Lost, found.Damage.Sum(static bytes => bytes.Length), SpoolText.Damaged);
            index.NoteLost(segment, found.LostRows);
        }
        try
        {
            SetAside(file, found, listed);
        }
        catch (Exception) // the rows are ours all the same; what was not noted is found again by the next process
        {
        }
    }

    void SetAside(ISpoolFile file, Found found, long listed)
    {
        foreach (var bytes in found.Lost > 0 ? found.Damage : [])
        {
            corrupt.Write(".bytes", bytes);
        }
        if (found.End < listed)
        {
            file.Truncate(found.End); // what is behind was never whole, or is set aside
        }
    }

    Found Scan(ISpoolFile file, in HeadReading head, in NotesReading noted)
    {
        var found = new Found();
        var (length, next) = (file.Length, 0);
        var settled = new Cover(noted.Settled);
        _frames.Start(file, Math.Min(head.Length, length), head.Head.First, head.Head.First - 1);
        while (true)
        {
            var frame = _frames.Next(length);
            if (frame.DamageFrom >= 0)
            {
                found.Damage.Add(ReadSome(file, frame.DamageFrom, frame.IsRecord ? frame.At : length));
            }
            if (!frame.IsRecord)
            {
                // What had a good head and no good body is counted by its number, anything else behind it as one.
                var end = (int)(frame.Number - head.Head.First) + 1;
                LoseTo(end);
                if (frame.DamageFrom >= 0 && frame.Tail == TailKind.Damaged && !settled.Has(end))
                {
                    LoseTo(end + 1);
                }
                found.Count = next;
                found.End = frame.At;
                _frames.Stop();
                return found;
            }
            var row = (int)(frame.Number - head.Head.First);
            LoseTo(row);
            next = row + 1;
            if (settled.Has(row))
            {
                continue;
            }
            if (!SpoolFormat.TryReadBody(frame.Body, _projects, out var record))
            {
                found.LostRows.Add(row);
                continue;
            }
            found.Pending.Add(row);
            found.Projects[record.Project] = found.Projects.GetValueOrDefault(record.Project) + 1;
            if (found.Times.Count == 0 || record.AcceptedTicks - found.Times[^1].Ticks >= TimeSpan.TicksPerSecond)
            {
                found.Times.Add((row, record.AcceptedTicks));
            }
        }

        void LoseTo(int row)
        {
            for (; next < row; next++)
            {
                if (!settled.Has(next))
                {
                    found.LostRows.Add(next);
                }
            }
        }
    }

    /// <summary>Without a head nobody knows where the rows should go.</summary>
    void SetAsideWithoutHead(ISpoolFile file, string path)
    {
        var length = file.Length;
        var start = ReadSome(file, 0, length);
        // A process that ended while it made the file wrote nothing else.
        if (!start.AsSpan().ContainsAnyExcept((byte)0) || length < SpoolFormat.LongestHead && SpoolFormat.IsBeginningOfHeads(start))
        {
            files.Delete(path);
            return;
        }
        var rows = 0;
        _frames.Start(file, 0, long.MaxValue, -1);
        while (_frames.Next(length).IsRecord)
        {
            rows++;
        }
        _frames.Stop();
        corrupt.TakeIn(path, length, ".rows");
        index.Tell(SpoolNewsKind.Adopted, null, Math.Max(1, rows), 0, SpoolText.Adopted);
        index.Tell(SpoolNewsKind.Corrupt, null, Math.Max(1, rows), length, SpoolText.Damaged);
    }

    static HeadReading ReadHead(ISpoolFile file)
    {
        var start = new byte[Math.Min(file.Length, 2 * SpoolFormat.LongestHead)];
        return SpoolFormat.ReadHead(start.AsSpan(0, file.Read(start, 0)));
    }

    static byte[] ReadSome(ISpoolFile file, long from, long to)
    {
        var bytes = new byte[Math.Min(to - from, MostDamageKept)];
        return bytes[..file.Read(bytes, from)];
    }

    sealed class Found
    {
        public List<int> Pending { get; } = [];
        public List<int> LostRows { get; } = [];
        public List<byte[]> Damage { get; } = [];
        public Dictionary<ProjectKey, int> Projects { get; } = [];
        public List<(int From, long Ticks)> Times { get; } = [];
        public int Count { get; set; }
        public long End { get; set; }
        public int Lost => LostRows.Count;
    }

    /// <summary>Whether rows, asked for in ascending order, are within ranges.</summary>
    sealed class Cover(List<RowRange> ranges)
    {
        int _at;

        public bool Has(int row)
        {
            while (_at < ranges.Count && ranges[_at].End <= row)
            {
                _at++;
            }
            return _at < ranges.Count && ranges[_at].From <= row;
        }
    }
}
