using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests.Captures;

/// <summary>Capture 03: what is thrown inside a span is its error, and its parent's, and is thrown on.</summary>
public sealed class ErrorTests
{
    const string Why = "the text of an exception is what .NET makes of it: type, message, stack";

    [Fact]
    public async Task ErrorsAreLoggedToTheSpansTheyPassThrough()
    {
        await using var run = await CaptureRun.StartAsync("03");
        var logger = run.Logger(options => options.EagerlyEmitFirstEvent = true);

        var boom = Assert.Throws<InvalidOperationException>(() => logger.Traced("sync-failure", span =>
        {
            span.Log(input: "a");
            Fail("boom: something failed");
        }));
        logger.Traced("string-failure", span => span.Log(error: "just a string")); // C# throws no strings
        var inner = await Assert.ThrowsAsync<InvalidOperationException>(() => logger.TracedAsync("outer", async outer =>
        {
            await Task.Yield();
            logger.Traced("inner", _ => Fail("inner failed"));
        }));
        logger.Traced("explicit", span => span.Log(error: new { code = 42, message = "structured" }));
        Assert.True((await logger.Client.FlushOrFail()).Completed);

        // The same messages reached the callers.
        Assert.Equal((string?)run.Capture.Observations[0]!["sync_error"]!["message"], boom.Message);
        Assert.Equal((string?)run.Capture.Observations[2]!["nested"]!["message"], inner.Message);
        new CaptureComparison(run)
            .WeSay("sync-failure", "error", Why, error => IsTextOf(boom, error))
            .WeSay("outer", "error", Why, error => IsTextOf(inner, error))
            .WeSay("inner", "error", Why, error => IsTextOf(inner, error))
            .WeSay("string-failure", "error", "JS puts two line breaks and an empty stack behind it", error => (string?)error == "just a string")
            .AssertSame();
        run.AssertSameExchange();
        run.AssertSpanRowsMerge();
    }

    static void Fail(string message) => throw new InvalidOperationException(message);

    /// <summary>As far as it had come when it was logged: the stack grows on the way out.</summary>
    static bool IsTextOf(Exception exception, JsonNode error) =>
        (string)error! is var text
        && text.StartsWith($"{exception.GetType()}: {exception.Message}", StringComparison.Ordinal)
        && text.Contains($"at {typeof(ErrorTests).FullName}.{nameof(Fail)}(", StringComparison.Ordinal)
        && exception.ToString().StartsWith(text.TrimEnd(), StringComparison.Ordinal);
}
