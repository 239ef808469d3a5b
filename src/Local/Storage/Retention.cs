namespace Braintrust.Logging.Local.Storage;

/// <summary>Keeps the database within its bounds: whole traces go, the oldest first, and it is said how many.</summary>
sealed class Retention(Writer writer, TimeProvider clock, long maxBytes, TimeSpan? maxAge, Action<string> tell, Action<IReadOnlyList<TraceKey>> changed)
{
    const int TracesAtOnce = 25;

    public async Task ApplyAsync()
    {
        if (maxAge is { } age)
        {
            var limit = RowStore.Seconds(clock) - age.TotalSeconds;
            var gone = 0;
            for (var some = -1; some != 0; gone += some)
                some = await RemoveAsync("where updated < $1", limit).ConfigureAwait(false);
            if (gone > 0)
                tell($"Removed {Traces(gone)} that had not changed for {age.TotalDays:0.#} days, which is how long they are kept.");
        }

        var removed = 0;
        while (await writer.RunAsync(SizeOf).ConfigureAwait(false) > maxBytes)
        {
            var some = await RemoveAsync("").ConfigureAwait(false);
            if (some == 0)
                break;
            removed += some;
        }
        if (removed > 0)
            tell($"Removed the oldest {Traces(removed)}: the database had grown beyond {maxBytes / (1024.0 * 1024):0.#} MiB.");
    }

    static string Traces(int count) => count == 1 ? "1 trace" : $"{count} traces";

    static long SizeOf(Writer writer) =>
        (writer.First("pragma page_count", row => row.GetInt64(0)) - writer.First("pragma freelist_count", row => row.GetInt64(0))) * writer.First("pragma page_size", row => row.GetInt64(0));

    async Task<int> RemoveAsync(string where, params object?[] arguments)
    {
        var gone = await writer.RunAsync(it => Remove(it, where, arguments)).ConfigureAwait(false);
        changed(gone);
        return gone.Count;
    }

    static List<TraceKey> Remove(Writer writer, string where, object?[] arguments)
    {
        var oldest = writer.All($"select project, trace from trace {where} order by updated limit {TracesAtOnce}", row => new TraceKey(row.GetString(0), row.GetString(1)), arguments);
        foreach (var (project, trace) in oldest)
        {
            writer.Execute("delete from audit where row in (select id from row where trace = $1 and project = $2)", trace, project);
            writer.Execute("delete from row where project = $2 and commented in (select id from row where trace = $1 and project = $2)", trace, project);
            // Only few rows refer to a file, and only those are searched for each file's key.
            foreach (var key in writer.All(
                """
                with referring as materialized (select body from row where trace = $1 and project = $2 and instr(body, 'braintrust_attachment') > 0)
                select distinct key from attachment join referring on instr(body, key) > 0
                """, row => row.GetString(0), trace, project))
                writer.Execute("delete from attachment where key = $1", key);
            writer.Execute("delete from row where trace = $1 and project = $2", trace, project);
            writer.Execute("delete from trace where project = $1 and trace = $2", project, trace);
        }
        return oldest;
    }
}
