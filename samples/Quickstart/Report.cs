using System.Text;
using Braintrust.Logging;
using Braintrust.Logging.Local;
using Samples;

namespace Quickstart;

static class Report
{
    /// <summary>Prints what arrived. True: all of it.</summary>
    public static bool Print(Account account, List<BraintrustSpan> traces, FlushResult flush, LedgerReader ledger)
    {
        Console.OutputEncoding = Encoding.UTF8;
        Console.WriteLine();
        var allThere = account.Local is { } local ? Trees(local, traces) : flush.Completed && Links(traces);

        var rows = ledger.Read();
        var nothingLost = flush is { Completed: true, Dropped: 0 } && rows.Accepted == rows.Delivered;
        Console.WriteLine($"{rows.Accepted} rows accepted = {rows.Delivered} delivered + {rows.Dropped} dropped + {rows.Queued} waiting");
        Console.WriteLine(nothingLost && allThere ? "Nothing was lost." : $"Something is missing. {flush.LastError}");
        return nothingLost && allThere;
    }

    /// <summary>
    /// Ends with a link to the trace just logged. A local Braintrust lives in this process, so the process stays for as long as somebody sits at the
    /// terminal; with its output or input redirected, as in CI, it ends at once.
    /// </summary>
    public static async Task ShowAsync(Account account, string link, bool stay)
    {
        stay |= !Console.IsInputRedirected && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("CI") is null;
        if (account.Local is null || !stay)
        {
            Console.WriteLine(account.Local is null ? $"See it: {link}" : $"With --stay this would open the trace, until Ctrl+C: {link}");
            return;
        }
        var stopped = new TaskCompletionSource();
        Console.CancelKeyPress += (_, pressed) => pressed.Cancel = stopped.TrySetResult();
        Console.WriteLine($"See it until Ctrl+C: {link}");
        await stopped.Task;
    }

    static bool Trees(BraintrustLocal local, List<BraintrustSpan> traces)
    {
        Console.WriteLine($"Read back from {local.Url}, project {ChatApp.Project}:");
        Console.WriteLine();
        var stored = local.Traces(ChatApp.Project).Reverse().ToList();
        foreach (var tree in stored)
        {
            Console.WriteLine(TraceText.Render([tree]));
        }
        return traces.Select(span => span.Id).SequenceEqual(stored.Select(tree => tree.Id)) && !stored.Exists(tree => tree.IsOrphan);
    }

    static bool Links(List<BraintrustSpan> traces)
    {
        foreach (var span in traces)
        {
            Console.WriteLine(span.Link());
        }
        Console.WriteLine();
        return true;
    }
}
