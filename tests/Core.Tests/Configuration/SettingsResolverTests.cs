using Braintrust.Logging;
using Braintrust.Logging.Configuration;
using Braintrust.Logging.Session;

namespace Braintrust.Logging.Tests.Configuration;

public sealed class SettingsResolverTests : IDisposable
{
    readonly TemporaryFolder tree = new();
    readonly Dictionary<string, string> environment = [];
    readonly BraintrustOptions options = new();
    int looksAtTheFolder;

    [Fact]
    public void WithNothingGivenTheDefaultsHold()
    {
        var settings = Resolve();
        Assert.Equal(new ConnectionSettings("https://www.braintrust.dev", null, null, null, false), settings.Connection);
        Assert.Equal(new ProjectKey("Global", null), settings.Project);
        Assert.Equal("https://www.braintrust.dev", settings.AppPublicUrl);
        Assert.Null(settings.Environment);
    }

    [Fact]
    public void CodeIsBeforeTheEnvironmentIsBeforeTheFileValueByValue()
    {
        options.ApiKey = " code-key\r\n";
        environment["BRAINTRUST_API_KEY"] = "environment-key";
        environment["BRAINTRUST_ORG_NAME"] = "environment-org";
        tree.Write("", "BRAINTRUST_API_KEY=file-key\nBRAINTRUST_ORG_NAME=file-org\nBRAINTRUST_API_URL=https://file.example/");
        var connection = Resolve().Connection;
        Assert.Equal(("code-key", "environment-org", "https://file.example"), (connection.ApiKey, connection.OrgName, connection.ApiUrl));
    }

    [Fact]
    public void BlankCountsAsNotGiven()
    {
        (options.ApiKey, options.OrgName, options.AppUrl) = ("  ", "", "\t");
        environment["BRAINTRUST_API_KEY"] = "   ";
        tree.Write("", "BRAINTRUST_API_KEY=file-key");
        Assert.Equal("file-key", Resolve().Connection.ApiKey);
    }

    [Fact]
    public void TheFileIsLookedForOnlyWhenAValueIsLacking()
    {
        foreach (var variable in EnvironmentVariables.AllowedInFile)
        {
            environment[variable] = variable.EndsWith("URL", StringComparison.Ordinal) ? "https://x.example"
                : variable == "BRAINTRUST_PROJECT_ID" ? "0b000000-0000-4000-8000-00000000000a" : "given";
        }
        Resolve();
        Assert.Equal(0, looksAtTheFolder);
        environment.Remove("BRAINTRUST_ORG_NAME");
        Resolve();
        Assert.Equal(1, looksAtTheFolder);
    }

    [Fact]
    public void AProjectNamedInCodeIsNotSentElsewhereByAnIdInTheEnvironment()
    {
        options.Project = "Mine";
        environment["BRAINTRUST_PROJECT_ID"] = "0b000000-0000-4000-8000-00000000000a";
        Assert.Equal(new ProjectKey("Mine", null), Resolve().Project);
    }

    [Fact]
    public void TheEnvironmentsProjectIsBeforeTheFiles()
    {
        environment["BRAINTRUST_PROJECT"] = "From the environment";
        tree.Write("", "BRAINTRUST_PROJECT_ID=0b000000-0000-4000-8000-00000000000a");
        Assert.Equal(new ProjectKey("From the environment", null), Resolve().Project);
    }

    [Fact]
    public void TheVariablesOfBraintrustsOwnSdkCountWhereNothingElseIsSaid()
    {
        environment["BRAINTRUST_DEFAULT_PROJECT_NAME"] = "From the SDK";
        Assert.Equal(new ProjectKey("From the SDK", null), Resolve().Project);
        tree.Write("", "BRAINTRUST_PROJECT=From the file");
        Assert.Equal(new ProjectKey("From the file", null), Resolve().Project);
    }

    [Fact]
    public void AKeySetLaterIsFound()
    {
        var settings = Resolve();
        Assert.Null(settings.KeySource());
        tree.Write("", "BRAINTRUST_API_KEY=late");
        Assert.Equal("late", settings.KeySource());
        environment["BRAINTRUST_API_KEY"] = "later\n";
        Assert.Equal("later", settings.KeySource());
    }

    [Fact]
    public void AKeyInCodeStays()
    {
        options.ApiKey = "code";
        var settings = Resolve();
        environment["BRAINTRUST_API_KEY"] = "other";
        Assert.Equal("code", settings.KeySource());
    }

    [Theory]
    [InlineData("BRAINTRUST_APP_URL", "ftp://host", "BRAINTRUST_APP_URL must be an absolute https URL, such as https://www.braintrust.dev.")]
    [InlineData("BRAINTRUST_API_URL", "api.example", "BRAINTRUST_API_URL must be an absolute https URL, such as https://www.braintrust.dev.")]
    [InlineData("BRAINTRUST_PROJECT_ID", "42", "BRAINTRUST_PROJECT_ID must be a UUID, such as 0b000000-0000-4000-8000-00000000000a.")]
    public void WhatTheEnvironmentGetsWrongNamesTheVariable(string variable, string value, string message)
    {
        environment[variable] = value;
        Assert.Equal(message, Assert.Throws<ArgumentException>(Resolve).Message);
    }

    [Fact]
    public void TheFrontEndSaysHowAnOptionIsCalled()
    {
        options.AppUrl = "nonsense";
        var error = Assert.Throws<ArgumentException>(() => SettingsResolver.Resolve(options, Sources(), "Logging:Braintrust:"));
        Assert.StartsWith("Logging:Braintrust:AppUrl must be", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ThePrintedSettingsHideTheKey()
    {
        options.ApiKey = "sk-canary";
        Assert.DoesNotContain("sk-canary", Resolve().ToString(), StringComparison.Ordinal);
    }

    ResolvedSettings Resolve() => SettingsResolver.Resolve(options, Sources());

    SettingsSources Sources() => new(environment.GetValueOrDefault, () =>
    {
        looksAtTheFolder++;
        return tree.Path;
    });

    public void Dispose() => tree.Dispose();
}
