using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests.Captures;

/// <summary>Capture 10d: /version fails, and 250 events go out all the same.</summary>
public sealed class VersionTests
{
    const int RowsPerBody = 100;
    const int HalfOfTheDefaultLimit = 6 * 1024 * 1024 / 2;

    [Fact]
    public async Task WithoutAnAnswerToVersionRowsGoOutWithinTheDefaultLimits()
    {
        await using var run = await CaptureRun.StartAsync("10d");
        var logger = run.Logger(options => options.BatchSizeLimit = RowsPerBody);

        for (var i = 0; i < 250; i++)
            logger.Log(input: i);
        var flush = await logger.Client.FlushOrFail();
        logger.Log(input: "later");
        var later = await logger.Client.FlushOrFail();

        Assert.Equal(new FlushResult(true, 250, 0, 0, 0, null), flush);
        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), later);
        Assert.All(run.Logs3, body => Assert.InRange(body.Rows.Count, 1, RowsPerBody));
        Assert.All(run.Logs3, body => Assert.InRange(body.Bytes.Length, 1, HalfOfTheDefaultLimit));
        Assert.InRange(run.Logs3.Count, 4, run.Capture.Logs3.Count);
        run.AssertSameExchange(); // one /version, though it failed: it is not asked again within the same minute
        run.AssertSpanRowsMerge();

        // The capture shows the first two rows of a body and the last; the rest is like them.
        var sampled = run.Capture.Logs3.SelectMany(Sample).Where(row => row["input"] is not null).ToArray();
        var inputs = sampled.Select(Input).ToHashSet();
        Assert.Equal(10, inputs.Count);
        // Bodies go out side by side, so their order on arrival is nobody's promise.
        Assert.Equal(Enumerable.Range(0, 250).Select(i => $"{i}").Append("\"later\"").Order(StringComparer.Ordinal), run.StoredRows().Select(Input).Order(StringComparer.Ordinal));
        new CaptureComparison([.. sampled.Select(Ended)], [.. run.StoredRows().Where(row => inputs.Contains(Input(row)))]).AssertSame();
    }

    static IEnumerable<JsonObject> Sample(CaptureRequest request) =>
        request.Body!["rows_first_two_and_last"] is JsonArray rows ? rows.OfType<JsonObject>() : request.Rows;

    static string Input(JsonObject row) => row["input"]!.ToJsonString();

    /// <summary>Rows that began alone have their end in a body of which only samples are left.</summary>
    static JsonObject Ended(JsonObject row)
    {
        var ended = (JsonObject)row.DeepClone();
        ended.Remove("_is_merge");
        ended["metrics"]!["end"] ??= ended["metrics"]!["start"]!.DeepClone();
        return ended;
    }
}
