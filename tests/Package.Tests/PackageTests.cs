using System.Diagnostics;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;

namespace Braintrust.Logging.Tests.Packages;

/// <summary>What is in the packages.</summary>
[Collection("packages")]
public sealed class PackageTests(Feed feed)
{
    [PackageTheory]
    [InlineData("Braintrust.Logging", "lib/net8.0/Braintrust.Logging.dll")]
    [InlineData("Serilog.Sinks.Braintrust", "lib/net8.0/Serilog.Sinks.Braintrust.dll")]
    [InlineData("Braintrust.Extensions.Logging", "lib/net8.0/Braintrust.Extensions.Logging.dll")]
    [InlineData("Braintrust.Extensions.Hosting", "lib/net8.0/Braintrust.Extensions.Hosting.dll")]
    [InlineData("Braintrust.Logging.Testing", "lib/net8.0/Braintrust.Logging.Testing.dll")]
    [InlineData("Braintrust.Logging.Local", "lib/net10.0/Braintrust.Logging.Local.dll")]
    [InlineData("braintrust-local", "tools/net10.0/any/braintrust-local.dll")]
    public void APackageHasAllThatAGalleryShows(string id, string assembly)
    {
        using var package = ZipFile.OpenRead(Path.Combine(feed.Folder, $"{id}.{feed.Version}.nupkg"));
        var names = package.Entries.Select(entry => entry.FullName).ToList();
        Assert.Contains(assembly, names);
        Assert.Contains("README.md", names);
        Assert.Contains("icon.png", names);
        Assert.Equal(id != "braintrust-local", names.Contains(Path.ChangeExtension(assembly, ".xml")));

        var metadata = Specification(package);
        Assert.Equal(("MIT", "README.md", "icon.png"), (Value(metadata, "license"), Value(metadata, "readme"), Value(metadata, "icon")));
        Assert.All(new[] { "description", "tags", "authors" }, name => Assert.NotEmpty(Value(metadata, name)));
        Assert.True(File.Exists(Path.Combine(feed.Folder, $"{id}.{feed.Version}.snupkg")));
    }

    [PackageTheory]
    [InlineData("Serilog.Sinks.Braintrust")]
    [InlineData("Braintrust.Extensions.Logging")]
    public void APackageWithSettingsBringsTheirSchema(string id)
    {
        using var package = ZipFile.OpenRead(Path.Combine(feed.Folder, $"{id}.{feed.Version}.nupkg"));
        Assert.NotNull(package.GetEntry("ConfigurationSchema.json"));
        Assert.NotNull(package.GetEntry($"buildTransitive/net8.0/{id}.targets"));
    }

    [PackageTheory]
    [InlineData("Braintrust.Logging")]
    [InlineData("Serilog.Sinks.Braintrust", "ConfigurationSchema.json", "buildTransitive/net8.0/Serilog.Sinks.Braintrust.targets")]
    [InlineData("Braintrust.Extensions.Logging", "ConfigurationSchema.json", "buildTransitive/net8.0/Braintrust.Extensions.Logging.targets")]
    [InlineData("Braintrust.Extensions.Hosting")]
    [InlineData("Braintrust.Logging.Testing")]
    [InlineData("Braintrust.Logging.Local")]
    public void NothingElseIsInAPackage(string id, params string[] more)
    {
        using var package = Open(id);
        var lib = id == "Braintrust.Logging.Local" ? "lib/net10.0" : "lib/net8.0";
        Assert.Equal(
            ((string[])[$"{id}.nuspec", "README.md", "icon.png", $"{lib}/{id}.dll", $"{lib}/{id}.xml", .. more]).Order(StringComparer.Ordinal),
            package.Entries.Select(static it => it.FullName).Where(static it => !IsOfTheFormat(it)).Order(StringComparer.Ordinal));
    }

    [PackageFact]
    public void TheToolHasWhatItRunsWithAndNothingToProgramAgainst()
    {
        using var package = Open("braintrust-local");
        var names = package.Entries.Select(static it => it.FullName).Where(static it => !IsOfTheFormat(it)).ToList();
        Assert.All(names, static name => Assert.True(name.StartsWith("tools/net10.0/any/", StringComparison.Ordinal) || name is "braintrust-local.nuspec" or "README.md" or "icon.png", name));
        Assert.DoesNotContain(names, static name => name.Contains("wasm", StringComparison.Ordinal));
        Assert.Equal(["DotnetToolSettings.xml"], names.Where(static it => it.EndsWith(".xml", StringComparison.Ordinal)).Select(Path.GetFileName));
    }

