using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests.Captures;

/// <summary>Capture 07: the same rows through masks that redact, throw and return nothing.</summary>
public sealed class MaskingTests
{
    [Fact]
    public async Task MasksThatRedactThrowAndReturnNothing()
    {
        await using var run = await CaptureRun.StartAsync("07");
        Func<string, object?, object?>[] masks =
        [
            Redact,
            (field, _) => throw new MaskBroke(),
            (field, _) => throw new MaskBroke(),
            (field, _) => throw new Error(),
            (field, value) => field == "name" ? value : null,
        ];
        foreach (var (i, mask) in masks.Index())
        {
            Log(run.Logger(options => options.Mask = mask), withError: i is 0 or 1, isShort: i == 3);
        }
        run.Logger().StartSpan("root", input: "secret again, masking off").Dispose();
        foreach (var client in run.Clients)
        {
            Assert.True((await client.FlushAsync()).Completed);
        }

        var theirs = run.Capture.Logs3Rows.Where(row => (bool)row["_is_merge"]! == false).ToList();
        var ours = run.Server.Rows.Entries;
        Assert.Equal(theirs.Count, ours.Count);
        foreach (var (i, (their, our)) in theirs.Zip(ours).Index())
        {
            foreach (var field in new[] { "input", "output", "expected", "metadata", "scores" })
            {
                Assert.True(JsonNode.DeepEquals(their[field], our[field]), $"{field} of row {i} is {our[field]} in place of {their[field]}");
            }
            Assert.Equal(their["context"] is null, our["context"] is null);
            Assert.Equal(their["metrics"]?["n"]?.ToJsonString(), our["metrics"]?["n"]?.ToJsonString());
            Assert.Equal(their["metrics"] is null, our["metrics"] is null);
        }
        Assert.Equal((string?)theirs[1]["context"], (string?)ours[1]["context"]!["error"]); // a text alone may be refused by the service

        // Where we mask more: what is said in errors, tags and names is content too.
        Assert.Equal(("*** error", "***-tag"), ((string?)ours[0]["error"], (string?)ours[0]["tags"]![0]));
        Assert.Equal((string)theirs[1]["error"]!, ((string)ours[1]["error"]!)
            .Replace("ERROR: Failed to mask field 'error' - MaskBroke", "secret error", StringComparison.Ordinal)
            .Replace("; ERROR: Failed to mask field 'tags' - MaskBroke", "", StringComparison.Ordinal));
        Assert.Equal("ERROR: Failed to mask field 'name' - MaskBroke", (string?)ours[1]["span_attributes"]!["name"]);
        Assert.Equal("root", (string?)ours[4]["span_attributes"]!["name"]);
    }

    static void Log(BraintrustLogger logger, bool withError, bool isShort)
    {
        if (isShort)
        {
            logger.Log(input: "secret", metadata: new { a = "secret" }, name: "root");
            return;
        }
        logger.Log(
            new { text = "my secret", password = "hunter2" }, "secret out", new object[] { "secret", 1 }, withError ? "secret error" : null,
            new Dictionary<string, double> { ["s"] = 1 }, new { password = "x", note = "secret" }, new Dictionary<string, double> { ["n"] = 1 }, ["secret-tag"], "root", SpanTypes.Task);
    }

    static object? Redact(string field, object? value) => value switch
    {
        string text => text.Replace("secret", "***", StringComparison.Ordinal),
        IReadOnlyDictionary<string, object?> map => map.ToDictionary(member => member.Key, member => member.Key == "password" ? "***" : Redact(field, member.Value)),
        IReadOnlyList<object?> list => list.Select(item => Redact(field, item)).ToArray(),
        _ => value,
    };

    sealed class MaskBroke : Exception;

    sealed class Error : Exception;
}
