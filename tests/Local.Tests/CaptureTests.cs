using System.Net;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Tests;

/// <summary>What Braintrust's own SDK sent, sent again.</summary>
public sealed class CaptureTests
{
    public static TheoryData<string> Complete => [.. Capture.Names.Where(IsComplete)];

    [Theory]
    [InlineData("01"), InlineData("02"), InlineData("03"), InlineData("04"), InlineData("05"), InlineData("06"), InlineData("10")]
    public void TheCapturesThatCountAreAmongThem(string number) => Assert.True(IsComplete(number));

    [Theory]
    [MemberData(nameof(Complete))]
    public async Task ReplayingACaptureEndsInTheStateItEndedIn(string name)
    {
        var capture = Capture.Load(name);
        await using var client = await LocalClient.StartAsync();
        var ids = await ProjectIdsAsync(client, capture);
        foreach (var post in capture.Logs3.Where(it => it.Succeeded))
        {
            var (status, answer) = await client.PostAsync("/logs3", Renamed(post.Raw ?? post.Body!.ToJsonString(), ids));
            Assert.True(status == HttpStatusCode.OK, answer?.ToJsonString());
            Assert.True(JsonNode.DeepEquals(post.Response.Body!["ids"], answer!["ids"]));
        }
        var expected = capture.StoredRows().Select(row => Renamed(row.ToJsonString(), ids)).Order(StringComparer.Ordinal);
        var stored = ids.Values.SelectMany(client.Local.Rows).Select(row => row.ToJsonString()).Order(StringComparer.Ordinal);
        Assert.Equal(expected, stored);
    }

    [Fact]
    public async Task TheNestedCaptureBecomesItsTree()
    {
        var capture = Capture.Load("02-nested-spans");
        await using var client = await LocalClient.StartAsync();
        var ids = await ProjectIdsAsync(client, capture);
        foreach (var post in capture.Logs3)
            await client.PostAsync("/logs3", Renamed(post.Body!.ToJsonString(), ids));

        var traces = client.Local.Traces(Assert.Single(ids.Values));
        Assert.Equal(2, traces.Count);
        var lookup = Assert.Single(traces[1].Children);
        Assert.Equal(("root", "lookup", "tool"), (traces[1].Name, lookup.Name, Assert.Single(lookup.Children).Type));
    }

    [Fact]
    public async Task FeedbackAndCommentsReachTheirRow()
    {
        var capture = Capture.Load("05-log-feedback");
        await using var client = await LocalClient.StartAsync();
        var ids = await ProjectIdsAsync(client, capture);
        foreach (var post in capture.Logs3)
            await client.PostAsync("/logs3", Renamed(post.Body!.ToJsonString(), ids));

        var reviewed = client.Local.Traces(Assert.Single(ids.Values)).Single(tree => tree.Comments.Count == 2);
        Assert.Equal(0, reviewed.Scores["thumbs"]);
        Assert.False(reviewed.Row.ContainsKey("_audit_source"));
    }

    /// <summary>Some captures only count and sample their rows, and in one nothing was accepted.</summary>
    static bool IsComplete(string name) => Capture.Load(name) is { HasAllRows: true, Logs3Rows.Count: > 0 };

    /// <summary>Registers the capture's projects here; its ids become ours.</summary>
    static async Task<Dictionary<string, string>> ProjectIdsAsync(LocalClient client, Capture capture)
    {
        var ids = new Dictionary<string, string>();
        foreach (var id in capture.Logs3Rows.Select(row => row["project_id"]!.GetValue<string>()).Distinct())
            ids[id] = await client.RegisterAsync($"project of {id}");
        return ids;
    }

    static string Renamed(string text, Dictionary<string, string> ids) => ids.Aggregate(text, (it, id) => it.Replace(id.Key, id.Value, StringComparison.Ordinal));
}
