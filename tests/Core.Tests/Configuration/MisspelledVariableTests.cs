using Braintrust.Logging.Configuration;

namespace Braintrust.Logging.Tests.Configuration;

public sealed class MisspelledVariableTests : IDisposable
{
    readonly TemporaryFolder tree = new();
    readonly Dictionary<string, string> environment = [];

    [Theory]
    [InlineData("BRAINTRUST_APIKEY", "BRAINTRUST_API_KEY")]
    [InlineData("braintrust_api_key", "BRAINTRUST_API_KEY")]
    [InlineData("BRAINTRUST_KEY", "BRAINTRUST_API_KEY")]
    [InlineData("BRAINTUST_API_KEY", "BRAINTRUST_API_KEY")]
    [InlineData("BRAIN_TRUST_API_KEY", "BRAINTRUST_API_KEY")]
    [InlineData("BRAINTRUST_PROJECT_NAME", "BRAINTRUST_PROJECT")]
    [InlineData("BRAINTRUST_PROJEKT", "BRAINTRUST_PROJECT")]
    [InlineData("BRAINTRUST_PROJECTID", "BRAINTRUST_PROJECT_ID")]
    [InlineData("BRAINTRUST_ORG", "BRAINTRUST_ORG_NAME")]
    [InlineData("BRAINTRUST_APIURL", "BRAINTRUST_API_URL")]
    [InlineData("BRAINTRUST_API_URI", "BRAINTRUST_API_URL")]
    public void ASlipIsToldFrom(string name, string meant) => Assert.Equal(meant, EnvironmentVariables.Meant(name));

    [Theory]
    [InlineData("BRAINTRUST_API_KEY")]
    [InlineData("BRAINTRUST_DEFAULT_PROJECT_NAME")]
    [InlineData("BRAINTRUST_")]
    [InlineData("PATH")]
    [InlineData("BRAINTRUST_LONG_TESTS")]
    // Of other SDKs.
    [InlineData("BRAINTRUST_PARENT")]
    [InlineData("BRAINTRUST_PROXY_URL")]
    [InlineData("BRAINTRUST_QUEUE_SIZE")]
    [InlineData("BRAINTRUST_HTTP_TIMEOUT")]
    [InlineData("BRAINTRUST_DEFAULT_BATCH_SIZE")]
    [InlineData("BRAINTRUST_DEBUG")]
    [InlineData("BRAINTRUST_OTEL_COMPAT")]
    [InlineData("BRAINTRUST_DISABLE_ATEXIT_FLUSH")]
    [InlineData("BRAINTRUST_ENABLE_TRACE_CONSOLE_LOG")]
    [InlineData("BRAINTRUST_FILTER_AI_SPANS")]
    public void AnotherNameIsNone(string name) => Assert.Null(EnvironmentVariables.Meant(name));

    [Fact]
    public void WhatIsMeantIsNamedUnlessItIsSetToo()
    {
        environment["BRAINTRUST_APIKEY"] = "sk-canary";
        environment["BRAINTRUST_PROJECT_NAME"] = "mine";
        environment["BRAINTRUST_PROJECT"] = "mine";
        Assert.Equal(["The environment variable BRAINTRUST_APIKEY is not read. Did you mean BRAINTRUST_API_KEY?"], Sources().Misspelled());
    }

    [Fact]
    public void TheFileIsLookedAtOnceItWasAsked()
    {
        tree.Write("", "BRAINTRUST_APIKEY=sk-canary\nOTHER=1");
        var sources = Sources();
        Assert.Empty(sources.Misspelled());
        Assert.Null(sources.Find("BRAINTRUST_API_KEY"));
        Assert.Equal(["BRAINTRUST_APIKEY in .env.braintrust is not read. Did you mean BRAINTRUST_API_KEY?"], sources.Misspelled());
    }

    SettingsSources Sources() => new(name => environment.GetValueOrDefault(name), () => tree.Path, () => environment.Keys);

    public void Dispose() => tree.Dispose();
}
