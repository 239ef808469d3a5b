using Braintrust.Extensions.Logging;
using Braintrust.Logging.Local;
using Microsoft.Extensions.DependencyInjection;
using Serilog;
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

        using var other = new LoggerConfiguration().WriteTo.Braintrust("My Project").CreateLogger(); // shares the client: on a busy machine it has more than the five seconds of the sink's own end

        SevenLines.Serilog();
        await BraintrustLog.FlushAsync();

        AssertTrace(local, "  helpful=0.9");
    }

    [Fact]
    public async Task TheILoggerLinesMakeATrace()
    {
        await using var local = await LocalAccountAsync();

        await using var app = SevenLines.ILogger();
        await app.Services.GetRequiredService<BraintrustLoggerProvider>().Client.FlushAsync();

        AssertTrace(local, "");
    }

    [Fact]
    public async Task TheEndAloneDelivers()
    {
        await using var local = await LocalAccountAsync();

        using (var log = new LoggerConfiguration().WriteTo.Braintrust("My Project", shutdownTimeout: Patience.Limit).CreateLogger()) // five seconds may be too few on a busy machine
        {
            using var span = log.BeginSpan("Answering {Question}", "When is tea?");
            log.Information("{Model} used {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", 42, 7);
        }

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
