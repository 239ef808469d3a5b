namespace Braintrust.Logging.Spool;

/// <summary>
/// Notes on disk what was settled, in a small file beside each segment, and removes segments that are done. Entries of 16 bytes are appended, each with a checksum that is bound to the
/// segment; reading ends at the first that does not add up, so damage costs a second delivery and never a row.
/// </summary>
/// <remarks>
/// <para>
/// <b>What holds on disk after any crash:</b> of several writes of one row, a later one is never noted (or removed) while an earlier one is there and not noted. Else the earlier would be
/// sent again alone, and a finished span would be open again.
/// </para>
/// <para>
/// It holds because rows of one id are settled in their order, what is noted is a picture of one instant, and it goes to disk in the order of the records: within a file by ascending entries of
/// which a beginning survives, between files one after the other. For a kill that is enough: the kernel keeps what was written. For a loss of power (<see cref="SpoolSync.Fsync"/>) each step is
/// forced to disk before a later segment is touched: notes by fsync, a removal by an fsync of the folder; and a segment's rows go before its notes. When a step fails, all later ones wait.
/// </para>
/// </remarks>
sealed class SpoolNotes(ISpoolFiles files, SpoolIndex index, SpoolSync sync)
{
    const uint Settled = 1, Taken = 2, Released = 3; // the last two were written once, and mean nothing any more

    // Segments whose notes are written and not forced to disk.
    readonly List<SpoolSegment> _unsynced = [];

    /// <summary>Notes all that was settled.</summary>
    public void Write()
    {
        var parts = index.TakeSettled();
        for (var i = 0; i < parts.Count; i++)
        {
            try
            {
                Write(parts[i]);
            }
            catch when (IsMissing(parts[i].Segment))
            {
                Vanished(parts[i].Segment);
            }
            catch
            {
                for (; i < parts.Count; i++)
                {
                    index.PutBack(parts[i]);
                }
                throw;
            }
        }
    }

    /// <summary>Removes a segment's files. Records that the reader holds stay with it.</summary>
    public void Remove(SpoolSegment segment)
    {
        if (!segment.IsGone)
        {
            SyncBefore(segment);
            files.Delete(segment.RowsPath);
            if (sync == SpoolSync.Fsync)
            {
                files.SyncFolder(segment.Home.Folder);
            }
            files.Delete(segment.NotesPath);
            files.Delete(segment.AttemptsPath);
            _unsynced.Remove(segment);
        }
        index.Remove(segment);
    }

    /// <summary>What is noted of a segment: what was settled, and how far the file can be believed.</summary>
    public NotesReading Read(string path, ulong nonce)
    {
        using var file = files.Open(path);
        var settled = new List<RowRange>();
        if (file is null)
        {
            return new NotesReading(settled, 0, false);
        }
        // A segment's notes are far below this; what is longer was not written by us.
        var bytes = new byte[Math.Min(file.Length, 16 * 1024 * 1024)];
        var length = file.Read(bytes, 0);
        var valid = 0;
        for (; valid + SegmentEntry.Size <= length; valid += SegmentEntry.Size)
        {
            if (!SegmentEntry.TryRead(bytes.AsSpan(valid, SegmentEntry.Size), nonce, out var kind, out var range) || kind is < Settled or > Released)
            {
                break;
            }
            if (kind == Settled)
            {
                settled.Add(range);
            }
        }
        return new NotesReading(RowRange.Merge(settled), valid, length > valid);
    }

    void Write(SettledPart part)
    {
        if (part.IsDone)
        {
            Remove(part.Segment);
            return;
        }
        SyncBefore(part.Segment);
        var settled = RowRange.Merge(part.Ranges);
        Append(part.Segment, settled, [.. settled.Select(range => Entry(part.Segment, range))]);
    }

