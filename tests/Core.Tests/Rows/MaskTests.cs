using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Rows;

public sealed partial class MaskTests
{
    const string Secret = "s3cret-4711";

    static readonly Dictionary<string, double> Good = new() { ["good"] = 1 };

    /// <summary>As a user would write it: texts, in maps and lists too.</summary>
    static object? Stars(string field, object? value) => value switch
    {
        string text => Secrets().Replace(text, "***"),
        IReadOnlyDictionary<string, object?> map => map.ToDictionary(member => Secrets().Replace(member.Key, "***"), member => Stars(field, member.Value)),
        IReadOnlyList<object?> list => list.Select(item => Stars(field, item)).ToList(),
        _ => value,
    };

    [Fact]
    public async Task NothingUnmaskedIsSentOrHeldWhateverTheField()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.Mask = Stars);

        var open = logger.StartSpan($"open {Secret}", input: Secret, metadata: new { model = Secret, a = Secret });
        await logger.Client.FlushAsync();
        open.End();
        using (var span = logger.StartSpan("work", input: new { deep = new[] { Secret }, n = 1 }, metadata: new Dictionary<string, object> { [Secret] = Secret }))
        {
            span.SetAttributes(name: $"renamed {Secret}");
            span.Log(output: Secret, expected: new { e = Secret }, error: new InvalidOperationException(Secret), tags: [Secret], scores: Good, metrics: new Dictionary<string, double> { ["n"] = 0.1 });
            logger.Log(name: $"child {Secret}", output: Secret, tags: [Secret]);
        }
        var id = logger.Log(input: Secret, name: "logged");
        logger.LogFeedback(id, expected: Secret, comment: Secret, metadata: new { who = Secret }, tags: [Secret]);
        logger.UpdateSpan(id, output: Secret, metadata: new { later = Secret });
        open.Log(output: Secret);

        Assert.Null(Held(logger.Client, Secret));
        var result = await logger.Client.FlushAsync();
        Assert.Equal((true, 0), (result.Completed, result.Dropped));
        Assert.Null(Held(logger.Client, Secret));

        Assert.DoesNotContain(world.Server.Requests.Entries, request => request.Body.Contains(Secret, StringComparison.Ordinal));
        var row = world.Row("renamed ***");
        Assert.Equal("""{"deep":["***"],"n":1}""", row["input"]!.ToJsonString());
        Assert.Equal(("***", "***"), ((string?)row["output"], (string?)row["expected"]!["e"]));
        Assert.StartsWith("System.InvalidOperationException: ***", (string?)row["error"]);
        Assert.Equal("***", (string?)row["metadata"]!["***"]);
        Assert.Equal("***", (string?)row["tags"]![0]);
        Assert.Equal((1, 0.1), ((double)row["scores"]!["good"]!, (double)row["metrics"]!["n"]!));
        Assert.Equal("***", (string?)world.Row("child ***")["metadata"]!["tags"]![0]);
        Assert.Equal(("***", "***"), ((string?)world.Row("open ***")["metadata"]!["model"], (string?)world.Row("open ***")["output"]));
        var logged = world.Server.StoredRow(id)!;
        Assert.Equal(("***", "***", "***", "***"), ((string?)logged["input"], (string?)logged["output"], (string?)logged["expected"], (string?)logged["metadata"]!["later"]));
        Assert.Equal("***", (string?)world.Server.Arrivals.Entries.Single(arrival => arrival["comment"] is not null)["comment"]!["text"]);
    }

    [Fact]
    public async Task AnUnmaskedClientIsSeenToHoldWhatItQueues()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        logger.Log(input: Secret);
        Assert.NotNull(Held(logger.Client, Secret)); // so the search above finds something where there is something
    }

    [Fact]
    public async Task EachPresentFieldIsGivenOnceWithItsWholeValueAsPlainValues()
    {
        await using var world = await World.StartAsync();
        var seen = new List<(string Field, object? Value)>();
        var logger = world.Logger(options => options.Mask = (field, value) =>
        {
            seen.Add((field, value));
            return value;
        });

        logger.Log(new { text = "t", n = 5, f = 0.5, big = 12345678901234567890m, yes = true, none = (string?)null, list = new object[] { 1, "two" } },
            "out", 7, "broken", Good, new { a = 1 }, new Dictionary<string, double> { ["m"] = 2 }, ["tag"], "named");
        seen.Sort((one, other) => string.CompareOrdinal(one.Field, other.Field)); // Log opens no span, so each came once

        Assert.Equal(["context", "error", "expected", "input", "metadata", "metrics", "name", "output", "scores", "tags"], seen.Select(it => it.Field));
        var values = seen.ToDictionary(it => it.Field, it => it.Value);
        var input = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(values["input"]);
        Assert.Equal(("t", 5L, 0.5, 12345678901234567890m, true, null), (input["text"], input["n"], input["f"], input["big"], input["yes"], input["none"]));
        Assert.Equal([1L, "two"], Assert.IsAssignableFrom<IReadOnlyList<object?>>(input["list"]));
        Assert.Equal(("out", 7L, "broken", "named"), (values["output"], values["expected"], values["error"], values["name"]));
        Assert.Equal(["tag"], Assert.IsAssignableFrom<IReadOnlyList<object?>>(values["tags"]));
        Assert.Equal(1L, Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(values["metadata"])["a"]);

        // What was given back as it came is as it was.
        await logger.Client.FlushAsync();
        Assert.Equal("""{"text":"t","n":5,"f":0.5,"big":12345678901234567890,"yes":true,"none":null,"list":[1,"two"]}""", world.Row("named")["input"]!.ToJsonString());
    }

    [Fact]
    public async Task AMaskThatThrowsLetsNoValueThrough()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.Mask = static (_, _) => throw new MaskBrokeException(Secret));

        var span = logger.StartSpan(Secret, input: Secret, metadata: new { a = Secret });
        await logger.Client.FlushAsync();
        span.Log(output: Secret, expected: Secret, error: Secret, scores: Good, tags: [Secret]);
        span.End();
        logger.LogFeedback(span.Id, comment: Secret, metadata: new { who = Secret });
        Assert.Null(Held(logger.Client, Secret));
        await logger.Client.FlushAsync();

        Assert.DoesNotContain(world.Server.Requests.Entries, request => request.Body.Contains(Secret, StringComparison.Ordinal));
        var row = world.Server.StoredRow(span.Id)!;
        foreach (var field in new[] { "input", "output", "expected" })
        {
            Assert.Equal($"ERROR: Failed to mask field '{field}' - MaskBrokeException", (string?)row[field]);
        }
        foreach (var field in new[] { "metadata", "context" })
        {
            Assert.Equal($$"""{"error":"ERROR: Failed to mask field '{{field}}' - MaskBrokeException"}""", row[field]!.ToJsonString(Readable));
        }
        Assert.Equal(
            string.Join("; ", new[] { "error", "scores", "tags", "metrics" }.Select(field => $"ERROR: Failed to mask field '{field}' - MaskBrokeException")),
            (string?)row["error"]);
        Assert.Null(row["scores"]);
        Assert.Null(row["metrics"]);
        Assert.Equal("ERROR: Failed to mask field 'name' - MaskBrokeException", (string?)row["span_attributes"]!["name"]);
        Assert.Equal("ERROR: Failed to mask field 'comment' - MaskBrokeException", (string?)world.Server.Arrivals.Entries.Single(arrival => arrival["comment"] is not null)["comment"]!["text"]);
    }

    [Fact]
    public async Task NullLeavesTheFieldOut()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.Mask = static (field, value) => field == "output" ? value : null);
        logger.Log("in", "out", "exp", "err", Good, new { a = 1 }, tags: ["t"]);
        await logger.Client.FlushAsync();

        var row = Assert.Single(world.Rows);
        Assert.Equal("out", (string?)row["output"]);
        Assert.All(new[] { "input", "expected", "error", "scores", "metadata", "metrics", "tags", "context" }, field => Assert.False(row.ContainsKey(field), field));
        Assert.Null(row["span_attributes"]!["name"]);
    }

    public static TheoryData<string, Func<string, object?, object?>, string> Hostile => new()
    {
        { "a cycle", (_, _) => Cycle(), "<circular reference>" },
        { "huge text", (_, _) => new string('x', 10_000_000), "truncated" },
        { "an endless list", (_, _) => Endless(), "truncated: more than 1000 items" },
        { "a getter that throws", (_, _) => new Thrower(), "<error: MaskBrokeException>" },
        { "a task", (_, _) => Task.FromResult(1), "<not captured" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task WhateverTheMaskGivesTheRowIsValid(string what, Func<string, object?, object?> mask, string mark)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.Mask = (field, value) => field is "context" or "name" ? value : mask(field, value));
        logger.Log(Secret, Secret, scores: Good, metadata: new { a = Secret }, tags: [Secret], name: what);
        var result = await logger.Client.FlushAsync();

        Assert.Equal((1, 0), (result.Delivered, result.Dropped));
        var row = world.Row(what);
        Assert.Contains(mark, row["input"]!.ToJsonString(Readable), StringComparison.Ordinal);
        Assert.IsType<JsonObject>(row["metadata"]);
        Assert.True(row["tags"] is null or JsonArray);
        Assert.True(row["metrics"] is null || row["metrics"]!.AsObject().All(metric => metric.Value!.GetValueKind() == System.Text.Json.JsonValueKind.Number));
        Assert.DoesNotContain(Secret, world.Server.Requests.Entries[^1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMaskThatLogsEndsInsteadOfGoingRound()
    {
        await using var world = await World.StartAsync();
        BraintrustLogger? logger = null;
        logger = world.Logger(options => options.Mask = (field, _) =>
        {
            logger!.Log(input: Secret, name: "inner");
            return "masked " + field;
        });
        logger.Log(input: Secret, name: "outer");
        await logger.Client.FlushAsync();

        Assert.Equal("masked input", (string?)world.Row("masked name")["input"]);
        Assert.DoesNotContain(world.Server.Requests.Entries, request => request.Body.Contains(Secret, StringComparison.Ordinal));
        Assert.Contains(world.Rows, row => (string?)row["input"] == "ERROR: Failed to mask field 'input' - InvalidOperationException");
    }

    [Fact]
    public async Task TimesKeepTheirDigitsThroughAMaskThatRebuildsThem()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.Mask = Stars);
        logger.StartSpan("work", startTime: new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero).AddTicks(1234567)).Dispose();
        await logger.Client.FlushAsync();
        Assert.Contains("\"start\":1795521600.1234567", world.Server.Requests.Entries.Single(request => request.Path == "/logs3").Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ManyThreadsAtOnceGetTheirOwnRows()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.Mask = Stars);
        await Parallel.ForAsync(0, 2000, (i, _) =>
        {
            using var span = logger.StartSpan($"span {i}", input: new { i, Secret });
            span.Log(output: i, metadata: new { i });
            return ValueTask.CompletedTask;
        });
        var result = await logger.Client.FlushAsync();

        Assert.Equal((true, 0), (result.Completed, result.Dropped));
        Assert.Equal(2000, world.Rows.Count);
        Assert.All(world.Rows, row =>
        {
            var i = (int)row["output"]!;
            Assert.Equal($"span {i}", (string?)row["span_attributes"]!["name"]);
            Assert.Equal((i, i, "***"), ((int)row["input"]!["i"]!, (int)row["metadata"]!["i"]!, (string?)row["input"]!["Secret"]));
        });
        Assert.Distinct(world.Rows.Select(row => (long)row["span_attributes"]!["exec_counter"]!));
    }

    [Fact]
    public async Task CapturedActivitiesAreMaskedToo()
    {
        await using var world = await World.StartAsync();
        using var source = new System.Diagnostics.ActivitySource(Some.ProjectName());
        var client = world.Client(options =>
        {
            options.ActivitySources.Add(source.Name);
            options.Mask = Stars;
        });
        using (var activity = source.StartActivity($"call {Secret}")!)
        {
            activity.SetTag("tag", Secret);
            activity.SetTag("braintrust.origin", $$"""{"object_type":"dataset","note":"{{Secret}}"}"""); // no reference alone: then it is metadata, which is masked
            activity.SetTag("braintrust.context_json", $$"""{"note":"{{Secret}}"}""");
            activity.SetStatus(System.Diagnostics.ActivityStatusCode.Error, Secret);
        }
        await client.FlushAsync();

        Assert.DoesNotContain(world.Server.Requests.Entries, request => request.Body.Contains(Secret, StringComparison.Ordinal));
        var row = world.Row("call ***");
        Assert.Equal(("***", "***"), ((string?)row["metadata"]!["tag"], (string?)row["error"]));
    }

    [Fact]
    public async Task AFullQueueRefusesMaskedRowsAsAnyOther()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options =>
        {
            options.Mask = Stars;
            options.QueueLimit = 10;
        });
        for (var i = 0; i < 50; i++)
        {
            logger.Log(input: Secret);
        }
        var result = await logger.Client.FlushAsync();
        Assert.Equal(50, result.Delivered + result.Dropped);
        Assert.True(result.Dropped > 0);
    }

    static readonly System.Text.Json.JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static object Cycle()
    {
        var list = new List<object>();
        list.Add(list);
        return list;
    }

    static IEnumerable<int> Endless()
    {
        for (var i = 0; ; i++)
        {
            yield return i;
        }
    }

    [GeneratedRegex(@"s3cret-\d+")]
    private static partial Regex Secrets();

    sealed class Thrower
    {
        public string Value => throw new MaskBrokeException(Secret);
    }

    sealed class MaskBrokeException(string message) : Exception(message);

    /// <summary>Where the client holds a text, in its queue or anywhere else; null if nowhere.</summary>
    static string? Held(BraintrustClient client, string text)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var pending = new Stack<(object Value, string Path)>([(client, "client")]);
        while (pending.TryPop(out var it))
        {
            if (!seen.Add(it.Value))
            {
                continue;
            }
            switch (it.Value)
            {
                case string found when found.Contains(text, StringComparison.Ordinal):
                case byte[] bytes when Encoding.UTF8.GetString(bytes).Contains(text, StringComparison.Ordinal):
                    return it.Path;
                case string or byte[] or char[] or Delegate or Type or JsonBuffer or StringBuilder:
                    continue; // buffers are written over, not read
                case Array items:
                    foreach (var item in items)
                    {
                        Push(item, it.Path + "[]");
                    }
                    continue;
            }
            for (var type = it.Value.GetType(); type is not null && type != typeof(object); type = type.BaseType)
            {
                foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    Push(field.GetValue(it.Value), $"{it.Path}.{field.Name}");
                }
            }
        }
        return null;

        void Push(object? value, string path)
        {
            if (value is not null && !value.GetType().IsPrimitive && !value.GetType().IsPointer && IsWalked(value))
            {
                pending.Push((value, path));
            }
        }

        static bool IsWalked(object value) => value is string or Array or ICollection
            || value.GetType().Namespace is { } name && (name.StartsWith("Braintrust.Logging", StringComparison.Ordinal) && !name.StartsWith("Braintrust.Logging.Tests", StringComparison.Ordinal)
                || name.StartsWith("System.Collections", StringComparison.Ordinal) || name == "System.Threading.Channels" || value is ReadOnlyMemory<byte>);
    }
}