    [PackageTheory]
    [InlineData("Braintrust.Logging", "lib/net8.0", true)]
    [InlineData("Serilog.Sinks.Braintrust", "lib/net8.0", true)]
    [InlineData("Braintrust.Extensions.Logging", "lib/net8.0", true)]
    [InlineData("Braintrust.Extensions.Hosting", "lib/net8.0", true)]
    [InlineData("Braintrust.Logging.Testing", "lib/net8.0", true)]
    [InlineData("Braintrust.Logging.Local", "lib/net10.0", false)]
    public void AnAssemblyIsTheSameFromTheSameSourceSaysWhetherItCanBeTrimmedAndHasItsSymbolsBesideIt(string id, string folder, bool canBeTrimmed)
    {
        using var package = Open(id);
        using var symbols = ZipFile.OpenRead(Path.Combine(feed.Folder, $"{id}.{feed.Version}.snupkg"));
        var assembly = Bytes(package, $"{folder}/{id}.dll");

        using var image = new PEReader(new MemoryStream(assembly));
        var entries = image.ReadDebugDirectory();
        Assert.Contains(entries, static it => it.Type == DebugDirectoryEntryType.Reproducible);
        Assert.Equal(canBeTrimmed, Encoding.UTF8.GetString(assembly).Contains("IsTrimmable", StringComparison.Ordinal));

        using var provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(Bytes(symbols, $"{folder}/{id}.pdb")));
        var view = image.ReadCodeViewDebugDirectoryData(entries.Single(static it => it.Type == DebugDirectoryEntryType.CodeView));
        Assert.Equal(view.Guid, new BlobContentId(provider.GetMetadataReader().DebugMetadataHeader!.Id).Guid);
    }

    [PackageFact]
    public void TheCoreDependsOnNothingAndTheOthersOnTheVeryCoreTheyWereBuiltWithAndTheLowestOfTheRest()
    {
        var core = $"[{feed.Version}]";
        Assert.Equal("", Dependencies("Braintrust.Logging"));
        Assert.Equal($"Braintrust.Logging {core}, Microsoft.Extensions.Configuration.Abstractions 8.0.0, Serilog 4.3.0, Serilog.Sinks.PeriodicBatching 5.0.0", Dependencies("Serilog.Sinks.Braintrust"));
        Assert.Equal(
            $"Braintrust.Logging {core}, Microsoft.Extensions.Compliance.Abstractions 9.0.0, Microsoft.Extensions.Logging.Abstractions 9.0.0, Microsoft.Extensions.Logging.Configuration 8.0.1",
            Dependencies("Braintrust.Extensions.Logging"));
        Assert.Equal(
            $"Braintrust.Extensions.Logging {feed.Version}, Braintrust.Logging {core}, Microsoft.Extensions.Diagnostics.HealthChecks 8.0.11, Microsoft.Extensions.Hosting.Abstractions 8.0.1",
            Dependencies("Braintrust.Extensions.Hosting"));
        Assert.Equal($"Braintrust.Logging {core}", Dependencies("Braintrust.Logging.Testing"));
        Assert.Equal("Microsoft.Data.Sqlite 10.0.11, SQLitePCLRaw.bundle_e_sqlite3 2.1.13", Dependencies("Braintrust.Logging.Local"));
        Assert.Equal("", Dependencies("braintrust-local"));
    }

    [PackageFact]
    public async Task WhereTheRepositoryHasARemoteThePackageNamesItAndItsSymbolsLeadToTheSources()
    {
        var clone = Path.Combine(feed.Folder, "..", "clone");
        await GitAsync("clone", "--quiet", Feed.Repository, clone);
        await GitAsync("-C", clone, "remote", "set-url", "origin", "https://github.com/example/braintrust-logging.git");
        await Feed.RunAsync(clone, "pack", "src/Core", "-c", "Release", "-o", "out", $"-p:MinVerVersionOverride={feed.Version}", "--nologo", "-v", "q");

        using var package = ZipFile.OpenRead(Path.Combine(clone, "out", $"Braintrust.Logging.{feed.Version}.nupkg"));
        var repository = Specification(package).Elements().Single(static it => it.Name.LocalName == "repository");
        Assert.StartsWith("https://github.com/example/braintrust-logging", repository.Attribute("url")!.Value, StringComparison.Ordinal);
        using var symbols = ZipFile.OpenRead(Path.Combine(clone, "out", $"Braintrust.Logging.{feed.Version}.snupkg"));
        Assert.Contains(
            $"https://raw.githubusercontent.com/example/braintrust-logging/{repository.Attribute("commit")!.Value}/",
            Encoding.UTF8.GetString(Bytes(symbols, "lib/net8.0/Braintrust.Logging.pdb")), StringComparison.Ordinal);
    }

    static async Task GitAsync(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardError = true })!;
        var error = await git.StandardError.ReadToEndAsync();
        await git.WaitForExitAsync();
        Assert.True(git.ExitCode == 0, error);
    }

    ZipArchive Open(string id) => ZipFile.OpenRead(Path.Combine(feed.Folder, $"{id}.{feed.Version}.nupkg"));

    static bool IsOfTheFormat(string name) => name is "[Content_Types].xml" || name.StartsWith("_rels/", StringComparison.Ordinal) || name.StartsWith("package/", StringComparison.Ordinal);

    static byte[] Bytes(ZipArchive package, string name)
    {
        using var stream = package.GetEntry(name)!.Open();
        var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    string Dependencies(string id)
    {
        using var package = Open(id);
        return string.Join(", ", Specification(package).Descendants().Where(static it => it.Name.LocalName == "dependency")
            .Select(static it => $"{it.Attribute("id")!.Value} {it.Attribute("version")!.Value}").Order(StringComparer.Ordinal));
    }

    static XElement Specification(ZipArchive package)
    {
        using var stream = package.Entries.Single(static entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream).Root!.Elements().Single();
    }

    static string Value(XElement metadata, string name) => metadata.Elements().SingleOrDefault(it => it.Name.LocalName == name)?.Value ?? "";
}