    void Append(SpoolSegment segment, List<RowRange> settled, IReadOnlyList<byte[]> entries)
    {
        if (segment.IsGone)
        {
            return;
        }
        if (segment.AreNotesSuspect)
        {
            Rewrite(segment, settled);
            return;
        }
        var bytes = entries.SelectMany(static entry => entry).ToArray();
        if (sync == SpoolSync.Fsync && !_unsynced.Contains(segment))
        {
            _unsynced.Add(segment);
        }
        try
        {
            using var file = segment.AreNotesNamed ? files.Open(segment.NotesPath) ?? throw new FileNotFoundException($"{segment.NotesPath} is gone") : files.Create(segment.NotesPath);
            file.Write(bytes, segment.NotesLength);
        }
        catch
        {
            segment.AreNotesSuspect = true;
            throw;
        }
        segment.AreNotesNamed = true;
        segment.Noted = settled.Count == 0 ? segment.Noted : RowRange.Merge([.. segment.Noted, .. settled]);
        AddLength(segment, bytes.Length);
    }

    /// <summary>All notes of a segment anew, in place of a file of which nothing is known. Nothing younger than the picture that is being written goes with it.</summary>
    void Rewrite(SpoolSegment segment, List<RowRange> settled)
    {
        var all = RowRange.Merge([.. segment.Noted, .. settled]);
        var bytes = all.SelectMany(range => Entry(segment, range)).ToArray();
        var path = segment.NotesPath + ".new";
        files.Delete(path);
        using (var file = files.Create(path))
        {
            file.Write(bytes, 0);
            if (sync == SpoolSync.Fsync)
            {
                file.Sync();
            }
        }
        files.Rename(path, segment.NotesPath);
        if (sync == SpoolSync.Fsync)
        {
            files.SyncFolder(segment.Home.Folder);
        }
        _unsynced.Remove(segment);
        AddLength(segment, bytes.Length - segment.NotesLength);
        (segment.AreNotesSuspect, segment.AreNotesNamed, segment.Noted) = (false, true, all);
    }

    /// <summary>Forces the notes of all earlier segments to disk.</summary>
    void SyncBefore(SpoolSegment segment)
    {
        foreach (var earlier in _unsynced.Where(earlier => earlier.Base < segment.Base).OrderBy(static earlier => earlier.Base).ToList())
        {
            try
            {
                if (earlier.AreNotesSuspect)
                {
                    Rewrite(earlier, []);
                    continue;
                }
                using var file = files.Open(earlier.NotesPath) ?? throw new FileNotFoundException($"{earlier.NotesPath} is gone");
                file.Sync();
                files.SyncFolder(earlier.Home.Folder);
            }
            catch when (IsMissing(earlier))
            {
                Vanished(earlier);
                continue;
            }
            catch
            {
                earlier.AreNotesSuspect = true; // after a failed fsync the old file may lie for ever
                throw;
            }
            _unsynced.Remove(earlier);
        }
    }

    /// <summary>Whether somebody removed its rows: then there is nothing in it that could come again, and nothing to wait for.</summary>
    bool IsMissing(SpoolSegment segment)
    {
        try
        {
            using var file = files.Open(segment.RowsPath);
            return file is null;
        }
        catch (Exception exception)
        {
            return exception is FileNotFoundException or DirectoryNotFoundException;
        }
    }

    void Vanished(SpoolSegment segment)
    {
        _unsynced.Remove(segment);
        var (_, rows) = index.GiveUp(segment);
        index.Remove(segment);
        if (rows > 0)
        {
            index.Tell(SpoolNewsKind.Corrupt, null, rows, 0, SpoolText.Vanished);
        }
    }

    void AddLength(SpoolSegment segment, long bytes)
    {
        segment.NotesLength += bytes;
        index.AddBytes(bytes);
    }

    static byte[] Entry(SpoolSegment segment, RowRange range)
    {
        var entry = new byte[SegmentEntry.Size];
        SegmentEntry.Write(entry, Settled, range, segment.Nonce);
        return entry;
    }
}

/// <summary>What the notes of a segment say.</summary>
/// <param name="Settled">Merged, ascending.</param>
/// <param name="Length">So much of the file adds up.</param>
/// <param name="HasGarbage">There is more in the file.</param>
readonly record struct NotesReading(List<RowRange> Settled, long Length, bool HasGarbage);
