using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

/// <summary>Every row of the mapping table, as an event and as a scope.</summary>
public class MappingTests
{
    static readonly EventId NoEvent = default;

    /// <summary>An event and a scope with the same properties give the same field.</summary>
    static async Task BothAsync(Action<JsonObject> expect, params (string Name, object? Value)[] properties)
    {
        var state = properties.Select(property => new KeyValuePair<string, object?>(property.Name, property.Value)).ToArray();
        expect(await World.RowOfAsync(logger => logger.Log(LogLevel.Information, NoEvent, state, null, (_, _) => "said")));
        expect(await World.RowOfScopeAsync(state));
    }

    [Fact]
    public Task InputOutputAndExpectedStayStructured() => BothAsync(row =>
    {
        Assert.Equal("""{"Question":"why?","Tries":2}""", row["input"]!.ToJsonString());
        Assert.Equal("[1,2]", row["output"]!.ToJsonString());
        Assert.Equal("yes", (string?)row["expected"]);
        Assert.Null(row.Meta("Input"));
    }, ("Input", new { Question = "why?", Tries = 2 }), ("@output", new[] { 1, 2 }), ("$EXPECTED", "yes"));

    [Fact]
    public Task ErrorIsTheError() => BothAsync(row => Assert.Equal("broken", (string?)row["error"]), ("error", "broken"));

    [Fact]
    public async Task TheExceptionIsTheError()
    {
        var row = await World.RowOfAsync(logger => logger.LogWarning(new InvalidOperationException("no way"), "It failed"));
        Assert.StartsWith("System.InvalidOperationException: no way", (string?)row["error"]);
        Assert.Equal("It failed", (string?)row["output"]);
    }

    [Theory]
    [InlineData(LogLevel.Warning, null)]
    [InlineData(LogLevel.Error, "It failed 3 times")]
    [InlineData(LogLevel.Critical, "It failed 3 times")]
    public async Task FromErrorOnTheMessageIsTheError(LogLevel level, string? error)
    {
        var row = await World.RowOfAsync(logger => logger.Log(level, "It failed {Count} times", 3));
        Assert.Equal(error, (string?)row["error"]);
    }

    [Fact]
    public Task ScoresAreScores() => BothAsync(row =>
    {
        Assert.Equal("""{"fluent":0.5,"right":1,"Helpful":0.25,"score":0}""", row["scores"]!.ToJsonString());
        Assert.Equal(7, (int?)row.Meta("Scores.TooMuch"));
    }, ("Scores", new Dictionary<string, object> { ["fluent"] = 0.5, ["right"] = true }), ("scores.Helpful", 0.25), ("Score", false), ("Scores.TooMuch", 7));

    [Fact]
    public Task MetricsAndTokensAreMetrics() => BothAsync(row =>
    {
        var metrics = row["metrics"]!;
        Assert.Equal(3, (int?)metrics["retries"]);
        Assert.Equal(10, (int?)metrics["prompt_tokens"]);
        Assert.Equal(20, (int?)metrics["completion_tokens"]);
        Assert.Equal(30, (int?)metrics["tokens"]);
        Assert.Equal(4, (int?)metrics["prompt_cached_tokens"]);
        Assert.Equal(0.25, (double?)metrics["time_to_first_token"]);
    }, ("Metrics", new Dictionary<string, object> { ["retries"] = 3 }), ("PromptTokens", 10), ("CompletionTokens", 20), ("TotalTokens", 30), ("CachedTokens", 4),
        ("TimeToFirstToken", 250));

    [Theory]
    [InlineData("InputTokens", "OutputTokens")]
    [InlineData("InputTokenCount", "OutputTokenCount")]
    public Task TokensHaveOtherNamesToo(string input, string output) => BothAsync(row =>
    {
        Assert.Equal(10, (int?)row["metrics"]!["prompt_tokens"]);
        Assert.Equal(20, (int?)row["metrics"]!["completion_tokens"]);
    }, (input, 10), (output, 20L));

    [Theory]
    [InlineData("Elapsed")]
    [InlineData("ElapsedMs")]
    [InlineData("ElapsedMilliseconds")]
    [InlineData("Duration")]
    [InlineData("DurationMs")]
    public async Task ElapsedMovesTheStartOfAnEvent(string name)
    {
        var row = await World.RowOfAsync(logger => logger.LogInformation($"Took {{{name}}} ms", 1500));
        Assert.Equal(1.5, row.End() - row.Start(), 3);
        Assert.Equal(1500, (int?)row.Meta(name));

        var timed = await World.RowOfAsync(logger => logger.LogInformation($"Took {{{name}}}", TimeSpan.FromSeconds(1.5)));
        Assert.Equal(1.5, timed.End() - timed.Start(), 3);
    }

