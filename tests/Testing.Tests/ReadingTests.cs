using System.Text;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Testing.Tests;

/// <summary>What was logged can be read, all of it, and as it is stored.</summary>
public sealed class ReadingTests
{
    sealed record Question(string Text, int Tries);

    [Fact]
    public async Task ASpanHasAllThatWasSaidOfIt()
    {
        var clock = Help.Clock();
        await using var braintrust = new InMemoryBraintrust(options => options.TimeProvider = clock);
        string id, spanId;
        using (var logged = braintrust.Logger.StartSpan("ask", SpanTypes.Llm, input: new Question("When?", 2)))
        {
            clock.Advance(TimeSpan.FromSeconds(1.5));
            logged.Log(
                output: new[] { 1, 2 }, expected: "four", error: "late", tags: ["tea"], metadata: new { model = "gpt-4o" },
                scores: new Dictionary<string, double> { ["helpful"] = 0.9 }, metrics: new Dictionary<string, double> { ["tokens"] = 49 });
            (id, spanId) = (logged.Id, logged.SpanId);
        }

        var trace = await braintrust.TraceAsync();
        var span = trace.Root;

        Assert.Equal((id, spanId, trace.Id, "Test", "Test"), (span.Id, span.SpanId, span.TraceId, span.Project, trace.Project));
        Assert.Equal(("ask", "llm", null, false), (span.Name, span.Type, span.Level, span.IsLog));
        Assert.Equal(new Question("When?", 2), span.InputAs<Question>());
        Assert.Equal([1, 2], span.OutputAs<int[]>()!);
        Assert.Equal(("When?", "four", "late", "gpt-4o"), ((string?)span.Input!["Text"], (string?)span.Expected, span.Error, (string?)span.Metadata["model"]));
        Assert.Equal((0.9, 49), (span.Scores["helpful"], span.Metrics["tokens"]));
        Assert.Equal(["tea"], span.Tags);
        Assert.Equal((Help.Noon, Help.Noon.AddSeconds(1.5), TimeSpan.FromSeconds(1.5)), (span.Start!.Value, span.End!.Value, span.Duration!.Value));
        Assert.Equal((null, 0, 0), (span.Parent, span.Children.Count, span.Depth));
        Assert.Equal(id, (string?)span.Row["id"]);
    }

    [Fact]
    public async Task ASpanOfWhichNothingWasSaidIsEmpty()
    {
        await using var braintrust = new InMemoryBraintrust();
        using (braintrust.Logger.StartSpan("silent"))
        {
            var open = (await braintrust.TraceAsync()).Root;
            Assert.NotNull(open.Start);
            Assert.Equal((null, null), (open.End, open.Duration));
        }
        var span = (await braintrust.TraceAsync()).Root;
        Assert.Equal((null, null, null, null), (span.Input, span.Output, span.Expected, span.Error));
        Assert.Equal((0, 0, 0, 0), (span.Metadata.Count, span.Scores.Count, span.Tags.Count, span.Comments.Count));
        Assert.Null(span.OutputAs<Question>());
        Assert.NotNull(span.Duration);
    }

    [Fact]
    public async Task TreesHaveParentsChildrenAndAncestors()
    {
        await using var braintrust = new InMemoryBraintrust();
        Help.Answer(braintrust.Logger);

        var trace = await braintrust.TraceAsync();

        Assert.Equal(["GET /answer", "search", "ask", "ask", "polish"], trace.Spans.Select(span => span.Name));
        Assert.Equal(["search", "ask", "ask", "polish"], trace.Root.Children.Select(child => child.Name));
        Assert.Same(trace.Root, trace.Single("search").Parent);
        Assert.Equal([trace.Root], trace.Single("polish").Ancestors());
        Assert.Equal(1, trace.Single("polish").Depth);
    }

