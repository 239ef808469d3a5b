using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Tests;

public sealed class RowMergeTests
{
    public static TheoryData<string> Names => [.. Cases().Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void RowsMergeAsTheTableSays(string name)
    {
        var it = Cases()[name];
        var stored = it.Arriving.Aggregate(it.Stored, RowMerge.Apply);
        Assert.True(JsonNode.DeepEquals(it.Then, stored), $"expected {it.Then?.ToJsonString() ?? "nothing"}, stored {stored?.ToJsonString() ?? "nothing"}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void MergingChangesNeitherOfTheTwo(string name)
    {
        var it = Cases()[name];
        var before = (it.Stored?.ToJsonString(), it.Arriving[0].ToJsonString());
        RowMerge.Apply(it.Stored, it.Arriving[0]);
        Assert.Equal(before, (it.Stored?.ToJsonString(), it.Arriving[0].ToJsonString()));
    }

    sealed record Case(JsonObject? Stored, List<JsonObject> Arriving, JsonObject? Then);

    static Dictionary<string, Case> Cases()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "RowMerge.cases.txt"));
        return text.Split("\n\n").Skip(1).ToDictionary(it => it.Split('\n')[0], Read);
    }

    static Case Read(string text)
    {
        var lines = text.Trim().Split('\n').Skip(1).Select(line => (Word: line.Split(' ')[0], Row: Row(line[8..]))).ToList();
        return new Case(
            lines.Find(line => line.Word == "stored").Row,
            [.. lines.Where(line => line.Word == "arrives").Select(line => line.Row!)],
            lines.Single(line => line.Word == "then").Row);
    }

    static JsonObject? Row(string text) => text == "nothing" ? null : JsonNode.Parse(text)!.AsObject();
}
