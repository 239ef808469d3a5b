using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests.Captures;

/// <summary>Captures 02 and 02b: a root, its child and its grandchild; later a span without a name.</summary>
public sealed class NestedSpansTests
{
    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);

    [Theory]
    [InlineData("02", true)] // rows leave while the root is open
    [InlineData("02b", false)] // rows leave when all have ended
    public async Task SpansAreTheSameRowsWhetherSentOpenOrOnlyWhenEnded(string capture, bool isSentOpen)
    {
        await using var run = await CaptureRun.StartAsync(capture);
        var logger = run.Logger();
        BraintrustSpan? root = null, leaf = null;
        string? linkBefore = null;

        await logger.TracedAsync(null, async span =>
        {
            root = span;
            linkBefore = span.Link();
            if (isSentOpen)
                Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), await logger.Client.FlushOrFail());
            leaf = RootWork(run, span);
        });
        Assert.True((await logger.Client.FlushOrFail()).Completed);
        var nameless = logger.StartSpan();
        nameless.End();
        var last = await logger.Client.FlushOrFail();

        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), last);
        Assert.Equal(isSentOpen ? 3 : 2, run.Logs3.Count);
        var comparison = new CaptureComparison(run)
            .WeLack("<function:file:line>", "span_attributes.custom", "SetAttributes takes name and type alone");
        comparison.AssertSame();
        run.AssertSameExchange();
        run.AssertSpanRowsMerge();

        // The ids that the program saw, and the links.
        var (seen, seenLater) = (run.Capture.Observations[0]!, run.Capture.Observations[1]!["span_without_name"]!);
        AssertSeen(comparison, seen["root"]!, root!);
        AssertSeen(comparison, seen["leaf"]!, leaf!);
        Assert.Equal((string?)seen["link_before_flush"], linkBefore);
        Assert.Equal(Link(run, seen, "link_after_flush", seen["root"]!, root!), root!.Link());
        Assert.Equal(Link(run, seenLater, "link_after_login", seenLater, nameless), nameless.Link());
        if (isSentOpen)
            AssertOpening(run, root.Id);
    }

    static BraintrustSpan RootWork(CaptureRun run, BraintrustSpan root)
    {
        root.Log(input: new { user = "ada" }, tags: ["prod"], metadata: new { tenant = "t-1" });
        run.Clock.Advance(Moment);
        BraintrustSpan leaf;
        using (var lookup = root.StartSpan("lookup", SpanTypes.Function, input: new { q = "lookup" }, metadata: new { from = "start" }))
        {
            leaf = ChildWork(run, lookup);
            lookup.Log(output: new { found = true }, metrics: new Dictionary<string, double> { ["rows"] = 3 });
        }
        run.Clock.Advance(Moment);
        root.Log(output: "done", scores: new Dictionary<string, double> { ["quality"] = 0.75 });
        return leaf;
    }

    static BraintrustSpan ChildWork(CaptureRun run, BraintrustSpan lookup)
    {
        using var leaf = lookup.StartSpan(type: SpanTypes.Tool, input: new[] { 1, 2, 3 });
        run.Clock.Advance(Moment);
        leaf.Log(output: 6, scores: new Dictionary<string, double> { ["exact"] = 1 });
        return leaf;
    }

    static void AssertSeen(CaptureComparison comparison, JsonNode seen, BraintrustSpan span)
    {
        var role = comparison.Theirs.RoleOf((string)seen["id"]!);
        var row = comparison.Ours.Row(role);
        Assert.Equal((role, (string?)row["span_id"], (string?)row["root_span_id"]), (comparison.Ours.RoleOf(span.Id), span.SpanId, span.RootSpanId));
    }

    /// <summary>The capture's link with our row in place of theirs.</summary>
    static string Link(CaptureRun run, JsonNode seen, string name, JsonNode theirs, BraintrustSpan ours) =>
        ((string)seen[name]!).Replace("{app_url}", run.BaseUrl, StringComparison.Ordinal).Replace((string)theirs["id"]!, ours.Id, StringComparison.Ordinal);

    /// <summary>The write of the open root says what the capture's says, save the type, which may still change.</summary>
    static void AssertOpening(CaptureRun run, string id)
    {
        var (theirs, ours) = (run.Capture.Logs3Rows[0], run.Server.Rows.Entries[0]);
        Assert.Equal(id, (string?)ours["id"]);
        Assert.Equal(theirs.Select(it => it.Key).Order(StringComparer.Ordinal), ours.Select(it => it.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["start"], ours["metrics"]!.AsObject().Select(it => it.Key));
        Assert.Equal(["name", "exec_counter"], ours["span_attributes"]!.AsObject().Select(it => it.Key));
        Assert.Equal((false, true), ((bool)theirs["_is_merge"]!, (bool)ours["_is_merge"]!));
    }
}
