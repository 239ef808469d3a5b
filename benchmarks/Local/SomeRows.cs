using System.Text;

namespace Braintrust.Logging.Local.Benchmarks;

/// <summary>Bodies of a hundred rows of about a kilobyte each, as an app with a model call in each request makes them.</summary>
static class SomeRows
{
    public const int PerBody = 100;

    static readonly string Text = string.Concat(Enumerable.Repeat("Tea is served at four. ", 30));

    public static byte[] Body(string project, string trace, int from, int perTrace)
    {
        var rows = Enumerable.Range(from, PerBody).Select(i => $$"""
            {"id":"{{trace}}{{i}}","project_id":"{{project}}","log_id":"g","span_id":"{{trace}}s{{i}}","root_span_id":"{{trace}}{{i / perTrace}}",{{(i % perTrace == 0 ? "" : $"\"span_parents\":[\"{trace}s{(i / perTrace * perTrace) + ((i % perTrace - 1) / 10)}\"],")}}"created":"2026-11-24T09:00:00Z","input":[{"role":"user","content":"When is tea?"}],"output":"{{Text}}","metadata":{"model":"gpt-4o-mini","provider":"openai","tenant":"north"},"metrics":{"start":{{1_790_000_000 + i * .01:0.00}},"end":{{1_790_000_000 + i * .01 + .4:0.00}},"prompt_tokens":42,"completion_tokens":7},"span_attributes":{"name":"step {{i}}","type":"llm","exec_counter":{{i}}},"_is_merge":false}
            """);
        return Encoding.UTF8.GetBytes($$"""{"rows": [{{string.Join(",", rows)}}], "api_version": 2}""");
    }
}
