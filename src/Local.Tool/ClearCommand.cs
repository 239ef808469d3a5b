using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Tool;

static class ClearCommand
{
    /// <summary>Removes what is stored: of one project, or of all.</summary>
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var store = new LocalStore(DataFolder.Existing(arguments), TimeProvider.System);
        var projects = arguments.Text("--project") is { } name ? [ExportCommand.ProjectOf(store, name)] : store.Projects.All();
        foreach (var project in projects)
        {
            var gone = await store.Projects.RemoveAsync(project, cancellationToken);
            Console.Out.WriteLine($"Removed \"{project.Name}\": {gone} {(gone == 1 ? "trace" : "traces")}.");
        }
        return 0;
    }
}
