namespace Braintrust.Logging.Spool;

/// <summary>
/// Rows on disk, in order: segment files of this client and those it adopted from processes that have ended. One thread writes, one reads; both may be
/// the same or different ones.
/// </summary>
/// <remarks>
/// <para>No member throws for what a disk does. Nothing touches the disk before the first <see cref="Append"/> or <see cref="Maintain"/>.</para>
/// <para>
/// The writer and the reader share <see cref="SpoolIndex"/> alone, whose lock is held for moments and never while the disk is asked: a write that hangs does not keep the reader, and neither ever
/// keeps a caller that logs.
/// </para>
/// </remarks>
sealed class SpoolStore : IDisposable
{
    static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);
    static readonly TimeSpan SearchPeriod = TimeSpan.FromSeconds(5);

    const int RoomForHeads = 512;

    readonly SpoolSettings _settings;
    readonly TimeProvider _clock;
    readonly ISpoolFiles _files;
    readonly SpoolIndex _index = new();
    readonly ProjectKeys _projects = new();
    readonly FrameReader _frames = new();
    readonly SpoolNotes _notes;
    readonly SpoolWriter _writer;
    readonly SpoolAttempts _attempts;
    readonly SpoolReader _reader;

    // The writer's; made with the first use of the disk, since the path may be one that has no full form.
    Folders? _folders;
    long? _failedAt;
    long? _searchedAt;
    long? _triedAt;
    bool _isTold;
    bool _isDisposed;

    public SpoolStore(SpoolSettings settings, TimeProvider clock, ISpoolFiles? files = null)
    {
        _settings = settings;
        _clock = clock;
        _files = files ?? new SpoolFiles();
        _notes = new SpoolNotes(_files, _index, settings.Sync);
        _writer = new SpoolWriter(settings, clock, _files, _index);
        _attempts = new SpoolAttempts(_files);
        _reader = new SpoolReader(_files, _index, _attempts);
        DeadLetters = new DeadLetters();
    }

    DeadLetters DeadLetters { get; }

    /// <summary>What tells how long the disk takes.</summary>
    public TimeProvider DiskTime => _files.Time;

    // ---- the writer ----------------------------------------------------------------------------------------------------------------

    /// <summary>Takes a record into the group that the next commit writes. Its sequence number is valid if that commit succeeds.</summary>
    public long Append(in SpoolRecord record) => _writer.Append(record);

    /// <summary>
    /// Writes what was appended since the last commit, with fsync where that is asked for; from here on it survives, and can be read. False: the disk is no good
    /// right now; nothing of the group counts, the caller keeps the rows in memory, and the store tries again at a later commit.
    /// </summary>
    public bool Commit()
    {
        if (_writer.Grouped == 0)
        {
            return !_isDisposed;
        }
        if (_isDisposed || (_failedAt is { } failed && _clock.GetElapsedTime(failed) < RetryPeriod))
        {
            _writer.Drop();
            return false;
        }
        try
        {
            var folders = Ready();
            MakeRoom(folders, _writer.GroupBytes + RoomForHeads, _writer.Grouped == 1);
            _writer.Write(folders.Root);
            (_failedAt, _isTold) = (null, false);
            return true;
        }
        catch (Exception exception) // whatever a disk does, the caller goes on in memory
        {
            _writer.Drop();
            _failedAt = _clock.GetTimestamp();
            Tell(exception);
            Quietly(LeaveIfMoved);
            return false;
        }
    }

    /// <summary>
    /// Once in a while, and at least every second while rows are on disk: notes on disk what was settled, removes segments that are done, keeps the limit, adopts the segments of
    /// processes that have ended, writes dead letters.
    /// </summary>
    public void Maintain()
    {
        if (_isDisposed)
        {
            return;
        }
        Quietly(LeaveIfMoved);
        if (_triedAt is not { } tried || _clock.GetElapsedTime(tried) >= RetryPeriod)
        {
            _triedAt = _clock.GetTimestamp();
            _index.Unpark();
        }
        _writer.SealIfIdle();
        Quietly(_notes.Write);
        Quietly(Adopt);
        Quietly(() => MakeRoom(Ready(), 0, isLone: false));
        Quietly(WriteForPeople);
    }

    /// <summary>What happened since the last call; for the ledger, by the thread that reads.</summary>
    public bool HasNews => _index.HasNews;

    public bool TryTakeNews(out SpoolNews news) => _index.TryTakeNews(out news);

    // ---- the reader ----------------------------------------------------------------------------------------------------------------

    /// <summary>The next committed record that was neither read nor settled, in order.</summary>
    public bool TryRead(out SpooledRow row)
    {
        if (!_isDisposed)
        {
            return _reader.TryRead(out row);
        }
        row = default;
        return false;
    }

    /// <summary>Puts a record back that was read: it will be read again after <see cref="Rewind"/>.</summary>
    public void Defer(long sequence) => _index.Defer(sequence);

    /// <summary>Reading begins again at the oldest record that is deferred or unread; what is held by the reader and not settled is passed over.</summary>
    public void Rewind() => _index.Rewind();

    /// <summary>A record that was read has met its fate and is never read again, not even by another process, once <see cref="Maintain"/> has noted it.</summary>
    public void Settle(long sequence) => _index.Settle(sequence);

    /// <summary>Records that were read go into a request now. If this process ends before <see cref="Tried"/>, the next one knows.</summary>
    public void Trying(IReadOnlyCollection<long> sequences) => Note(sequences, _attempts.Begin);

    /// <summary>There was an answer, and this process is still here.</summary>
    public void Tried(IReadOnlyCollection<long> sequences) => Note(sequences, _attempts.End);

    /// <summary>Keeps what the service refused, for people to read. Written by the next <see cref="Maintain"/>.</summary>
    public void Bury(DeadLetter letter) => DeadLetters.Add(letter);

    // ---- anybody -------------------------------------------------------------------------------------------------------------------

    /// <summary>Records on disk that are not settled, those that were read included.</summary>
    public long Rows => _index.Rows;

    /// <summary>What the files take.</summary>
    public long Bytes => _index.Bytes;

    /// <summary>Committed records that a read would find now.</summary>
    public long Unread => _index.Unread;

    /// <summary>Whether there are records that were not read, even if none can be read now.</summary>
    public bool HasUnread => _index.HasUnread;

    /// <summary>A file cannot be read at the moment; <see cref="Maintain"/> lets it be tried again, a second later.</summary>
    public bool IsUnreadable => _index.IsParked;

    /// <summary>Whether that record is on disk and not settled.</summary>
    public bool IsPending(long sequence) => _index.IsPending(sequence);

    /// <summary>When the oldest record that is not settled was accepted, UTC ticks; <see cref="long.MaxValue"/>: there is none.</summary>
    public long OldestTicks => _index.OldestTicks;

    /// <summary>Notes what was settled, and gives the files up: what is left in them is for the next process.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }
        _isDisposed = true;
        _writer.Drop();
        Quietly(_reader.Close);
        _writer.Seal();
        Quietly(_notes.Write);
        if (_folders is { } folders)
        {
            Quietly(WriteForPeople);
            if (_writer.Home is { } own)
            {
                folders.Homes.Add(own);
            }
            foreach (var home in folders.Homes.All.ToList())
            {
                folders.Homes.Close(home);
            }
        }
    }

    void Note(IReadOnlyCollection<long> sequences, Action<SpoolSegment, List<RowRange>> note)
    {
        foreach (var (segment, rows) in _index.AdoptedPlaces(sequences))
        {
            Quietly(() => note(segment, rows));
        }
    }

    // ---- parts ---------------------------------------------------------------------------------------------------------------------

    Folders Ready()
    {
        if (_folders is null)
        {
            var root = Path.GetFullPath(_settings.Directory);
            var corrupt = new BoundedFolder(_files, Path.Combine(root, "corrupt"), _clock);
            _folders = new Folders(root, corrupt, new BoundedFolder(_files, Path.Combine(root, "dead-letters"), _clock), new SpoolHomes(_settings, _files, _index, _notes, corrupt, _clock));
        }
        return _folders;
    }

    void Adopt()
    {
        var folders = Ready();
        if (_searchedAt is not { } searched || _clock.GetElapsedTime(searched) >= SearchPeriod)
        {
            _searchedAt = _clock.GetTimestamp();
            folders.Homes.Search(folders.Root, _writer.Home);
        }
        folders.Homes.ReadAhead();
    }

    void LeaveIfMoved()
    {
        if (_writer.LeaveIfMoved() is { } home)
        {
            Ready().Homes.Add(home); // what is left in it is still read and noted
        }
    }

    /// <summary>Removes the oldest segments until so much can be written within the limit.</summary>
    /// <param name="folders">Where we are.</param>
    /// <param name="bytes">What is to be written.</param>
    /// <param name="isLone">A single record is written in any case.</param>
    void MakeRoom(Folders folders, long bytes, bool isLone)
    {
        if (bytes > _settings.LimitBytes && !isLone)
        {
            throw new IOException("more rows came at once than SpoolLimitBytes leaves room for");
        }
        while (_index.Bytes > 0 && _index.Bytes + bytes > _settings.LimitBytes)
        {
            if (_index.Oldest() is { } segment && (!segment.Home.IsOwn || !folders.Homes.HasPending))
            {
                if (_writer.Owns(segment))
                {
                    _writer.Seal();
                }
                Evict(segment);
            }
            else if (!folders.Homes.OpenNext(out _))
            {
                return;
            }
        }
    }

    void Evict(SpoolSegment segment)
    {
        var (bits, count) = _index.GiveUp(segment);
        var projects = new Dictionary<Session.ProjectKey, int>();
        Quietly(() => CountProjects(segment, bits, projects));
        foreach (var (project, rows) in projects)
        {
            _index.Tell(SpoolNewsKind.Evicted, project, rows, 0, SpoolText.Evicted);
        }
        if (count - projects.Values.Sum() is > 0 and var unreadable)
        {
            _index.Tell(SpoolNewsKind.Evicted, null, unreadable, segment.Length, SpoolText.Evicted);
        }
        _notes.Remove(segment);
    }

    void CountProjects(SpoolSegment segment, RowBits bits, Dictionary<Session.ProjectKey, int> projects)
    {
        using var file = _files.Open(segment.RowsPath);
        if (file is null)
        {
            return;
        }
        _frames.Start(file, segment.RecordsAt, segment.FirstNumber, segment.FirstNumber - 1);
        while (_frames.Next(segment.Length) is { IsRecord: true } frame)
        {
            if (bits[(int)(frame.Number - segment.FirstNumber)] && SpoolFormat.TryReadBody(frame.Body, _projects, out var record))
            {
                projects[record.Project] = projects.GetValueOrDefault(record.Project) + 1;
            }
        }
        _frames.Stop();
    }

    void WriteForPeople()
    {
        var folders = Ready();
        while (_index.TryTakeDamage(out var bytes))
        {
            folders.Corrupt.Write(".bytes", bytes);
        }
        DeadLetters.Write(folders.Letters);
    }

    void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) // tried again by the next call
        {
            Tell(exception);
        }
    }

    /// <summary>Once, until it works again.</summary>
    void Tell(Exception exception)
    {
        if (!_isTold)
        {
            _isTold = true;
            BraintrustDiagnostics.Warn("spool", $"The spool '{_settings.Directory}' cannot be used, rows stay in memory meanwhile: {exception.Message}", 1);
        }
    }

    sealed record Folders(string Root, BoundedFolder Corrupt, BoundedFolder Letters, SpoolHomes Homes);
}
