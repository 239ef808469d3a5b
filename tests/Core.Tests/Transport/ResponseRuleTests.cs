using System.Text;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Tests.Transport;

public class ResponseRuleTests
{
    [Theory]
    [InlineData("""{"ids":["a","b"],"xact_id":"1"}""", nameof(AnswerKind.Accepted))]
    [InlineData("""{}""", nameof(AnswerKind.Accepted))]
    [InlineData("""{"ids":null}""", nameof(AnswerKind.Accepted))]
    [InlineData("""{"ids":["a"]}""", nameof(AnswerKind.Unacknowledged))]
    [InlineData("""{"ids":["a","b","c"]}""", nameof(AnswerKind.Unacknowledged))]
    [InlineData("""{"ids":"a,b"}""", nameof(AnswerKind.Unacknowledged))]
    [InlineData("""{"ids":["a","b"]""", nameof(AnswerKind.Unacknowledged))]
    [InlineData("""{"ids":["a","b"]} trailing""", nameof(AnswerKind.Unacknowledged))]
    [InlineData("""["a","b"]""", nameof(AnswerKind.Unacknowledged))]
    [InlineData("true", nameof(AnswerKind.Unacknowledged))]
    [InlineData("<html>Sign in</html>", nameof(AnswerKind.Unacknowledged))]
    [InlineData("", nameof(AnswerKind.Unacknowledged))]
    public void ASuccessCountsWhenItAcknowledgesEveryRow(string body, string kind)
    {
        foreach (var status in new[] { 200, 201, 202, 204, 299 })
            Assert.Equal(kind, ResponseRule.ForRows(HttpReply(status, body), 2, default).Kind.ToString());
    }

    [Theory]
    [InlineData(nameof(AnswerKind.Retry), 408, 425, 429, 500, 502, 503, 504, 506, 507, 511, 520, 599, 100, 103, 0, 600, 999, -1)]
    [InlineData(nameof(AnswerKind.TooLarge), 413)]
    [InlineData(nameof(AnswerKind.Rejected), 400, 402, 404, 405, 406, 409, 410, 411, 412, 414, 415, 418, 422, 431, 451, 499)]
    [InlineData(nameof(AnswerKind.Denied), 401, 403)]
    [InlineData(nameof(AnswerKind.Misconfigured), 300, 301, 302, 303, 304, 307, 308, 399, 407, 421, 501, 505)]
    public void EveryStatusHasItsKind(string kind, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            var answer = ResponseRule.ForRows(HttpReply(status, """{"ids":["a"]}"""), 1, default);
            Assert.Equal((kind, status), (answer.Kind.ToString(), answer.Status));
            Assert.NotNull(answer.Message);
        }
    }

    [Theory]
    [InlineData(401, "Braintrust answered 401 (Unauthorized). Check BRAINTRUST_API_KEY.")]
    [InlineData(400, "Braintrust answered 400 (Bad Request).")]
    [InlineData(307, "Braintrust answered 307 (Temporary Redirect). Redirects are not followed. Check BRAINTRUST_API_URL and BRAINTRUST_APP_URL.")]
    [InlineData(429, "Braintrust answered 429 (Too Many Requests). It will be tried again.")]
    [InlineData(599, "Braintrust answered 599. It will be tried again.")]
    public void TheMessageSaysWhatHappenedAndWhatToDo(int status, string message) =>
        Assert.Equal(message, ResponseRule.ByStatus(HttpReply(status, "a secret prompt"), default).Message);

    [Theory]
    [InlineData(401, true)]
    [InlineData(403, true)]
    [InlineData(404, true)]
    [InlineData(405, true)]
    [InlineData(421, true)]
    [InlineData(302, true)]
    [InlineData(200, true)] // an empty answer: whatever is there, it is no Braintrust
    [InlineData(400, false)]
    [InlineData(413, false)]
    [InlineData(429, false)]
    [InlineData(503, false)]
    public void ARefusalWhereTheLoginNamesAnotherPlaceSaysSo(int status, bool isSaid)
    {
        var answer = ResponseRule.ForRows(HttpReply(status, ""), 1, default);
        var said = ResponseRule.WithPlace(answer, "https://api.example", "https://api-eu.example").Message!;

        Assert.StartsWith(answer.Message!, said, StringComparison.Ordinal);
        Assert.Equal(isSaid, said.EndsWith(
            " ApiUrl (BRAINTRUST_API_URL) is https://api.example, but the login names https://api-eu.example for this organisation: unless a gateway of yours stands between, leave it unset.",
            StringComparison.Ordinal));
        Assert.Equal(answer, ResponseRule.WithPlace(answer, "https://api.example", null));
    }

    [Fact]
    public void AHostThatIsNotThereMayBeTheWrongOne() =>
        Assert.Contains("the login names https://b.example", ResponseRule.WithPlace(Answer.Retry("a.example was not found."), "https://a.example", "https://b.example").Message, StringComparison.Ordinal);

    [Fact]
    public void APathThatIsNotThereIsTheAddress() =>
        Assert.Equal("Braintrust answered 404 (Not Found). Check BRAINTRUST_API_URL.", ResponseRule.ForRows(HttpReply(404, ""), 1, default).Message);

    [Theory]
    [InlineData(429, 7)]
    [InlineData(503, 7)]
    [InlineData(413, null)]
    [InlineData(401, null)]
    [InlineData(200, null)]
    public void RetryAfterCountsWhereATryIsDue(int status, int? seconds) =>
        Assert.Equal(seconds, ResponseRule.ByStatus(HttpReply(status, "") with { RetryAfter = ["7"] }, default).RetryAfter?.TotalSeconds);

    static HttpReply HttpReply(int status, string body) => new(status, [], Encoding.UTF8.GetBytes(body), null);
}
