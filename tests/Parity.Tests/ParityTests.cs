using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Parity;

/// <summary>The same call gives the same row, whichever framework made it.</summary>
public sealed class ParityTests
{
    public static readonly TheoryData<string, object?[]> Calls = new()
    {
        { "nothing to fill in", [] },
        { "Payment {PaymentId} failed", ["pay_123"] },
        { "Asked {Input}, answered {Output}, expected {Expected}", ["q", "a", "b"] },
        { "Asked {@Input}", [new { Question = "why", Tries = 2 }] },
        { "Asked {@Input}, chatting", [new[] { new { Role = "user", Content = "why" }, new { Role = "assistant", Content = "because" } }] },
        { "Heard {@Input}", [new { Role = Speaker.User, Name = "Ann", Content = "why", Words = 1 }] },
        { "Heard {@Input} of nobody", [new { Role = (string?)null, Content = "why" }] },
        { "Heard {@Input} of somebody", [new { Role = (Speaker?)Speaker.User, Content = "why" }] },
        { "Heard {@Input} of nobody known", [new { Role = (Speaker?)null, Content = "why" }] },
        { "Heard {@Input} of an object", [new { Role = new { Id = 1 }, Content = "why" }] },
        { "Answered {@Output} by {Model} of {Provider}", [new { Text = "because" }, "gpt-4o", "openai"] },
        { "Used {PromptTokens}+{CompletionTokens}={TotalTokens}, {CachedTokens} cached", [12, 34L, 46, 3] },
        { "Used {InputTokens} and {OutputTokens}", [12, 34] },
        { "Used {InputTokenCount}, {OutputTokenCount}, {TotalTokenCount}", [12, 34, 46] },
        { "{Model} used {PromptTokens} tokens", ["gpt-4o", 5] },
        { "Scored {Score} and {Helpful}", [0.5, true] },
        { "Scored {@Scores}", [new Dictionary<string, double> { ["good"] = 0.25, ["too much"] = 2 }] },
        { "Measured {@Metrics}", [new Dictionary<string, double> { ["rows"] = 3, ["start"] = 1 }] },
        { "No score {Score}", [7] },
        { "Took {Elapsed} ms", [120.2] },
        { "Took {ElapsedMs} ms", [125] },
        { "Took {ElapsedMilliseconds} ms", [125L] },
        { "Took {Duration}", [TimeSpan.FromSeconds(2)] },
        { "Took {DurationMs}, first token after {TimeToFirstToken}", [500, TimeSpan.FromMilliseconds(250)] },
        { "Failed with {Error}", ["out of paper"] },
        { "Tagged {Tags}", [new[] { "a", "b" }] },
        { "Called {SpanName} of {SpanType}", ["lookup", "tool"] },
        { "{Number} {Decimal} {Date} {Guid} {Flag} {Text,8} {Padded,-6}|{Format:0.000}", [1, 2.5m, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), Guid.Empty, true, "x", "y", 1.5] },
        { "{gen_ai.usage.input_tokens}", [3] },
        { "Ümläut {Smile} 😀", ["😀"] },
        { "{id} {span_id} {project_id} {_is_merge}", ["mine", "mine", "mine", true] },
    };

    public enum Speaker
    {
        User,
    }

    [Theory, MemberData(nameof(Calls))]
    public async Task AsASpanRow(string template, object?[] arguments)
    {
        var (serilog, mel) = await BothFrontEnds.LogAsync(EventsAs.Spans, LogLevel.Information, default, null, template, arguments);
        Assert.Equal(BothFrontEnds.Comparable(serilog, arguments), BothFrontEnds.Comparable(mel, arguments));
    }

    [Theory, MemberData(nameof(Calls))]
    public async Task AsANativeLogRow(string template, object?[] arguments)
    {
        var (serilog, mel) = await BothFrontEnds.LogAsync(EventsAs.ApplicationLogs, LogLevel.Warning, default, null, template, arguments);
        Assert.Equal(BothFrontEnds.Comparable(serilog, arguments), BothFrontEnds.Comparable(mel, arguments));
        Assert.Equal("log", (string?)mel["span_attributes"]!["type"]);
    }

    [Theory, MemberData(nameof(Calls))]
    public async Task AsWhicheverFits(string template, object?[] arguments)
    {
        var (serilog, mel) = await BothFrontEnds.LogAsync(EventsAs.Auto, LogLevel.Debug, default, null, template, arguments);
        Assert.Equal(BothFrontEnds.Comparable(serilog, arguments), BothFrontEnds.Comparable(mel, arguments));
    }

    [Theory]
    [InlineData(LogLevel.Trace, "trace")]
    [InlineData(LogLevel.Debug, "debug")]
    [InlineData(LogLevel.Information, "info")]
    [InlineData(LogLevel.Warning, "warn")]
    [InlineData(LogLevel.Error, "error")]
    [InlineData(LogLevel.Critical, "fatal")]
    public async Task LevelsAreCalledTheSame(LogLevel level, string name)
    {
        var (serilog, mel) = await BothFrontEnds.LogAsync(EventsAs.Spans, level, new EventId(7, "Paid"), null, "Paid {Amount}", 3);
        Assert.Equal(BothFrontEnds.Comparable(serilog, []), BothFrontEnds.Comparable(mel, []));
        Assert.Equal((name, 7, "Paid"), ((string?)mel["span_attributes"]!["log_level"], (int)mel["metadata"]!["event.id"]!, (string?)mel["metadata"]!["event.name"]));
        Assert.Equal(level >= LogLevel.Error ? "Paid 3" : null, (string?)mel["error"]);
        Assert.Equal("Shop.Checkout", (string?)mel["metadata"]!["logger.name"]);
    }

    [Theory]
    [InlineData(EventsAs.Spans)]
    [InlineData(EventsAs.ApplicationLogs)]
    public async Task AnExceptionIsSaidTheSame(EventsAs eventsAs)
    {
        var (serilog, mel) = await BothFrontEnds.LogAsync(eventsAs, LogLevel.Warning, default, new InvalidOperationException("broken"), "Payment {PaymentId} failed", "p");
        Assert.Equal(BothFrontEnds.Comparable(serilog, []), BothFrontEnds.Comparable(mel, []));
        Assert.Contains("System.InvalidOperationException: broken", (string?)mel[eventsAs == EventsAs.Spans ? "error" : "output"]);
    }

    [Theory]
    [InlineData(EventsAs.Spans)]
    [InlineData(EventsAs.Auto)]
    public async Task AnExceptionBesideAnErrorOfTheCallsOwnIsInTheMetadata(EventsAs eventsAs)
    {
        var (serilog, mel) = await BothFrontEnds.LogAsync(eventsAs, LogLevel.Error, default, new InvalidOperationException("broken"), "{Model} failed: {Error}", "gpt-4o", "broken");
        Assert.Equal(BothFrontEnds.Comparable(serilog, []), BothFrontEnds.Comparable(mel, []));
        Assert.Equal("broken", (string?)mel["error"]);
        Assert.Equal("System.InvalidOperationException: broken", (string?)mel["metadata"]!["exception"]);
    }

    [Fact]
    public async Task AnExceptionBesideAnErrorTakesNoNameOfTheUsers()
    {
        var (serilog, mel) = await BothFrontEnds.LogAsync(EventsAs.Spans, LogLevel.Error, default, new InvalidOperationException("broken"), "{Error}, of {exception}", "broken", "theirs");
        Assert.Equal(BothFrontEnds.Comparable(serilog, []), BothFrontEnds.Comparable(mel, []));
        Assert.Equal(("theirs", "System.InvalidOperationException: broken"), ((string?)mel["metadata"]!["exception"], (string?)mel["metadata"]!["exception.stacktrace"]));
    }

    [Fact]
    public async Task AnExceptionThatIsTheErrorOfTheCallIsSaidOnce()
    {
        var error = new InvalidOperationException("broken");
        var (serilog, mel) = await BothFrontEnds.LogAsync(EventsAs.Spans, LogLevel.Error, default, error, "Failed: {Error}", error);
        Assert.All([serilog, mel], row => Assert.Equal("System.InvalidOperationException: broken", (string?)row["error"]));
        Assert.All([serilog, mel], row => Assert.Null(row["metadata"]!["exception"]));
    }

    [Fact]
    public async Task MessagesAreNamedAsAChatIs()
    {
        var (serilog, mel) = await BothFrontEnds.LogAsync(EventsAs.Spans, LogLevel.Information, default, null, "Asked {@Input}", [new[] { new { Role = Speaker.User, Content = "why" } }]);
        Assert.All([serilog, mel], row => Assert.Equal("""[{"role":"user","content":"why"}]""", row["input"]!.ToJsonString()));
    }

    [Fact]
    public async Task NumbersOfJsonKeepTheirValue()
    {
        using var json = JsonDocument.Parse("[1e-30,12345678901234567890,2.5]");
        var (serilog, mel) = await BothFrontEnds.LogAsync(EventsAs.Spans, LogLevel.Information, default, null, "Read {@Input}", json.RootElement);
        Assert.All([serilog, mel], row => Assert.Equal([1e-30, 12345678901234567890d, 2.5], row["input"]!.AsArray().Select(static number => (double)number!)));
    }

    [Theory]
    [InlineData("Used {PromptTokens} and {CompletionTokens}", new object[] { 12, 34 }, 46)]
    [InlineData("Used {PromptTokens} and {CompletionTokens}, {TotalTokens} in all", new object[] { 12, 34, 50 }, 50)]
    [InlineData("Used {PromptTokens}", new object[] { 12 }, null)]
    [InlineData("Said {CompletionTokens}", new object[] { 34 }, null)]
    public async Task TokensAreTheSumOfBothUnlessTheyAreGiven(string template, object[] arguments, int? tokens)
    {
        var (serilog, mel) = await BothFrontEnds.LogAsync(EventsAs.Spans, LogLevel.Information, default, null, template, arguments);
        Assert.All([serilog, mel], row => Assert.Equal(tokens, (int?)row["metrics"]!["tokens"]));
    }
}
