using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Browser.Tests;

/// <summary>A few traces of an imaginary help desk, as they would be on an ordinary morning. The screenshots show them.</summary>
static class HelpDesk
{
    public const string Project = "Help Desk";

    public static async Task FillAsync(BraintrustLocal local, DateTimeOffset now)
    {
        using var rows = new Rows(local);
        var project = await rows.ProjectAsync(Project);
        var t = now.ToUnixTimeMilliseconds() / 1000.0;
        await rows.SendAsync(project, [.. Short("t1", t - 3720, "Where is my invoice for March?", "It went out on 3 April; I have sent it again.", 0.95), .. Loose(t - 3000)]);
        await rows.SendAsync(project, Short("t2", t - 2400, "How do I add a colleague?", "Settings, People, Invite. They get an e-mail.", 1));
        await rows.SendAsync(project, Failed(t - 900));
        await rows.SendAsync(project, Short("t4", t - 640, "Can I pay by bank transfer?", "Yes: choose “Invoice” at checkout.", 0.9));
        await rows.SendAsync(project, Agent(t - 95));
        await rows.SendAsync(project, Running(t - 4));
    }

    static IEnumerable<JsonObject> Short(string trace, double t, string question, string answer, double helpful) =>
    [
        Rows.Span(trace, $"{trace}a", null, "POST /ask", "task", t, t + 1.31, $$$"""{"input":"{{{question}}}","output":"{{{answer}}}","tags":["web"],"scores":{"helpful":{{{helpful}}}}}"""),
        Rows.Span(trace, $"{trace}b", $"{trace}a", "Searching the handbook", "tool", t + .02, t + .14),
        Rows.Span(trace, $"{trace}c", $"{trace}a", "Chat Completion", "llm", t + .15, t + 1.28,
            $$$"""{"metadata":{"model":"gpt-4o-mini","provider":"openai"},"metrics":{"prompt_tokens":812,"completion_tokens":41,"estimated_cost":0.00015},"input":[{"role":"user","content":"{{{question}}}"}],"output":{"role":"assistant","content":"{{{answer}}}"}}"""),
    ];

    static IEnumerable<JsonObject> Loose(double t) =>
        Enumerable.Range(0, 4).Select(i => Rows.Log("boot", $"boot{i}", $"b{i}", i == 2 ? "warn" : "info", i == 2 ? "Handbook index is 3 days old" : $"Worker {i + 1} of 4 is ready", t + i));

    static IEnumerable<JsonObject> Failed(double t) =>
    [
        Rows.Span("t3", "t3a", null, "POST /ask", "task", t, t + 2.2, """{"input":"Cancel my subscription","tags":["web"],"error":"Shop.Billing.GatewayException: The payment gateway did not answer within 2 s.\n   at Shop.Billing.Gateway.SendAsync(Request request) in Gateway.cs:line 88\n   at Shop.Billing.Subscriptions.CancelAsync(String id) in Subscriptions.cs:line 41"}"""),
        Rows.Span("t3", "t3b", "t3a", "Cancelling sub_1842", "tool", t + .08, t + 2.18, """{"input":{"subscription":"sub_1842"},"error":"Shop.Billing.GatewayException: The payment gateway did not answer within 2 s.\n   at Shop.Billing.Gateway.SendAsync(Request request) in Gateway.cs:line 88"}"""),
        Rows.Log("t3", "t3c", "t3b", "warn", "Gateway slow: attempt 1 took 1000 ms", t + 1.1),
        Rows.Log("t3", "t3d", "t3b", "error", "Giving up on sub_1842", t + 2.15),
    ];

