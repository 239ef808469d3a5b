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
        if (arguments.Text("--trace") is not { } trace)
            return store.Rows.Texts(ProjectOf(store, arguments.Needed("--project")).Id);

        var project = arguments.Text("--project") is { } name ? ProjectOf(store, name) : null;
        if (project is null && store.Traces.ProjectsOf(trace) is { Count: > 1 } several)
            throw new UsageException($"The trace \"{trace}\" has rows in several projects; name one with --project: {string.Join(", ", several.Select(id => store.Projects.FindById(id)?.Name).Order(StringComparer.Ordinal))}.");
        var rows = store.Rows.OfTrace(trace, project?.Id).Select(RowText.Write).ToList();
        return rows.Count > 0 ? rows : throw new UsageException($"No row of the trace \"{trace}\" is stored{(project is null ? "" : $" in the project \"{project.Name}\"")}.");
    }

    /// <exception cref="UsageException">There is none of that name.</exception>
    public static Project ProjectOf(LocalStore store, string name) => store.Projects.Find(name) ?? throw new UsageException(
        $"There is no project \"{name}\"{(store.Projects.All() is { Count: > 0 } all ? $", only {string.Join(", ", all.Select(it => it.Name))}" : "")}.");
}
