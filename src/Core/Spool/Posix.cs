using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Braintrust.Logging.Spool;

/// <summary>What .NET has no call for, or one that is not enough. Not for Windows.</summary>
/// <remarks>
/// <c>FileStream.Flush(true)</c> and <c>RandomAccess.FlushToDisk</c> come back without an exception when fsync fails on Linux; .NET cannot open a folder, and
/// follows links and waits for pipes when it opens a file; its locks can be turned off by an environment variable.
/// </remarks>
static partial class Posix
{
    const int NoSuchFile = 2;
    const int Interrupted = 4;
    const int NotSupported = 45; // ENOTSUP of macOS, where the drive has no full sync
    const int FullFsync = 51;
    const int LockExclusiveNow = 2 | 4;
    const int TheFolderAtHand = -100;
    const int NoFollow = 0x100;
    const int EmptyPath = 0x1000;
    const uint BasicStats = 0x7ff;

    static readonly bool IsMac = OperatingSystem.IsMacOS();

    public static uint UserId => geteuid();

    /// <summary>Opens an existing plain file or folder: no link is followed, and a pipe does not make us wait. Null: there is none, or it is a link.</summary>
    public static SafeFileHandle? Open(string path, bool write)
    {
        while (true)
        {
            var descriptor = open(path, (write ? 2 : 0) | OpenFlags);
            if (descriptor >= 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }
            var error = Marshal.GetLastPInvokeError();
            if (error == NoSuchFile || error == (IsMac ? 62 : 40) /* a link */ || error == 6 /* a socket */)
            {
                return null;
            }
            if (error != Interrupted)
            {
                throw Failure("open", path, error);
            }
        }
    }

    public static void Sync(SafeFileHandle file, string path)
    {
        while (true)
        {
            var result = IsMac ? fcntl(file, FullFsync) : fsync(file);
            if (result >= 0)
            {
                return;
            }
            var error = Marshal.GetLastPInvokeError();
            if (IsMac && error == NotSupported && fsync(file) == 0)
            {
                return;
            }
            if (error != Interrupted)
            {
                throw Failure("fsync", path, error);
            }
        }
    }

    /// <summary>False: somebody else holds it.</summary>
    public static bool TryLock(SafeFileHandle file, string path)
    {
        while (flock(file, LockExclusiveNow) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == (IsMac ? 35 : 11))
            {
                return false;
            }
            if (error != Interrupted)
            {
                throw Failure("flock", path, error);
            }
        }
        return true;
    }

    /// <summary>What a name stands for, links not followed. Null: nothing has the name, or the platform does not say.</summary>
    public static FileFacts? Facts(string path) => Statx(TheFolderAtHand, path, NoFollow);

    public static FileFacts? Facts(SafeFileHandle file)
    {
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            return Statx((int)file.DangerousGetHandle(), "", EmptyPath);
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }

    static int OpenFlags => IsMac
        ? 0x100 | 0x4 | 0x1000000 // no link, no waiting, not for children
        : (RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000) | 0x800 | 0x80000;

    // struct statx is the same for every Linux architecture, unlike struct stat.
    static FileFacts? Statx(int folder, string path, int flags)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }
        Span<byte> facts = stackalloc byte[256];
        facts.Clear();
        try
        {
            return statx(folder, path, flags, BasicStats, ref MemoryMarshal.GetReference(facts)) != 0
                ? null
                : new FileFacts(
                    MemoryMarshal.Read<ushort>(facts[28..]), MemoryMarshal.Read<uint>(facts[20..]), MemoryMarshal.Read<uint>(facts[16..]),
                    (MemoryMarshal.Read<ulong>(facts[136..]), MemoryMarshal.Read<ulong>(facts[32..])));
        }
        catch (EntryPointNotFoundException) // a C library from before 2018
        {
            return null;
        }
    }

    static Exception Failure(string call, string path, int error)
    {
        var message = $"{call} of {path}: {Marshal.GetPInvokeErrorMessage(error)}";
        return error is 1 or 13 ? new UnauthorizedAccessException(message) : new IOException(message, error);
    }

#pragma warning disable SYSLIB1054, IDE1006 // named as in C
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle file, int command);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, ref byte facts);

    [LibraryImport("libc")]
    private static partial uint geteuid();
#pragma warning restore SYSLIB1054, IDE1006
}

/// <summary>What a file is and whose.</summary>
readonly record struct FileFacts(ushort Mode, uint User, uint Names, (ulong Device, ulong Number) Identity)
{
    public bool IsPlainFile => (Mode & 0xf000) == 0x8000;

    public bool IsFolder => (Mode & 0xf000) == 0x4000;

    public bool OthersMayWrite => (Mode & 0b010_010) != 0;
}