    [Fact]
    public Task AModelWithTokensIsAnLlmSpan() => BothAsync(row =>
    {
        Assert.Equal("gpt-x", (string?)row.Meta("model"));
        Assert.Equal("openai", (string?)row.Meta("provider"));
        Assert.Equal("llm", row.Type());
    }, ("Model", "gpt-x"), ("Provider", "openai"), ("PromptTokens", 1));

    [Fact]
    public async Task TagsStandOnRootsAndInTheMetadataOfChildren()
    {
        await BothAsync(row => Assert.Equal("""["a","b"]""", row["tags"]!.ToJsonString()), ("Tags", new[] { "a", "b" }));

        await using var world = await World.StartAsync();
        var logger = world.Logger();
        using (logger.BeginScope("Outer"))
        {
            logger.LogInformation("Inner {Tags}", "a");
        }
        var child = (await world.FlushAsync()).Named("Inner {Tags}");
        Assert.Null(child["tags"]);
        Assert.Equal("""["a"]""", child.Meta("tags")!.ToJsonString());
    }

    [Fact]
    public Task SpanNameAndSpanTypeNameTheSpan() => BothAsync(row =>
    {
        Assert.Equal("Look up", row.Name());
        Assert.Equal("tool", row.Type());
    }, ("SpanName", "Look up"), ("SpanType", "tool"));

    [Fact]
    public Task GenAiAttributesAreUnderstood() => BothAsync(row =>
    {
        Assert.Equal("m", (string?)row.Meta("model"));
        Assert.Equal(5, (int?)row["metrics"]!["prompt_tokens"]);
    }, ("gen_ai.request.model", "m"), ("gen_ai.usage.input_tokens", 5));

    [Theory]
    [InlineData(LogLevel.Trace, "trace")]
    [InlineData(LogLevel.Debug, "debug")]
    [InlineData(LogLevel.Information, "info")]
    [InlineData(LogLevel.Warning, "warn")]
    [InlineData(LogLevel.Error, "error")]
    [InlineData(LogLevel.Critical, "fatal")]
    public async Task TheLevelIsTheLogLevel(LogLevel level, string expected)
    {
        var row = await World.RowOfAsync(logger => logger.Log(level, "said"));
        Assert.Equal(expected, (string?)row["span_attributes"]!["log_level"]);
    }

    [Fact]
    public async Task TemplateMessageCategoryAndEventIdAreKept()
    {
        var row = await World.RowOfAsync(logger => logger.LogInformation(new EventId(7, "Asked"), "Asked {User} about {{Topic}} {Count:000}", "Ann", 5));
        Assert.Equal("Asked {User} about {{Topic}} {Count:000}", row.Name());
        Assert.Equal("Asked {User} about {{Topic}} {Count:000}", (string?)row.Meta("braintrust.template"));
        Assert.Equal("Asked Ann about {Topic} 005", (string?)row["output"]);
        Assert.Equal("Ann", (string?)row.Meta("User"));
        Assert.Equal(5, (int?)row.Meta("Count"));
        Assert.Equal("Test", (string?)row.Meta("logger.name"));
        Assert.Equal(7, (int?)row.Meta("event.id"));
        Assert.Equal("Asked", (string?)row.Meta("event.name"));
        Assert.Null(row.Type());
        Assert.Equal(row.Start(), row.End());
    }

    [Fact]
    public async Task AMessageWithoutParametersHasNoTemplateBesideIt()
    {
        var row = await World.RowOfAsync(logger => logger.LogInformation("Started"));
        Assert.Equal("Started", row.Name());
        Assert.Null(row.Meta("braintrust.template"));
        Assert.Null(row.Meta("event.id"));
        Assert.Null(row.Meta("event.name"));
    }

    [Fact]
    public async Task LoggerMessageParametersAreProperties()
    {
        var define = LoggerMessage.Define<int, string>(LogLevel.Information, new EventId(3, "Tokens"), "Used {PromptTokens} of {Model}");
        var row = await World.RowOfAsync(logger => define(logger, 12, "m", null));
        Assert.Equal(12, (int?)row["metrics"]!["prompt_tokens"]);
        Assert.Equal("llm", row.Type());
        Assert.Equal("Used 12 of m", (string?)row["output"]);
    }

    [Fact]
    public Task SystemFieldsCannotBeSet() => BothAsync(row =>
    {
        Assert.NotEqual("mine", (string?)row["id"]);
        Assert.NotEqual("mine", (string?)row["span_id"]);
        Assert.NotEqual("mine", (string?)row["project_id"]);
        Assert.All((string[])["id", "span_id", "project_id"], name => Assert.Equal("mine", (string?)row.Meta(name)));
        Assert.False((bool?)row.Meta("_is_merge"));
    }, ("id", "mine"), ("span_id", "mine"), ("project_id", "mine"), ("_is_merge", false));

