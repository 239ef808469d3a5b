using Braintrust.Logging.Spool;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>The system's disk, until it is told to fail or to stand still.</summary>
sealed class BrokenDisk : ISpoolFiles
{
    readonly SpoolFiles _files = new();
    readonly ManualResetEventSlim _moves = new(true);
    int _open;

    /// <summary>Whether writing fails as on a full volume.</summary>
    public bool IsFull { get; set; }

    /// <summary>Whether reading fails.</summary>
    public bool IsUnreadable { get; set; }

    /// <summary>What a failed call says; a full volume by default.</summary>
    public string Error { get; set; } = "No space left on device";

    /// <summary>What its calls are timed by, if a test is to say how long a write takes.</summary>
    public DiskClock? Clock { get; init; }

    TimeProvider ISpoolFiles.Time => Clock ?? TimeProvider.System;

    /// <summary>What went wrong, call by call.</summary>
    public Journal<BrokenCall> Happened { get; } = new();

    public int Failures => Happened.Entries.Count(static call => call == BrokenCall.Write);

    /// <summary>When a call has gone wrong that way.</summary>
    public Task WaitForAsync(BrokenCall call) => Happened.WaitForAsync(1, it => it == call, $"{call}");

    public void Stall() => _moves.Reset();

    public void Move() => _moves.Set();

    void Write(Action write)
    {
        if (!_moves.IsSet)
        {
            Happened.Add(BrokenCall.Stall);
            _moves.Wait(Patience.Limit);
        }
        if (IsFull)
        {
            Happened.Add(BrokenCall.Write);
            throw new IOException(Error);
        }
        Clock?.Advance(Clock.WriteTime);
        write();
    }

    Opened Wrap(ISpoolFile file)
    {
        MostOpen = Math.Max(MostOpen, Interlocked.Increment(ref _open));
        return new Opened(this, file);
    }

    void Read()
    {
        if (IsUnreadable)
        {
            Happened.Add(BrokenCall.Read);
            throw new IOException(Error);
        }
    }

    public void MakeFolder(string path) => _files.MakeFolder(path);

    public bool IsOurs(string folder) => _files.IsOurs(folder);

    /// <summary>How often a folder was listed.</summary>
    public int Lists { get; private set; }

    public IEnumerable<(string Name, long Length)> List(string folder)
    {
        Lists++;
        return _files.List(folder);
    }

    /// <summary>The most files that were open at once.</summary>
    public int MostOpen { get; private set; }

    public ISpoolFile Create(string path) => Wrap(_files.Create(path));

    public ISpoolFile? Open(string path) => _files.Open(path) is { } file ? Wrap(file) : null;

    public void Rename(string from, string to) => _files.Rename(from, to);

    public void Delete(string path) => _files.Delete(path);

    public void DeleteFolder(string path) => _files.DeleteFolder(path);

    public void SyncFolder(string path) => _files.SyncFolder(path);

    public IDisposable? TryLock(string path, bool create) => _files.TryLock(path, create);

    public (long Free, long Total) Room(string folder) => _files.Room(folder);

    sealed class Opened(BrokenDisk disk, ISpoolFile file) : ISpoolFile
    {
        public long Length => file.Length;

        public bool IsInPlace => file.IsInPlace;

        public int Read(Span<byte> into, long at)
        {
            disk.Read();
            return file.Read(into, at);
        }

        public void Write(ReadOnlySpan<byte> bytes, long at)
        {
            var copy = bytes.ToArray();
            disk.Write(() => file.Write(copy, at));
        }

        public void Truncate(long length) => file.Truncate(length);

        public void Sync() => file.Sync();

        public void Dispose()
        {
            Interlocked.Decrement(ref disk._open);
            file.Dispose();
        }
    }
}

/// <summary>Moves by so much with each write, and notes who waits.</summary>
sealed class DiskClock : FakeTimeProvider
{
    public TimeSpan WriteTime { get; init; }

    public Journal<TimeSpan> Waits { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Waits.Add(dueTime);
        return timer;
    }
}

/// <summary>How a call of a <see cref="BrokenDisk"/> goes wrong.</summary>
enum BrokenCall
{
    /// <summary>Nothing was read.</summary>
    Read,

    /// <summary>Nothing was written.</summary>
    Write,

    /// <summary>A write stands still.</summary>
    Stall,
}
