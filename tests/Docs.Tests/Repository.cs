namespace Braintrust.Logging.Tests.Docs;

/// <summary>The files that the tests read.</summary>
static class Repository
{
    public static readonly string Root = FindRoot();

    public static IEnumerable<string> Pages =>
        Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateDirectories(Path.Combine(Root, "src")).Select(static project => Path.Combine(project, "README.md")).Where(File.Exists))
            .Prepend(Path.Combine(Root, "README.md"));

    public static IEnumerable<string> SampleFiles =>
        Directory.EnumerateFiles(Path.Combine(Root, "samples"), "*.cs", SearchOption.AllDirectories);

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    public static string Name(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Braintrust.Logging.sln")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? FindRootFromHere();
    }

    // With an output folder outside of the repository, the place of this file is all there is to go by.
    static string FindRootFromHere([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
