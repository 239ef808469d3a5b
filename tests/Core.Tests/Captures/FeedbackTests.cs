using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests.Captures;

/// <summary>Capture 05: what people think of a row, then and later; a comment is a row of its own.</summary>
public sealed class FeedbackTests
{
    [Fact]
    public async Task FeedbackMergesAndCommentsStandBesideTheRow()
    {
        await using var run = await CaptureRun.StartAsync("05");
        var logger = run.Logger(options => options.EagerlyEmitFirstEvent = true);

        var id = logger.Log(input: "q", output: "a");
        logger.LogFeedback(id, Scores("thumbs", 1), expected: "b", tags: ["reviewed"], comment: "looks right", metadata: new { user_id = "reviewer-7" }, source: "app");
        logger.LogFeedback(id, comment: "only a comment");
        logger.LogFeedback(id, Scores("thumbs", 0));
        AssertRefused(run.Capture, 0, "nothing_given", () => logger.LogFeedback(id));
        AssertRefused(run.Capture, 1, "bad_source", () => logger.LogFeedback(id, Scores("thumbs", 1), source: "elsewhere"));
        AssertRefused(run.Capture, 2, "score_out_of_range", () => logger.LogFeedback(id, Scores("thumbs", 2)));
        var flush = await logger.Client.FlushOrFail();

        Assert.Equal((true, 5, 0), (flush.Completed, flush.Delivered, flush.Dropped)); // the row, two reviews, two comments
        Assert.Equal(0, (double)run.StoredRows().Single(row => (string?)row["id"] == id)["scores"]!["thumbs"]!); // the later word counts
        AssertSame(run, RowOf(run.Capture, "root"), id);
    }

    [Fact]
    public async Task FeedbackOnASpanThatHasNotEndedLeavesItItsPlace()
    {
        await using var run = await CaptureRun.StartAsync("05");
        var logger = run.Logger();

        string id;
        using (var span = logger.StartSpan("with-feedback"))
        {
            id = span.Id;
            logger.LogFeedback(id, Scores("inline", 0.5), comment: "same flush as the span");
        }
        var flush = await logger.Client.FlushOrFail();

        Assert.Equal((true, 0), (flush.Completed, flush.Dropped));
        AssertSame(run, RowOf(run.Capture, "with-feedback"), id);
    }

    static void AssertSame(CaptureRun run, string theirId, string ourId)
    {
        var (theirs, ours) = (About(run.Capture.StoredRows(), theirId), About(run.StoredRows(), ourId));
        new CaptureComparison(theirs, ours).AssertSame();
        Assert.Equal(Reviews(theirs, About(run.Capture.Logs3Rows, theirId)), Reviews(ours, About(run.Server.Rows.Entries, ourId)));
        run.AssertSameExchange();
        run.AssertSpanRowsMerge();
        Assert.All(run.Server.Rows.Entries, row => Assert.Equal(row["comment"] is null, row["_is_merge"] is not null)); // comments say nothing about merging
    }

    static string RowOf(Capture capture, string name) =>
        (string)capture.StoredRows().Single(row => (string?)row["span_attributes"]?["name"] == name)["id"]!;

    /// <summary>The row, and the comments on it.</summary>
    static JsonObject[] About(IReadOnlyList<JsonObject> rows, string id) =>
        [.. rows.Where(row => ((string?)row["origin"]?["id"] ?? (string?)row["id"]) == id)];

    /// <summary>Who said what about which row. The capture merges one review with the end of its span, so only a review's own fields count.</summary>
    static IEnumerable<string> Reviews(IReadOnlyList<JsonObject> stored, IReadOnlyList<JsonObject> arrived)
    {
        var roles = new RowPortraits(stored);
        return arrived.Where(row => row["_audit_source"] is not null).Select(row =>
        {
            var target = roles.RoleOf((string?)row["origin"]?["id"] ?? (string)row["id"]!);
            string[] fields = ["scores", "expected", "tags", "comment", "_audit_source", "_audit_metadata", "span_id", "root_span_id"];
            return $"{target}: {string.Join(", ", fields.Where(row.ContainsKey).Select(field => $"{field} {row[field]!.ToJsonString()}"))}";
        }).Order(StringComparer.Ordinal);
    }

    static void AssertRefused(Capture capture, int index, string what, Action call)
    {
        Assert.Equal("Error", (string?)capture.Observations[index]![what]!["threw"]);
        Assert.Throws<ArgumentException>(call);
    }

    static Dictionary<string, double> Scores(string name, double score) => new() { [name] = score };
}