    [Fact]
    public async Task ASpanWhoseParentIsElsewhereStandsAtTheTop()
    {
        await using var front = new InMemoryBraintrust();
        await using var back = new InMemoryBraintrust();
        var headers = new Dictionary<string, string>();
        using (var call = front.Logger.StartSpan("call"))
        {
            call.Inject(headers);
        }
        back.Logger.StartSpan("serve", parent: BraintrustPropagation.Extract(headers)).Dispose();

        var (there, here) = (await front.TraceAsync(), await back.TraceAsync());

        Assert.Equal(there.Id, here.Id);
        Assert.Equal(("serve", null), (here.Root.Name, here.Root.Parent));
    }

    [Fact]
    public async Task WhatIsReadDoesNotChange()
    {
        await using var braintrust = new InMemoryBraintrust();
        var id = braintrust.Logger.Log(name: "row", output: new { a = 1 });
        var before = await braintrust.TraceAsync();
        before.Root.Output!["a"] = 2;
        before.Root.Row.Clear();
        before.Root.Metadata["new"] = true;
        (await braintrust.RowsAsync())[0].Clear();

        braintrust.Logger.LogFeedback(id, scores: new Dictionary<string, double> { ["liked"] = 1 }, comment: "Right on time.");
        braintrust.Logger.UpdateSpan(id, output: new { b = 2 });
        var after = await braintrust.TraceAsync();

        Assert.Equal(1, (int)before.Root.Output!["a"]!);
        Assert.Empty(before.Root.Scores);
        Assert.Equal("""{"a":1,"b":2}""", after.Root.Output!.ToJsonString()); // merged, as the service does
        Assert.Equal(1, after.Root.Scores["liked"]);
        Assert.Equal(["Right on time."], after.Root.Comments);
    }

    [Fact]
    public async Task ProjectsAreReadTogetherOrApart()
    {
        const string Id = "22222222-2222-4222-8222-222222222222";
        await using var braintrust = new InMemoryBraintrust();
        braintrust.Logger.Log(name: "a");
        braintrust.Client.GetLogger("Other", setCurrent: false).Log(name: "b");
        braintrust.Client.GetLogger(setCurrent: false, projectId: Id).Log(name: "c");

        Assert.Equal(["Test", "Other", Id], (await braintrust.TracesAsync()).Select(trace => trace.Project));
        Assert.Equal("b", (await braintrust.TraceAsync("Other")).Root.Name);
        Assert.Equal(3, (await braintrust.RowsAsync()).Count);
        Assert.Equal("a", (string?)Assert.Single(await braintrust.RowsAsync("Test"))["span_attributes"]!["name"]);
        Assert.Empty(await braintrust.TracesAsync("nobody's"));
    }

    [Fact]
    public async Task AttachmentsArrive()
    {
        await using var braintrust = new InMemoryBraintrust();
        var picture = new BraintrustAttachment("tea"u8.ToArray(), "tea.png", "image/png");
        braintrust.Logger.Log(name: "row", input: new { picture });

        var span = (await braintrust.TraceAsync()).Root;

        Assert.Equal("tea", Encoding.UTF8.GetString((await braintrust.AttachmentAsync(span.Input!["picture"]))!));
        Assert.Null(await braintrust.AttachmentAsync(new JsonObject { ["key"] = "of another" }));
        Assert.Null(await braintrust.AttachmentAsync(null));
        await braintrust.ShouldHaveLostNothingAsync();
    }

    [Fact]
    public async Task AnAttachmentThatIsLostIsALoss()
    {
        await using var braintrust = new InMemoryBraintrust();
        braintrust.FailNext(System.Net.HttpStatusCode.BadRequest, of: BraintrustRequest.Attachment);
        braintrust.Logger.Log(name: "row", input: new BraintrustAttachment(new byte[] { 1 }, "a.bin", "application/octet-stream"));

        var failure = await Assert.ThrowsAsync<BraintrustAssertionException>(braintrust.ShouldHaveLostNothingAsync);
        Assert.Contains("accepted 1 = delivered 1 + dropped 0 + waiting 0; lost attachments 1", failure.Message, StringComparison.Ordinal);
        Assert.Equal(LossReasons.Attachment, braintrust.Losses.Single().Reason);
    }

