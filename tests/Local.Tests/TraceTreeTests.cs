using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Traces;

namespace Braintrust.Logging.Local.Tests;

public sealed class TraceTreeTests
{
    [Fact]
    public void ChildrenStandByStartThenByCounterWhateverTheyArriveIn()
    {
        var tree = Assert.Single(Build(
            """{"id":"3","span_id":"c","root_span_id":"t","span_parents":["a"],"metrics":{"start":5},"span_attributes":{"exec_counter":4}}""",
            """{"id":"2","span_id":"b","root_span_id":"t","span_parents":["a"],"metrics":{"start":5},"span_attributes":{"exec_counter":10}}""",
            """{"id":"4","span_id":"d","root_span_id":"t","span_parents":["a"],"metrics":{"start":2},"span_attributes":{"exec_counter":99}}""",
            """{"id":"1","span_id":"a","root_span_id":"t","span_parents":null,"metrics":{"start":1}}"""));
        Assert.Equal("1(4 3 2)", Shape(tree));
    }

    [Fact]
    public void NewerTracesStandFirstAndATraceStaysTogether()
    {
        var trees = Build(
            """{"id":"old","span_id":"a","root_span_id":"t1","metrics":{"start":1}}""",
            """{"id":"new","span_id":"b","root_span_id":"t2","metrics":{"start":5}}""",
            """{"id":"lost","span_id":"c","root_span_id":"t1","span_parents":["z"],"metrics":{"start":9}}""");
        Assert.Equal(["new", "old", "lost"], trees.Select(tree => tree.Id));
    }

    [Fact]
    public void ASpanWhoseParentIsNotStoredIsShownAtTheTopAndMarked()
    {
        var trees = Build(
            """{"id":"1","span_id":"a","root_span_id":"t","metrics":{"start":1}}""",
            """{"id":"2","span_id":"b","root_span_id":"t","span_parents":["gone"],"metrics":{"start":2}}""",
            """{"id":"3","span_id":"c","root_span_id":"t","span_parents":["b"],"metrics":{"start":3}}""");
        Assert.Equal("1 2(3)", string.Join(' ', trees.Select(Shape)));
        Assert.Equal([false, true], trees.Select(tree => tree.IsOrphan));
    }

    [Fact]
    public void AParentOfAnotherTraceIsNoParent() =>
        Assert.True(Build("""{"id":"1","span_id":"a","root_span_id":"t1"}""", """{"id":"2","span_id":"b","root_span_id":"t2","span_parents":["a"]}""").Single(it => it.Id == "2").IsOrphan);

    [Fact]
    public void ALogRowStandsBelowTheSpanWhoseIdItCarries()
    {
        var tree = Assert.Single(Build(
            """{"id":"1","span_id":"a","root_span_id":"t","metrics":{"start":1}}""",
            """{"id":"2","span_id":"b","root_span_id":"t","span_parents":["a"],"metrics":{"start":3}}""",
            """{"id":"log","span_id":"a","root_span_id":"t","output":"Paid\nin full","metrics":{"start":2,"end":2},"span_attributes":{"type":"log","log_level":"info"}}"""));
        Assert.Equal("1(log 2)", Shape(tree));
        var log = tree.Children[0];
        Assert.True(log.IsLog);
        Assert.Equal(("Paid\nin full", "info"), (log.Name, log.LogLevel));
    }

    [Fact]
    public void ALooseLogRowStandsAtTheTopAndIsNoOrphan() =>
        Assert.False(Assert.Single(Build("""{"id":"log","span_id":"x","root_span_id":"t","output":"hi","span_attributes":{"type":"log"}}""")).IsOrphan);

    [Fact]
    public void SpansThatAreEachOthersParentsAreStillShown()
    {
        var trees = Build(
            """{"id":"1","span_id":"a","root_span_id":"t","span_parents":["b"],"metrics":{"start":1}}""",
            """{"id":"2","span_id":"b","root_span_id":"t","span_parents":["a"],"metrics":{"start":2}}""",
            """{"id":"3","span_id":"c","root_span_id":"t","span_parents":["c"],"metrics":{"start":3}}""",
            """{"id":"4","span_id":"d","root_span_id":"t","span_parents":["a"],"metrics":{"start":4}}""");
        Assert.Equal(["1", "2", "3", "4"], trees.SelectMany(tree => tree.SelfAndDescendants()).Select(node => node.Id).Order());
        Assert.All(trees, tree => Assert.True(tree.IsOrphan));
    }

    [Fact]
    public void CommentsStandAtTheirRow()
    {
        var tree = Assert.Single(Build("""{"id":"c","origin":{"id":"1"},"comment":{"text":"hm"}}""", """{"id":"1","span_id":"a","root_span_id":"t"}"""));
        Assert.Equal("hm", Assert.Single(tree.Comments)["comment"]!["text"]!.GetValue<string>());
    }

    [Fact]
    public void AChainOfTenThousandSpansIsBuiltAndPrinted()
    {
        var rows = Enumerable.Range(0, 10_000).Select(i => $$"""{"id":"{{i}}","span_id":"s{{i}}","root_span_id":"t","span_parents":["s{{i - 1}}"],"metrics":{"start":{{i}} } }""");
        var tree = Assert.Single(Build([.. rows]));
        Assert.Equal(10_000, tree.SelfAndDescendants().Count());
    }

    [Fact]
    public void ARowOfTheStrangestKindIsStillANode()
    {
        var node = Assert.Single(Build("""{"id":"1","metrics":{"start":1e308,"end":-1e308,"tokens":1e300},"error":{"code":7},"scores":{"a":null}}"""));
        Assert.Equal("(unnamed)", node.Name);
        Assert.Null(node.Start);
        Assert.Null(node.Duration);
        Assert.Equal("""{"code":7}""", node.Error);
        Assert.Null(node.Scores["a"]);
    }

    static IReadOnlyList<TraceNode> Build(params string[] rows) => TraceTree.Build([.. rows.Select(row => JsonNode.Parse(row)!.AsObject())]);

    static string Shape(TraceNode node) => node.Children.Count == 0 ? node.Id : $"{node.Id}({string.Join(' ', node.Children.Select(Shape))})";
}
