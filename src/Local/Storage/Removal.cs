namespace Braintrust.Logging.Local.Storage;

/// <summary>Takes rows out with all that hangs on them: comments, who changed them, and the files that no other row refers to.</summary>
sealed class Removal(Writer writer)
{
    // Few enough that others who write need not wait long.
    const int TracesAtOnce = 25;

    const string OfTrace =
        "select id from row where project = $1 and trace = $2 union all select c.id from row r join row c on c.project = r.project and c.commented = r.id where r.project = $1 and r.trace = $2";
    const string OfRow = "select $2 union all select id from row where project = $1 and commented = $2";
    const string OfProject = "select id from row where project = $1 and $2 = ''";

    /// <summary>False: there is no such trace.</summary>
    public Task<bool> TraceAsync(string project, string trace) => writer.RunAsync(it => Trace(it, project, trace));

    /// <summary>Some of the traces that the condition holds for, those first that changed longest ago; none once all are gone.</summary>
    public Task<IReadOnlyList<TraceKey>> OldestAsync(string where, params object?[] arguments) => writer.RunAsync(it => Oldest(it, where, arguments));

    /// <summary>
    /// Everything of a project, and how many traces that were. Its id stays known: an app that has it goes on logging, and what it logs brings the project back.
    /// </summary>
    public async Task<int> ProjectAsync(string project, CancellationToken cancellationToken = default)
    {
        var traces = 0;
        var newest = await writer.RunAsync(it => it.First("select coalesce(max(updated), 0) from trace where project = $1", row => row.GetDouble(0), project)).ConfigureAwait(false);
        while (await OldestAsync("where project = $1 and updated <= $2", project, newest).ConfigureAwait(false) is { Count: > 0 } gone) // an app that goes on logging keeps nobody here
        {
            traces += gone.Count;
            cancellationToken.ThrowIfCancellationRequested();
        }
        await writer.RunAsync(it =>
        {
            // Also what came in between, and comments whose row never came.
            Rows(it, OfProject, project, "");
            it.Execute("delete from trace where project = $1", project);
            return it.Execute("update project set removed = 1 where id = $1", project);
        }).ConfigureAwait(false);
        return traces;
    }

    public static void Row(Writer writer, string project, string id) => Rows(writer, OfRow, project, id);

    static IReadOnlyList<TraceKey> Oldest(Writer writer, string where, object?[] arguments)
    {
        var oldest = writer.All($"select project, trace from trace {where} order by updated limit {TracesAtOnce}", row => new TraceKey(row.GetString(0), row.GetString(1)), arguments);
        foreach (var (project, trace) in oldest)
            Trace(writer, project, trace);
        return oldest;
    }

    static bool Trace(Writer writer, string project, string trace)
    {
        Rows(writer, OfTrace, project, trace);
        return writer.Execute("delete from trace where project = $1 and trace = $2", project, trace) > 0;
    }

    static void Rows(Writer writer, string ids, string project, string of)
    {
        var files = writer.All($"select distinct key from attachment_ref where project = $1 and row in ({ids})", row => row.GetString(0), project, of);
        writer.Execute($"delete from attachment_ref where project = $1 and row in ({ids})", project, of);
        writer.Execute($"delete from audit where project = $1 and row in ({ids})", project, of);
        writer.Execute($"delete from row where project = $1 and id in ({ids})", project, of);
        foreach (var key in files)
            writer.Execute("delete from attachment where key = $1 and not exists (select 1 from attachment_ref where key = $1)", key);
    }
}
