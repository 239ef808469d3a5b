using System.Net;

namespace Braintrust.Logging.Testing.Tests;

/// <summary>What a failed assertion says, word by word.</summary>
public sealed class FailureTests
{
    const string Trace = """
        Trace in project "Test":

        answer [task]
            output: "At four."
            score helpful: 0.9
          search [tool]
          search [tool]
              error: "Timeout"
        """;

    [Fact]
    public async Task AMissingSpan() => await AssertFailsAsync(
        trace => trace.ShouldHaveSpan("polish"),
        """
        Expected a span "polish",
        but found only "answer", "search".
        """);

    [Fact]
    public async Task ASpanThatShouldNotBe() => await AssertFailsAsync(
        trace => trace.ShouldNotHaveSpan("search"),
        """
        Expected no span "search",
        but found 2.
        """);

    [Fact]
    public async Task AnotherOutput() => await AssertFailsAsync(
        trace => trace.ShouldHaveSpan("answer").WithType(SpanTypes.Task).WithOutput("At five."),
        """
        Expected a span "answer" of type task with output "At five.",
        but found output "At four.".
        """);

    [Fact]
    public async Task AValueThatIsNotThere() => await AssertFailsAsync(
        trace => trace.ShouldHaveSpan("search").WithInput(new { question = "When?" }),
        """
        Expected a span "search" with input {"question":"When?"},
        but found no input.
        """);

    [Fact]
    public async Task AnotherScore() => await AssertFailsAsync(
        trace => trace.ShouldHaveSpan("answer").WithScore("helpful", 1),
        """
        Expected a span "answer" with score helpful 1,
        but found score helpful 0.9.
        """);

    [Fact]
    public async Task AnotherPlace() => await AssertFailsAsync(
        trace => trace.ShouldHaveSpan("search").Below("GET /answer"),
        """
        Expected a span "search" below "GET /answer",
        but found it below "answer".
        """);

    [Fact]
    public async Task NotAtTheTop() => await AssertFailsAsync(
        trace => trace.ShouldHaveSpan("search").WithError("Time").AtTheTop(),
        """
        Expected a span "search" with an error that contains "Time" at the top,
        but found it below "answer".
        """);

    [Fact]
    public async Task AllThatWasFoundInstead() => await AssertFailsAsync(
        trace => trace.ShouldHaveSpan("search").WithError("Refused"),
        """
        Expected a span "search" with an error that contains "Refused",
        but found no error; error "Timeout".
        """);

    [Fact]
    public async Task MoreThanOne() => await AssertFailsAsync(
        trace => trace.Single("search"),
        """
        Expected a span "search" once,
        but found 2.
        """);

    [Fact]
    public async Task TagsAndOthers() => await AssertFailsAsync(
        trace => trace.ShouldHaveSpan("answer").WithTags("tea", "cake"),
        """
        Expected a span "answer" with tags tea, cake,
        but found no tags.
        """);

    [Fact]
    public async Task WordsOfTheTestsOwn() => await AssertFailsAsync(
        trace => trace.ShouldHaveSpan("answer").That("took a minute", span => span.Duration >= TimeSpan.FromMinutes(1)),
        """
        Expected a span "answer" that took a minute,
        but found "answer", which does not.
        """);

    [Fact]
    public async Task NoTraceAtAll()
    {
        await using var braintrust = new InMemoryBraintrust();
        var failure = await Assert.ThrowsAsync<BraintrustAssertionException>(() => braintrust.TraceAsync());
        Assert.Equal("Expected one trace,\nbut found 0.\n\nNothing was logged.", failure.Message);
    }

    [Fact]
    public async Task TwoTraces()
    {
        await using var braintrust = new InMemoryBraintrust();
        braintrust.Logger.Log(name: "a");
        braintrust.Logger.Log(name: "b");
        var failure = await Assert.ThrowsAsync<BraintrustAssertionException>(() => braintrust.TraceAsync("Test"));
        Assert.Equal("Expected one trace in project \"Test\",\nbut found 2.\n\nTrace in project \"Test\":\n\na [task]\n\nTrace in project \"Test\":\n\nb [task]", failure.Message);
    }

    [Fact]
    public async Task RowsThatWereLost()
    {
        await using var braintrust = new InMemoryBraintrust();
        braintrust.FailNext(HttpStatusCode.BadRequest);
        braintrust.Logger.Log(name: "a");
        var failure = await Assert.ThrowsAsync<BraintrustAssertionException>(braintrust.ShouldHaveLostNothingAsync);
        Assert.Equal(
            """
            Expected no losses,
            but found accepted 1 = delivered 0 + dropped 1 (rejected 1) + waiting 0.

            - 1 rejected: Braintrust answered 400 (Bad Request).
            """,
            failure.Message);
    }

    [Fact]
    public async Task RowsThatWait()
    {
        await using var braintrust = new InMemoryBraintrust();
        braintrust.FailNext(HttpStatusCode.Unauthorized, times: int.MaxValue);
        braintrust.Logger.Log(name: "a");
        var failure = await Assert.ThrowsAsync<BraintrustAssertionException>(braintrust.ShouldHaveLostNothingAsync);
        Assert.Equal(
            """
            Expected no losses,
            but found accepted 1 = delivered 0 + dropped 0 + waiting 1.

            - 1 waiting: Braintrust answered 401 (Unauthorized). Check BRAINTRUST_API_KEY.
            """,
            failure.Message);
    }

    static async Task AssertFailsAsync(Action<LoggedTrace> assertion, string message)
    {
        await using var braintrust = new InMemoryBraintrust();
        using (var answer = braintrust.Logger.StartSpan("answer"))
        {
            answer.StartSpan("search", SpanTypes.Tool).Dispose();
            using var second = answer.StartSpan("search", SpanTypes.Tool);
            second.Log(error: "Timeout");
            answer.Log(output: "At four.", scores: new Dictionary<string, double> { ["helpful"] = 0.9 });
        }
        var trace = await braintrust.TraceAsync();

        var failure = Assert.Throws<BraintrustAssertionException>(() => assertion(trace));
        Assert.Equal($"{message}\n\n{Trace}", failure.Message);
    }
}