    static IEnumerable<JsonObject> Agent(double t) =>
    [
        Rows.Span("t5", "t5a", null, "Resolving ticket 4711", "task", t, t + 8.42, """{"input":{"ticket":4711,"customer":"Noor","subject":"Charged twice in March","channel":"mail"},"output":"Refunded the second charge of €49 and told the customer.","tags":["refund","mail"],"scores":{"helpful":1,"grounded":0.92,"tone":0.8},"metadata":{"tenant":"north","attempt":1}}"""),
        Rows.Span("t5", "t5b", "t5a", "Reading the ticket", "function", t + .01, t + .09, """{"output":{"words":112,"language":"en"}}"""),
        Rows.Log("t5", "t5l1", "t5b", "info", "Ticket 4711 has 2 messages and 1 picture", t + .07),
        Rows.Span("t5", "t5c", "t5a", "Planning", "llm", t + .1, t + 2.31, """{"metadata":{"model":"claude-sonnet","provider":"anthropic","temperature":0},"metrics":{"prompt_tokens":2140,"completion_tokens":186,"prompt_cached_tokens":1024,"time_to_first_token":0.412,"estimated_cost":0.0061},"input":[{"role":"system","content":"You resolve tickets for a small shop. Look things up before you answer."},{"role":"user","content":"I was charged twice in March. Please check and refund one of them."}],"output":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":"Let me look at the charges first.","tool_calls":[{"id":"c1","type":"function","function":{"name":"list_charges","arguments":"{\"customer\":\"noor\",\"month\":\"2026-03\"}"}}]}}]}"""),
        Rows.Span("t5", "t5d", "t5a", "list_charges", "tool", t + 2.34, t + 2.97, """{"input":{"customer":"noor","month":"2026-03"},"output":[{"id":"ch_1","amount":49,"currency":"EUR","day":"2026-03-02"},{"id":"ch_2","amount":49,"currency":"EUR","day":"2026-03-02"}]}"""),
        Rows.Span("t5", "t5d1", "t5d", "GET /v1/charges", "span", t + 2.36, t + 2.95, """{"metadata":{"http.response.status_code":200}}"""),
        Rows.Log("t5", "t5l2", "t5d", "warn", "Two charges of the same amount on 2 March", t + 2.96),
        Rows.Span("t5", "t5e", "t5a", "Deciding", "llm", t + 3.0, t + 5.2, """{"metadata":{"model":"claude-sonnet","provider":"anthropic","temperature":0},"metrics":{"prompt_tokens":2486,"completion_tokens":94,"prompt_cached_tokens":2048,"time_to_first_token":0.38,"estimated_cost":0.0042},"input":[{"role":"system","content":"You resolve tickets for a small shop. Look things up before you answer."},{"role":"user","content":"I was charged twice in March. Please check and refund one of them."},{"role":"assistant","content":"Let me look at the charges first.","tool_calls":[{"id":"c1","type":"function","function":{"name":"list_charges","arguments":"{\"customer\":\"noor\",\"month\":\"2026-03\"}"}}]},{"role":"tool","content":"ch_1 49 EUR 2 March, ch_2 49 EUR 2 March"}],"output":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"The customer is right: there are two equal charges on 2 March. I refund ch_2 and keep ch_1."}}]}"""),
        Rows.Span("t5", "t5f", "t5a", "refund", "tool", t + 5.24, t + 6.71, """{"input":{"charge":"ch_2"},"output":{"status":"succeeded","refund":"re_77"}}"""),
        Rows.Span("t5", "t5f1", "t5f", "POST /v1/refunds", "span", t + 5.26, t + 6.69),
        Rows.Log("t5", "t5l3", "t5f", "info", "Refunded €49 for ch_2", t + 6.7),
        Rows.Span("t5", "t5g", "t5a", "Writing the answer", "llm", t + 6.74, t + 8.2, """{"metadata":{"model":"claude-haiku","provider":"anthropic"},"metrics":{"prompt_tokens":640,"completion_tokens":88,"time_to_first_token":0.21,"estimated_cost":0.0007},"input":[{"role":"user","content":"Write a short, kind answer."}],"output":{"role":"assistant","content":"Hello Noor, you were right, and we are sorry. We have refunded the second charge of €49; it takes two or three days to arrive."}}"""),
        Rows.Span("t5", "t5h", "t5a", "Judging the tone", "score", t + 8.22, t + 8.4, """{"scores":{"tone":0.8}}"""),
        Rows.Row("""{"id":"t5x","created":"2026-11-24T09:12:00Z","origin":{"id":"t5a"},"comment":{"text":"Good: it looked before it answered."},"_audit_source":"app"}"""),
    ];

    static IEnumerable<JsonObject> Running(double t) =>
    [
        Rows.Span("t6", "t6a", null, "Resolving ticket 4712", "task", t, null, """{"input":{"ticket":4712,"subject":"Cannot log in"},"tags":["mail"]}"""),
        Rows.Span("t6", "t6b", "t6a", "Reading the ticket", "function", t + .01, t + .1),
        Rows.Span("t6", "t6c", "t6a", "Planning", "llm", t + .12, null, """{"metadata":{"model":"claude-sonnet","provider":"anthropic"},"input":[{"role":"user","content":"I cannot log in since yesterday."}]}"""),
    ];
}
