using Microsoft.Win32.SafeHandles;

namespace Braintrust.Logging.Spool;

/// <summary>The real disk.</summary>
sealed class SpoolFiles : ISpoolFiles
{
    const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    const UnixFileMode FileMode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    static readonly bool IsWindows = OperatingSystem.IsWindows();

    public void MakeFolder(string path)
    {
        if (!Exists(path))
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, FolderMode);
            }
        }
        if (WhyNotOurs(path) is { } why)
        {
            throw new IOException(why);
        }
    }

    public bool IsOurs(string folder) => WhyNotOurs(folder) is null;

    public IEnumerable<(string Name, long Length)> List(string folder)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            yield return (entry.Name, entry is FileInfo { Exists: true } file ? file.Length : 0);
        }
    }

    // A new name only: no link is followed and no pipe opened.
    public ISpoolFile Create(string path) => new OpenFile(path, Stream(path, FileShare.ReadWrite | FileShare.Delete));

    public ISpoolFile? Open(string path)
    {
        if (IsWindows)
        {
            var file = new FileInfo(path);
            return file.Exists && file.LinkTarget is null ? new OpenFile(path, File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete)) : null;
        }
        return OpenPlain(path) is { } handle ? new OpenFile(path, handle) : null;
    }

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
        }
    }

    public void DeleteFolder(string path)
    {
        try
        {
            Directory.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
        }
    }

    public void SyncFolder(string path)
    {
        if (IsWindows)
        {
            return; // NTFS keeps its own journal of names
        }
        using var folder = Posix.Open(path, write: false) ?? throw new DirectoryNotFoundException($"{path} is gone");
        Posix.Sync(folder, path);
    }

    public IDisposable? TryLock(string path, bool create)
    {
        if (IsWindows)
        {
            return LockOfWindows(path, create);
        }
        var file = OpenPlain(path);
        if (file is null && create)
        {
            try
            {
                file = Stream(path, FileShare.ReadWrite | FileShare.Delete);
            }
            catch (IOException) when (Exists(path)) // somebody was faster
            {
                file = OpenPlain(path);
            }
        }
        // Who held the lock before may have removed the file while we waited to have it: then it locks nothing.
        if (file is not null && !(Posix.TryLock(file, path) && IsSame(file, path)))
        {
            file.Dispose();
            file = null;
        }
        return file;
    }

    public (long Free, long Total) Room(string folder)
    {
        var volume = new DriveInfo(folder);
        return (volume.AvailableFreeSpace, volume.TotalSize);
    }

    static SafeFileHandle Stream(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FileMode600;
        }
        var stream = new FileStream(path, options);
        GC.SuppressFinalize(stream); // only its handle is wanted; File.OpenHandle takes no mode
        return stream.SafeFileHandle;
    }

    static SafeFileHandle? OpenPlain(string path)
    {
        var handle = Posix.Open(path, write: true);
        if (handle is not null && Posix.Facts(handle) is { } facts && !(facts.IsPlainFile && facts.User == Posix.UserId && facts.Names <= 1))
        {
            handle.Dispose();
            return null;
        }
        return handle;
    }

    static FileStream? LockOfWindows(string path, bool create)
    {
        try
        {
            return create || File.Exists(path) ? new FileStream(path, create ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite, FileShare.Delete) : null;
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    static bool Exists(string path) => Directory.Exists(path) || File.Exists(path) || new FileInfo(path).LinkTarget is not null;

    static bool IsSame(SafeFileHandle file, string path) =>
        Posix.Facts(path) is { } named && Posix.Facts(file) is { } opened ? named.Identity == opened.Identity : !OperatingSystem.IsLinux() && File.Exists(path);

    static string? WhyNotOurs(string folder)
    {
        var entry = new DirectoryInfo(folder);
        if (entry.LinkTarget is not null)
        {
            return "it is a symbolic link";
        }
        if (!entry.Exists)
        {
            return File.Exists(folder) ? "it is not a folder" : "it is not there";
        }
        if (IsWindows)
        {
            return null;
        }
        if (Posix.Facts(folder) is not { } facts)
        {
            return (entry.UnixFileMode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0 ? null : "others may write to it";
        }
        return !facts.IsFolder ? "it is not a folder"
            : facts.User != Posix.UserId ? "it belongs to another user"
            : facts.OthersMayWrite ? "others may write to it"
            : null;
    }

    sealed class OpenFile(string path, SafeFileHandle handle) : ISpoolFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public bool IsInPlace => IsWindows || IsSame(handle, path);

        public int Read(Span<byte> into, long at)
        {
            var read = 0;
            while (read < into.Length && RandomAccess.Read(handle, into[read..], at + read) is > 0 and var more)
            {
                read += more;
            }
            return read;
        }

        public void Write(ReadOnlySpan<byte> bytes, long at) => RandomAccess.Write(handle, bytes, at);

        public void Truncate(long length) => RandomAccess.SetLength(handle, length);

        public void Sync()
        {
            if (IsWindows)
            {
                RandomAccess.FlushToDisk(handle);
            }
            else
            {
                Posix.Sync(handle, path);
            }
        }

        public void Dispose() => handle.Dispose();
    }
}