    [Fact]
    public async Task RowsThatAreTooLargeForARequestArriveToo()
    {
        await using var braintrust = new InMemoryBraintrust();
        braintrust.Logger.Log(name: "large", output: Enumerable.Range(0, 400).Select(_ => new string('x', 60_000)).ToList());

        await braintrust.ShouldHaveLostNothingAsync();
        Assert.Single(await braintrust.RowsAsync());
    }

    [Fact]
    public async Task WordsOfAMatchNarrowItDown()
    {
        await using var braintrust = new InMemoryBraintrust();
        Help.Answer(braintrust.Logger);
        var trace = await braintrust.TraceAsync();

        var ask = trace.ShouldHaveSpan("ask").Times(2).WithType("llm").WithInput("When?").WithMetric("prompt_tokens", 42.0).Below("GET /answer");
        Assert.Equal(2, ask.Spans.Count);
        Assert.Equal("gpt-4o-mini", (string?)ask.WithMetadata("model", "gpt-4o-mini").Single().Metadata["model"]);
        trace.ShouldHaveSpan("GET /answer").AtTheTop().WithInput(new { question = "When is tea?" }).WithExpected("At four.").WithTags("b").WithScore("helpful", 0.9).WithoutError();
        trace.ShouldHaveSpan("search").WithOutput(new List<string> { "Tea is served at four." }).WithInput(null).That("is a leaf", span => span.Children.Count == 0);
        trace.ShouldHaveSpan("polish").WithError().WithError("out of polish");
        trace.ShouldNotHaveSpan("burn");
    }

    [Theory]
    [InlineData("Answering {Question}", true)]
    [InlineData("Answering {@Question,-10:l}", true)]
    [InlineData("Answering When is {Meal}?", true)]
    [InlineData("Answering When is tea?", true)]
    [InlineData("Answering", false)]
    [InlineData("{Verb} When was {Meal}", false)]
    [InlineData("answering {Question}", false)]
    [InlineData("Answering { }", false)]
    public async Task AHoleOfATemplateStandsForAnyText(string name, bool isCalledSo)
    {
        await using var braintrust = new InMemoryBraintrust();
        braintrust.Logger.Log(name: "Answering When is tea?");
        var trace = await braintrust.TraceAsync();

        Assert.Equal(isCalledSo, Record.Exception(() => trace.ShouldHaveSpan(name)) is null);
        Assert.Equal(isCalledSo, Record.Exception(() => trace.ShouldNotHaveSpan(name)) is not null);
    }

    [Fact]
    public async Task ValuesAreComparedByWhatTheyMean()
    {
        await using var braintrust = new InMemoryBraintrust();
        braintrust.Logger.Log(name: "row", output: new Dictionary<string, object?> { ["b"] = 1.50m, ["a"] = new object?[] { null, true, "x" }, ["c"] = new DateOnly(2026, 1, 2) });
        var row = (await braintrust.TraceAsync()).ShouldHaveSpan("row");

        row.WithOutput(new { a = new object?[] { null, true, "x" }, b = 1.5, c = "2026-01-02" });
        row.WithOutput(JsonNode.Parse("""{"c":"2026-01-02","b":15e-1,"a":[null,true,"x"]}"""));
        Assert.Throws<BraintrustAssertionException>(() => row.WithOutput(new { a = new object?[] { null, true }, b = 1.5, c = "2026-01-02" }));
        Assert.Throws<BraintrustAssertionException>(() => row.WithOutput(new { a = new object?[] { null, true, "x" }, b = 1.5 }));
        Assert.Throws<BraintrustAssertionException>(() => row.WithOutput(null));
    }
}
