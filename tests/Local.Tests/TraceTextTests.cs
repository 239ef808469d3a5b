using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Traces;

namespace Braintrust.Logging.Local.Tests;

public sealed class TraceTextTests
{
    [Fact]
    public void TracesReadAsTheExpectedText()
    {
        var trees = Build(
            """{"id":"1","span_id":"a","root_span_id":"t","metrics":{"start":100,"end":112.34},"span_attributes":{"name":"GET /ask","type":"task"},"scores":{"helpful":0.75,"style":null}}""",
            """{"id":"2","span_id":"b","root_span_id":"t","span_parents":["a"],"metrics":{"start":101,"end":101.3204,"prompt_tokens":12,"completion_tokens":34},"span_attributes":{"name":"Answering What is 1+1?","type":"llm"},"metadata":{"model":"gpt-4o-mini"}}""",
            """{"id":"3","span_id":"b","root_span_id":"t","metrics":{"start":101.1,"end":101.1},"output":"Cache miss","span_attributes":{"type":"log","log_level":"warn"}}""",
            """{"id":"4","span_id":"c","root_span_id":"t","span_parents":["a"],"metrics":{"start":102,"end":102},"span_attributes":{"name":"Payment {PaymentId} failed","log_level":"error"},"error":"System.InvalidOperationException: declined\n   at Shop.Pay()"}""",
            """{"id":"5","span_id":"d","root_span_id":"t","span_parents":["c"],"metrics":{"start":103,"tokens":5},"span_attributes":{"name":"still at it"},"error":{"code":7}}""",
            """{"id":"6","span_id":"e","root_span_id":"t","span_parents":["gone"],"metrics":{"start":104,"end":104.0005},"span_attributes":{"name":"lost","type":"tool"}}""");
        var expected = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "TraceText.expected.txt"));
        Assert.Equal(expected, TraceText.Render(trees));
    }

    [Fact]
    public void LoggedValuesCannotDriveTheTerminal()
    {
        var text = TraceText.Render(Build("""{"id":"1","span_attributes":{"name":"\u001b[2Jgone\r\nsecond","type":"\u001b]0;"},"error":"\u0007bell"}"""));
        Assert.DoesNotContain(text, c => char.IsControl(c) && c != '\n');
        Assert.DoesNotContain("second", text, StringComparison.Ordinal);
    }

    [Fact]
    public void NoTracesNoText() => Assert.Equal("", TraceText.Render([]));

    static IReadOnlyList<TraceNode> Build(params string[] rows) => TraceTree.Build([.. rows.Select(row => JsonNode.Parse(row)!.AsObject())]);
}
