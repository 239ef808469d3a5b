using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Replaying;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Tool;

static class ReplayCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken stop)
    {
        var target = Target(arguments, Environment.GetEnvironmentVariable);
        var project = arguments.Text("--as") ?? arguments.Needed("--project");
        using var store = arguments.Text("--from") is { } file && !File.Exists(file) ? throw new UsageException($"There is no file {file}.")
            : arguments.Has("--from") && !arguments.Has("--db") ? new LocalStore(null, TimeProvider.System)
            : new LocalStore(DataFolder.Existing(arguments), TimeProvider.System);
        var rows = arguments.Text("--from") is { } from ? RowsIn(from) : ExportCommand.Rows(store, arguments);

        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(2) };
        var bar = new ProgressBar(Console.Error, rows.Count(), Console.IsErrorRedirected);
        var sent = await new Replay(http, target, TimeProvider.System).SendAsync(rows, project, store.Blobs.Find, bar.Show, stop);
        bar.End();
        Console.Out.WriteLine($"{sent} {(sent == 1 ? "row is" : "rows are")} in the project \"{project}\" at {target.AppUrl}.");
        return 0;
    }

    /// <exception cref="UsageException">A line is no row.</exception>
    public static IEnumerable<string> RowsIn(string file)
    {
        foreach (var (at, line) in File.ReadLines(file).Index())
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            if (Fault(line) is { } fault)
                throw new UsageException($"{file}, line {at + 1}: {fault}");
            yield return line;
        }
    }

    static string? Fault(string line)
    {
        try
        {
            return RowText.Parse(line) is JsonObject ? null : "a row is a JSON object.";
        }
        catch (JsonException e)
        {
            return e.Message;
        }
    }

    public static ReplayTarget Target(Arguments arguments, Func<string, string?> environment)
    {
        if (!Uri.TryCreate(arguments.Needed("--to"), UriKind.Absolute, out var to) || to.Scheme is not ("http" or "https"))
            throw new UsageException("--to must be an address, such as https://www.braintrust.dev.");
        if (to.Scheme == "http" && !to.IsLoopback)
            throw new UsageException("--to must begin with https: the key would travel in the open.");
        var key = environment("BRAINTRUST_API_KEY");
        if (string.IsNullOrWhiteSpace(key))
            throw new UsageException("Set BRAINTRUST_API_KEY to the key of the account to send to.");
        return new ReplayTarget(to, key.Trim(), environment("BRAINTRUST_ORG_NAME") is { Length: > 0 } organization ? organization : null);
    }
}
