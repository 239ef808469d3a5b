using System.Text;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Tool;

static class ExportCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken stop)
    {
        using var store = new LocalStore(DataFolder.Existing(arguments), TimeProvider.System);
        var rows = Rows(store, arguments);
        var file = arguments.Text("--out");
        var output = file is null ? Console.OpenStandardOutput() : File.Create(file);
        await using var closing = output.ConfigureAwait(false);
        var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        await using var flushing = writer.ConfigureAwait(false);
        var count = 0;
        foreach (var row in rows)
        {
            await writer.WriteLineAsync(row.AsMemory(), stop);
            count++;
        }
        await Console.Error.WriteLineAsync($"{count} {(count == 1 ? "row" : "rows")}{(file is null ? "" : $" to {file}")}");
        return 0;
    }

    /// <summary>The rows that the options name.</summary>
    /// <exception cref="UsageException">There are none.</exception>
    public static IEnumerable<string> Rows(LocalStore store, Arguments arguments)
    {
        if (arguments.Text("--trace") is { } trace)
        {
            var rows = store.Rows.OfTrace(trace).Select(RowText.Write).ToList();
            return rows.Count > 0 ? rows : throw new UsageException($"No row of the trace \"{trace}\" is stored.");
        }
        var name = arguments.Needed("--project");
        return store.Rows.Texts((store.Projects.Find(name) ?? throw new UsageException(NoProject(store, name))).Id);
    }

    static string NoProject(LocalStore store, string name) =>
        $"There is no project \"{name}\"{(store.Projects.All() is { Count: > 0 } all ? $", only {string.Join(", ", all.Select(it => it.Name))}" : "")}.";
}
