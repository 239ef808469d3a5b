using Braintrust.Logging.Local;
using Snippets;

namespace Braintrust.Logging.Tests.Docs;

/// <summary>The lines that the pages of the two front ends begin with do what they say, with nothing but the environment to go by.</summary>
[Collection("current logger")]
public class SevenLinesTests
{
    [Fact]
    public async Task TheSerilogLinesMakeATrace()
    {
        await using var local = await LocalAccountAsync();

        SevenLines.Serilog();

        AssertTrace(local, "  helpful=0.9");
    }

    [Fact]
    public async Task TheILoggerLinesMakeATrace()
    {
        await using var local = await LocalAccountAsync();

        var app = SevenLines.ILogger();
        await app.DisposeAsync();

        AssertTrace(local, "");
    }

    static async Task<BraintrustLocal> LocalAccountAsync()
    {
        var local = await BraintrustLocal.StartAsync();
        Environment.SetEnvironmentVariable("BRAINTRUST_API_KEY", local.ApiKey);
        Environment.SetEnvironmentVariable("BRAINTRUST_ORG_NAME", null);
        Environment.SetEnvironmentVariable("BRAINTRUST_APP_URL", local.Url.ToString());
        Environment.SetEnvironmentVariable("BRAINTRUST_API_URL", null);
        return local;
    }

    static void AssertTrace(BraintrustLocal local, string scores)
    {
        var tree = Assert.Single(local.Traces("My Project"));
        Assert.Equal("Answering When is tea?", tree.Name);
        Assert.Equal("task", tree.Type);
        Assert.Equal(scores, string.Concat(tree.Scores.Select(score => FormattableString.Invariant($"  {score.Key}={score.Value}"))));

        var call = Assert.Single(tree.Children);
        Assert.Equal("llm", call.Type);
        Assert.Equal("gpt-4o-mini", call.Model);
        Assert.Equal((42, 7), (call.PromptTokens, call.CompletionTokens));
    }
}
