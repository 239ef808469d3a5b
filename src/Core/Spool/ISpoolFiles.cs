namespace Braintrust.Logging.Spool;

/// <summary>What the spool asks of a disk. Every member may throw what the platform throws; files and folders are ours alone (0600, 0700) from the moment they exist.</summary>
interface ISpoolFiles
{
    /// <summary>By which its calls take long or not: real, whatever the client's clock says.</summary>
    TimeProvider Time => TimeProvider.System;

    /// <summary>Makes the folder unless it is there, and throws unless it is a folder of ours that nobody else can write to.</summary>
    void MakeFolder(string path);

    /// <summary>Whether this is a folder that <see cref="MakeFolder"/> would take as it is.</summary>
    bool IsOurs(string folder);

    /// <summary>What is in a folder, in no order. Lengths of folders are zero.</summary>
    IEnumerable<(string Name, long Length)> List(string folder);

    /// <summary>A new file; it throws if the name is taken.</summary>
    ISpoolFile Create(string path);

    /// <summary>A file to read and write. Null: there is none, or it is not a plain file of ours (a link, a pipe, a socket, one with several names): nothing to touch.</summary>
    ISpoolFile? Open(string path);

    /// <summary>Gives a file another name, in place of what had it.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file; none is fine.</summary>
    void Delete(string path);

    /// <summary>Removes an empty folder; none is fine.</summary>
    void DeleteFolder(string path);

    /// <summary>Makes names in a folder survive a loss of power.</summary>
    void SyncFolder(string path);

    /// <summary>Takes the lock that this file stands for, until it is disposed of or the process ends. Null: somebody else has it, or the file is not there and not <paramref name="create"/>d.</summary>
    IDisposable? TryLock(string path, bool create);

    /// <summary>What is free on the volume for us, and its size.</summary>
    (long Free, long Total) Room(string folder);
}

/// <summary>An open file.</summary>
interface ISpoolFile : IDisposable
{
    long Length { get; }

    /// <summary>Whether its name still leads to it.</summary>
    bool IsInPlace { get; }

    /// <summary>Fewer bytes than asked for: the file ends. </summary>
    int Read(Span<byte> into, long at);

    /// <summary>All of it, or an exception after any part of it.</summary>
    void Write(ReadOnlySpan<byte> bytes, long at);

    void Truncate(long length);

    /// <summary>Makes what was written survive a loss of power. After an exception nothing is known about it, and asking again does not help.</summary>
    void Sync();
}
