namespace Braintrust.Logging.Local.Storage;

/// <summary>Keeps the database within its bounds: what nothing needs goes, then whole traces, the oldest first, and it is said how many.</summary>
sealed class Retention(Writer writer, Removal removal, TimeProvider clock, long maxBytes, TimeSpan? maxAge, Action<string> tell, Action<IReadOnlyList<TraceKey>> changed)
{
    // An upload and the row that refers to it come in any order, and again if an answer was lost.
    static readonly TimeSpan KeptUnused = TimeSpan.FromHours(1);
    static readonly TimeSpan StillWritten = TimeSpan.FromMinutes(1);

    int _applying;

    /// <param name="isFull">Nothing can be stored until something goes: then what is new may go too.</param>
    public async Task ApplyAsync(bool isFull = false)
    {
        if (Interlocked.Exchange(ref _applying, 1) == 1)
            return;
        try
        {
            await SweepAsync().ConfigureAwait(false);
            await KeepAgeAsync().ConfigureAwait(false);
            await KeepSizeAsync(isFull).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _applying, 0);
        }
    }

    /// <summary>Oversized bodies whose rows are long stored, files that no row refers to, comments without a row.</summary>
    Task<int> SweepAsync() => writer.RunAsync(it =>
    {
        var limit = Before(KeptUnused);
        foreach (var (project, id) in it.All(
            "select project, id from row where commented is not null and arrived < $1 and not exists (select 1 from row r where r.project = row.project and r.id = row.commented)",
            row => (row.GetString(0), row.GetString(1)), limit))
            Removal.Row(it, project, id);
        return it.Execute("delete from overflow where arrived < $1", limit)
            + it.Execute("delete from attachment where arrived < $1 and not exists (select 1 from attachment_ref where key = attachment.key)", limit);
    });

    async Task KeepAgeAsync()
    {
        if (maxAge is not { } age)
            return;
        var (limit, gone) = (Before(age), 0);
        for (var some = -1; some != 0; gone += some)
            some = await RemoveAsync("where updated < $1", limit).ConfigureAwait(false);
        if (gone > 0)
            tell($"Removed {Traces(gone)} that had not changed for {age.TotalDays:0.#} days, which is how long they are kept.");
    }

    async Task KeepSizeAsync(bool isFull)
    {
        var (removed, newest) = (0, isFull ? double.MaxValue : Before(StillWritten));
        while (await writer.RunAsync(it => Used(it) - (isFull ? 0 : Passing(it))).ConfigureAwait(false) > maxBytes)
        {
            var some = await RemoveAsync("where updated <= $1", newest).ConfigureAwait(false);
            if (some == 0)
                break;
            removed += some;
        }
        if (removed > 0)
            tell($"Removed the oldest {Traces(removed)}: the database had grown beyond {maxBytes / (1024.0 * 1024):0.#} MiB.");
    }

    static string Traces(int count) => count == 1 ? "1 trace" : $"{count} traces";

    static long Used(Writer writer) => (Number(writer, "pragma page_count") - Number(writer, "pragma freelist_count")) * Number(writer, "pragma page_size");

    /// <summary>Oversized bodies and files that no row refers to: they go by themselves, and removing traces would not make them fewer.</summary>
    static long Passing(Writer writer) =>
        Number(writer, "select coalesce(sum(length(bytes)), 0) from overflow")
        + Number(writer, "select coalesce(sum(length(bytes)), 0) from attachment where not exists (select 1 from attachment_ref where key = attachment.key)");

    static long Number(Writer writer, string sql) => writer.First(sql, row => row.GetInt64(0));

    double Before(TimeSpan span) => RowStore.Seconds(clock) - span.TotalSeconds;

    async Task<int> RemoveAsync(string where, double limit)
    {
        var gone = await removal.OldestAsync(where, limit).ConfigureAwait(false);
        changed(gone);
        return gone.Count;
    }
}
