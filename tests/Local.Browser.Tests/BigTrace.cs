using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Browser.Tests;

/// <summary>One trace of many spans, ten below each.</summary>
static class BigTrace
{
    public static IEnumerable<JsonObject> Rows(int count) => Enumerable.Range(0, count).Select(i => Browser.Tests.Rows.Span(
        "big", $"s{i}", i == 0 ? null : $"s{(i - 1) / 10}", $"step {i}", i % 3 == 0 ? "tool" : i % 7 == 0 ? "llm" : "task", 1000 + i * .01, i == 0 ? 1000 + count * .01 : 1000 + i * .01 + .4,
        """{"input":{"question":"What comes next?","of":"the same kind"},"output":"The next one."}"""));
}
