namespace Braintrust.Logging.Spool;

/// <summary>A folder of files for people: so many and so large at most, the oldest go first.</summary>
sealed class BoundedFolder(ISpoolFiles files, string path, TimeProvider clock)
{
    public const long MostBytes = 64L * 1024 * 1024;
    public const int MostFiles = 1000;

    // Others write here too, so what we have counted is only good for a while.
    const int CountAgainAfter = MostFiles / 8;

    int _count;
    long _bytes;
    int _sinceCounted = CountAgainAfter;

    public void Write(string ending, byte[] bytes)
    {
        MakeRoom(bytes.Length);
        var name = NewName(ending);
        try
        {
            using var file = files.Create(name);
            file.Write(bytes, 0);
        }
        catch
        {
            files.Delete(name); // half of it helps nobody
            throw;
        }
    }

    public void TakeIn(string file, long length, string ending)
    {
        MakeRoom(length);
        files.Rename(file, NewName(ending));
    }

    void MakeRoom(long bytes)
    {
        files.MakeFolder(path);
        if (_sinceCounted++ < CountAgainAfter && _count < MostFiles && _bytes + bytes <= MostBytes)
        {
            (_count, _bytes) = (_count + 1, _bytes + bytes);
            return;
        }
        // Names begin with the time.
        var entries = files.List(path).Where(static entry => entry.Length > 0).OrderBy(static entry => entry.Name, StringComparer.Ordinal).ToList();
        var (count, total) = (entries.Count, entries.Sum(static entry => entry.Length));
        var isFull = count >= MostFiles || total + bytes > MostBytes;
        foreach (var (name, length) in isFull ? entries : [])
        {
            if (count <= MostFiles - CountAgainAfter && total + bytes <= MostBytes - MostBytes / 8)
            {
                break; // room for a while
            }
            files.Delete(Path.Combine(path, name));
            (count, total) = (count - 1, total - length);
        }
        (_count, _bytes, _sinceCounted) = (count + 1, total + bytes, 1);
    }

    string NewName(string ending) =>
        Path.Combine(path, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{clock.GetUtcNow().UtcDateTime:yyyyMMdd'T'HHmmssfff'Z'}-{Guid.NewGuid():n}{ending}"));
}