    [Fact]
    public async Task ARootScopeIsATaskAndAnEventHasNoType()
    {
        Assert.Equal("task", (await World.RowOfScopeAsync("Work")).Type());
        Assert.Null((await World.RowOfAsync(logger => logger.LogInformation("said"))).Type());
    }

    [Fact]
    public async Task EventsCanBeNativeLogRows()
    {
        var row = await World.RowOfAsync(
            logger => logger.LogInformation("Asked {User}", "Ann"), options => options.EventsAs = EventsAs.ApplicationLogs);
        Assert.Equal("log", row.Type());
        Assert.Equal("Ann", (string?)row.Meta("braintrust.template.parameter.User"));
        Assert.Equal("Asked Ann", (string?)row["output"]);
    }

    [Fact]
    public async Task ParametersOfOneNameAreNumberedInNativeLogRowsWhereTheyDiffer()
    {
        var row = await World.RowOfAsync(
#pragma warning disable CA2017, CA2023 // the same names twice
            logger => logger.LogInformation("From {City} to {City} by {Way}, again by {Way}, {0}", "Rome", "Paris", "train", "train", 3), options => options.EventsAs = EventsAs.ApplicationLogs);
#pragma warning restore CA2017, CA2023

        Assert.Equal(
            ["City.0=Rome", "City.1=Paris", "Way=train", "0=3"],
            row["metadata"]!.AsObject().Where(member => member.Key.StartsWith("braintrust.template.parameter.", StringComparison.Ordinal))
                .Select(member => $"{member.Key["braintrust.template.parameter.".Length..]}={member.Value}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ANativeLogRowHasTheFieldsOfItsKindAndNoOthers(bool isInSpan)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.EventsAs = EventsAs.ApplicationLogs);
        using (isInSpan ? logger.BeginScope("Around") : null)
        {
            logger.LogError(new EventId(7, "Failed"), new InvalidOperationException("broken"), "Payment {PaymentId} of {Input} scored {Score}, {Tags}", "p", "i", 0.5, "t");
            logger.LogCritical("Second");
        }

        var rows = await world.FlushAsync();
        var row = rows.Single(row => ((string?)row["output"])?.StartsWith("Payment p of i", StringComparison.Ordinal) == true);
        Assert.Equal(
            ["context", "created", "id", "log_id", "metadata", "metrics", "output", "project_id", "root_span_id", "span_attributes", "span_id"],
            row.Select(member => member.Key).Where(key => !key.StartsWith('_')).Order(StringComparer.Ordinal));
        Assert.Equal(["exec_counter", "log_level", "type"], row["span_attributes"]!.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Equal("error", (string?)row["span_attributes"]!["log_level"]);
        Assert.Equal(["end", "start"], row["metrics"]!.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Equal(row.Start(), row.End());
        Assert.StartsWith("Payment p of i scored 0.5, t\nSystem.InvalidOperationException: broken", (string?)row["output"]);
        Assert.Equal(
            ["braintrust.template", "braintrust.template.parameter.Input", "braintrust.template.parameter.PaymentId", "braintrust.template.parameter.Score", "braintrust.template.parameter.Tags", "event.id", "event.name", "logger.name"],
            row["metadata"]!.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal));
        var second = rows.Single(row => (string?)row["output"] == "Second");
        Assert.Equal("fatal", (string?)second["span_attributes"]!["log_level"]);
        Assert.Equal(row.Trace(), second.Trace()); // loose rows share the logger's baseline trace
        Assert.Equal(isInSpan, row.SpanId() == second.SpanId());
        if (isInSpan)
        {
            Assert.Equal((rows.Named("Around").SpanId(), rows.Named("Around").Trace()), (row.SpanId(), row.Trace()));
        }
    }

    [Fact]
    public async Task AutoMakesSpansOfEventsWithSpanDataAndLogRowsOfOthers()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.EventsAs = EventsAs.Auto);
        logger.LogInformation("Plain {User}", "Ann");
        logger.LogInformation("Took {ElapsedMs}", 3);
        var rows = await world.FlushAsync();
        Assert.Equal("log", rows.Single(row => (string?)row["output"] == "Plain Ann").Type());
        Assert.Null(rows.Named("Took {ElapsedMs}").Type());
    }

    [Fact]
    public async Task ASelectorRoutesByTheEventAndByTheScopesAroundIt()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ProjectSelector = properties => properties.GetValueOrDefault("TenantId") as string);
        using (logger.BeginScope(new Dictionary<string, object> { ["TenantId"] = "acme" }))
        {
            logger.LogInformation("Inside");
        }
        logger.LogInformation("For {TenantId}", "other");
        logger.LogInformation("For nobody");

        await world.FlushAsync();
        var acme = await world.StoredAsync("acme");
        Assert.Equal(acme.Named("TenantId:acme").SpanId(), acme.Named("Inside").Parent());
        Assert.Single(await world.StoredAsync("other"));
        Assert.Single(await world.StoredAsync(World.Project));
    }
}
