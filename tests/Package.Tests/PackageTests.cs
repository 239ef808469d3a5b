using System.IO.Compression;
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

    [PackageFact]
    public void TheCoreDependsOnNothingAndTheOthersOnTheVeryCoreTheyWereBuiltWith()
    {
        Assert.Empty(Dependencies("Braintrust.Logging"));
        Assert.Equal($"[{feed.Version}]", Dependencies("Serilog.Sinks.Braintrust")["Braintrust.Logging"]);
        Assert.Equal($"[{feed.Version}]", Dependencies("Braintrust.Extensions.Logging")["Braintrust.Logging"]);
        Assert.Equal($"[{feed.Version}]", Dependencies("Braintrust.Extensions.Hosting")["Braintrust.Logging"]);
        Assert.Equal($"[{feed.Version}]", Assert.Single(Dependencies("Braintrust.Logging.Testing")).Value);
        Assert.Equal("4.3.0", Dependencies("Serilog.Sinks.Braintrust")["Serilog"]);
        Assert.Equal("9.0.0", Dependencies("Braintrust.Extensions.Logging")["Microsoft.Extensions.Logging.Abstractions"]);
    }

    Dictionary<string, string> Dependencies(string id)
    {
        using var package = ZipFile.OpenRead(Path.Combine(feed.Folder, $"{id}.{feed.Version}.nupkg"));
        return Specification(package).Descendants().Where(static it => it.Name.LocalName == "dependency")
            .ToDictionary(static it => it.Attribute("id")!.Value, static it => it.Attribute("version")!.Value);
    }

    static XElement Specification(ZipArchive package)
    {
        using var stream = package.Entries.Single(static entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream).Root!.Elements().Single();
    }

    static string Value(XElement metadata, string name) => metadata.Elements().SingleOrDefault(it => it.Name.LocalName == name)?.Value ?? "";
}
