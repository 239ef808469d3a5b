using System.Diagnostics;
using System.Globalization;

namespace Braintrust.Logging.Tests.Packages;

/// <summary>All packages, packed once under a version that nobody has seen, in a folder that is a package source.</summary>
public sealed class Feed : IAsyncLifetime
{
    // Serilog 4.3 warns of the reflection that it destructures with, whatever sink is there.
    const string SerilogsOwn = "Serilog.Capturing.PropertyValueConverter.";

    readonly string _root = Path.Combine(Path.GetTempPath(), $"braintrust-packages-{Guid.NewGuid():N}");

    public string Version { get; } = $"0.1.0-test.{DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture)}";

    public string Folder => Path.Combine(_root, "feed");

    public static string Repository { get; } = FindRoot();

    public async Task InitializeAsync()
    {
        if (PackageFactAttribute.Reason is not null)
        {
            return;
        }
        foreach (var project in new[] { "Core", "Serilog", "MEL", "Hosting", "Testing", "Local", "Local.Tool" })
        {
            await RunAsync(Repository, "pack", $"src/{project}", "-c", "Release", "-o", Folder, $"-p:MinVerVersionOverride={Version}", "--nologo", "-v", "q");
        }
    }

    /// <summary>A folder of its own, in which only our packages come from here: all else from where this machine gets packages.</summary>
    public async Task<string> ConsumerAsync(string name, string project, string program, params (string Name, string Text)[] files)
    {
        var folder = Path.Combine(_root, name);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(_root, "nuget.config"), $"""<configuration><packageSources><add key="packed" value="{Folder}" /></packageSources></configuration>""");
        await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.csproj"), project);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), program);
        foreach (var file in files)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, file.Name), file.Text);
        }
        return folder;
    }

    /// <summary>Runs dotnet; a failure fails the test with all that was printed, and so does a warning.</summary>
    public static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(static name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("BRAINTRUST_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }
        using var process = Process.Start(start)!;
        var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var output = string.Concat(texts);
        Assert.True(process.ExitCode == 0, output);
        Assert.DoesNotContain(output.Split('\n'), static line => line.Contains("warning ", StringComparison.Ordinal) && !line.Contains(SerilogsOwn, StringComparison.Ordinal));
        return output;
    }

    public async Task DisposeAsync()
    {
        if (!Directory.Exists(_root))
        {
            return;
        }
        var cache = (await RunAsync(_root, "nuget", "locals", "global-packages", "--list")).Split(": ", 2)[1].Trim();
        foreach (var package in Directory.EnumerateDirectories(cache, "*braintrust*"))
        {
            var used = Path.Combine(package, Version);
            if (Directory.Exists(used))
            {
                Directory.Delete(used, recursive: true);
            }
        }
        Directory.Delete(_root, recursive: true);
    }

    static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Braintrust.Logging.sln")))
        {
            folder = folder.Parent;
        }
        return folder.FullName;
    }
}

[CollectionDefinition("packages")]
public sealed class PackagesCollection : ICollectionFixture<Feed>;
