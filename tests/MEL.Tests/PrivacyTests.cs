using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

/// <summary>What is kept back does not come by another way: inside of a value, as text, in a name.</summary>
public sealed class PrivacyTests
{
    sealed record Request(string Url, string Password);

    [Theory]
    [InlineData(EventsAs.ApplicationLogs), InlineData(EventsAs.Spans)]
    public async Task ASecretInsideOfAParameterShowsNeitherInTheMessageNorInTheMetadata(EventsAs eventsAs)
    {
        var row = await World.RowOfAsync(logger => logger.LogInformation("Calling {Request} with {Headers}", new Request("/x", "s3cr\"et"), new Dictionary<string, object>
        {
            ["Authorization"] = "Bearer s3cr\"et",
            ["X-Api-Key"] = new[] { "s3cr\"et-2" },
            ["Accept"] = "text/html",
        }), options => options.EventsAs = eventsAs);

        Assert.DoesNotContain("s3cr", row.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("Url = /x", (string?)row["output"], StringComparison.Ordinal);
        Assert.Contains("text/html", row.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASecretInsideOfAScopesFirstPropertyIsNotItsName()
    {
        var row = await World.RowOfScopeAsync(new Dictionary<string, object> { ["Headers"] = new { Authorization = "Bearer s3cr\"et", Accept = "text/html" } });

        Assert.DoesNotContain("s3cr", row.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("text/html", row.Name(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutContentAScopeIsCalledByItsTemplate()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = world.Logger(options => options.CaptureContent = false);

        using (logger.BeginScope("Answer {Input} of {User}", "said-in", "ann"))
        using (logger.BeginScope(new Dictionary<string, object> { ["Input"] = "said-in" }))
        using (logger.BeginScope("Look up {User}", "ann"))
        {
            await world.FlushAsync(); // what is written while they are open
        }
        var rows = await world.FlushAsync();

        Assert.Equal(["Answer {Input} of {User}", "Input", "Look up ann"], rows.Select(row => row.Name()).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("said-in", string.Concat(world.Server.Arrivals.Entries.Select(row => row.ToJsonString())), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gen_ai.prompt.0.content"), InlineData("gen_ai.completion.1.tool_calls.0.arguments")]
    public async Task WithoutContentMessagesThatCameInPiecesAreNotSentEither(string name)
    {
        var row = await World.RowOfAsync(
            logger => logger.Log(LogLevel.Information, default, new Dictionary<string, object?> { [name] = "said-in", ["gen_ai.request.model"] = "gpt-4o" }, null, static (_, _) => "called"),
            options => options.CaptureContent = false);

        Assert.DoesNotContain("said-in", row.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Microsoft.Extensions.AI.LoggingChatClient", "LogCompletedSensitive", "{MethodName} completed: {ChatResponse}.", "GetResponseAsync")]
    [InlineData("Microsoft.SemanticKernel.KernelFunction", "LogSomethingNew", "Function {PluginName}-{FunctionName} arguments: {Arguments}", "plugin", "function")]
    [InlineData("Microsoft.SemanticKernel.KernelFunctionFactory", null, "Rendered prompt: {Prompt}")]
    public async Task WithoutContentAnEventOfAModelLibraryThatIsNoPartOfACallShowsNone(string category, string? eventName, string template, params string[] arguments)
    {
        await using var world = await World.StartAsync();
        var logger = world.Services(options => options.CaptureContent = false).GetRequiredService<ILoggerFactory>().CreateLogger(category);

        logger.Log(LogLevel.Trace, new EventId(1, eventName), template, [.. arguments, "said-in"]);

        var row = await world.OnlyRowAsync();
        Assert.Equal(template, (string?)row["output"]);
        Assert.DoesNotContain("said-in", row.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EventsAs.ApplicationLogs), InlineData(EventsAs.Spans)]
    public async Task ASecretByItsWholeNameIsOneInLogRowsToo(EventsAs eventsAs)
    {
        var row = await World.RowOfAsync(logger => logger.LogInformation("Renewed {IdToken} for {User}", "s3cret", "ann"), options => options.EventsAs = eventsAs);

        Assert.DoesNotContain("s3cret", row.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("ann", row.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EventsAs.ApplicationLogs), InlineData(EventsAs.Spans)]
    public async Task WithoutContentAMessageWithoutATemplateIsNotSentBesideIt(EventsAs eventsAs)
    {
        var row = await World.RowOfAsync(
            logger => logger.Log(LogLevel.Error, new EventId(7, "Answered"), new Dictionary<string, object?> { ["Input"] = "said-in" }, null, static (state, _) => $"Asked: {state["Input"]}"),
            options => (options.CaptureContent, options.EventsAs) = (false, eventsAs));

        Assert.DoesNotContain("said-in", row.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("Answered", (string?)row["output"]);
    }

    [Fact]
    public async Task ASecretInsideOfAValueIsNotInAMessageWithoutATemplate()
    {
        var row = await World.RowOfAsync(logger => logger.Log(LogLevel.Information, default,
            new Dictionary<string, object?> { ["Headers"] = new Dictionary<string, string> { ["Authorization"] = "Digest s3cret" } }, null,
            static (state, _) => $"Sent {((Dictionary<string, string>)state["Headers"]!)["Authorization"]}"));

        Assert.DoesNotContain("s3cret", row.ToJsonString(), StringComparison.Ordinal);
    }
}
