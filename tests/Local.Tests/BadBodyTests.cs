using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Braintrust.Logging.Local.Tests;

public sealed class BadBodyTests : IAsyncLifetime
{
    LocalClient _client = null!;
    string _project = "";

    public async Task InitializeAsync()
    {
        _client = await LocalClient.StartAsync();
        _project = await _client.RegisterAsync("p");
    }

    public async Task DisposeAsync() => await _client.DisposeAsync();

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "an array \"rows\"")]
    [InlineData("null", "an array \"rows\"")]
    [InlineData("""{"api_version":2}""", "an array \"rows\"")]
    [InlineData("""{"rows":{"type":"logs3_overflow","key":"k"},"api_version":2}""", "Nothing was uploaded under the key \"k\"")]
    [InlineData("""{"rows":[]}""", "\"api_version\" must be 2")]
    [InlineData("""{"rows":[],"api_version":"2"}""", "\"api_version\" must be 2")]
    [InlineData("""{"rows":[],"rows":[],"api_version":2}""", "not valid JSON")]
    [InlineData("""{"rows":[1],"api_version":2}""", "rows[0] must be an object")]
    public Task ABodyThatIsNoListOfRowsIsRefused(string body, string reason) => Refused(body, reason);

    [Theory]
    [InlineData("""{}""", "id must be")]
    [InlineData("""{"id":""}""", "id must be")]
    [InlineData("""{"id":7}""", "id must be")]
    [InlineData("""{"id":"r","project_id":null}""", "project_id must be")]
    [InlineData("""{"id":"r","project_id":"unheard-of"}""", "project_id \"unheard-of\" is not known")]
    [InlineData("""{"id":"r","log_id":"x"}""", "log_id must be \"g\"")]
    [InlineData("""{"id":"r","span_id":5}""", "span_id must be")]
    [InlineData("""{"id":"r","span_parents":"s"}""", "span_parents must be")]
    [InlineData("""{"id":"r","created":"yesterday"}""", "created must be")]
    [InlineData("""{"id":"r","tags":["a",1]}""", "tags must be")]
    [InlineData("""{"id":"r","scores":{"good":1,"style":1.5}}""", "scores.style must be")]
    [InlineData("""{"id":"r","scores":{"style":-0.1}}""", "scores.style must be")]
    [InlineData("""{"id":"r","scores":{"style":true}}""", "scores.style must be")]
    [InlineData("""{"id":"r","scores":{"style":"1"}}""", "scores.style must be")]
    [InlineData("""{"id":"r","scores":[]}""", "scores must be an object")]
    [InlineData("""{"id":"r","metrics":{"start":"1"}}""", "metrics.start must be")]
    [InlineData("""{"id":"r","metrics":{"start":null}}""", "metrics.start must be")]
    [InlineData("""{"id":"r","metadata":"m"}""", "metadata must be an object")]
    [InlineData("""{"id":"r","metadata":{"model":7}}""", "metadata.model must be")]
    [InlineData("""{"id":"r","span_attributes":[]}""", "span_attributes must be an object")]
    [InlineData("""{"id":"r","_is_merge":"yes"}""", "_is_merge must be")]
    [InlineData("""{"id":"r","_merge_paths":["output"]}""", "_merge_paths must be")]
    [InlineData("""{"id":"r","_array_delete":[{"path":["tags"]}]}""", "_array_delete must be")]
    [InlineData("""{"id":"r","_audit_source":"me"}""", "_audit_source must be")]
    [InlineData("""{"id":"r","comment":{"text":"t"}}""", "origin.id must name")]
    [InlineData("""{"id":"r","origin":{"id":"o"},"comment":"t"}""", "comment must be")]
    [InlineData("""{"id":"r","origin":{"id":5},"_is_merge":true}""", "origin.id must be a string")]
    public async Task ABadRowIsNamedByItsIndexAndNothingIsStored(string row, string reason)
    {
        await Refused(Body("""{"id":"good"}""", row), $"rows[1].{reason}");
        Assert.Empty(_client.Local.Rows("p"));
    }

    [Theory]
    [InlineData("""{"id":"r","scores":{"a":0,"b":1,"c":null},"metrics":{"start":1e9,"tokens":3},"tags":[],"metadata":{"model":null},"unknown":{"x":1}}""")]
    [InlineData("""{"id":"r","scores":null,"metrics":null,"tags":null,"metadata":null,"span_parents":null,"created":null,"context":null}""")]
    public async Task NullsAndUnknownFieldsAreTaken(string row) => await _client.LogAsync(_project, row);

    [Fact]
    public Task TheSameRowTwiceInOneBodyIsRefused() =>
        Refused(Body("""{"id":"r","metrics":{"start":1}}""", """{"id":"r","metrics":{"end":2},"_is_merge":true}"""), "rows[1].id \"r\" stands twice");

    [Fact]
    public Task HalfASurrogatePairIsRefused() => Refused(Body("""{"id":"r","input":"\ud83d"}"""), "not valid Unicode");

    [Fact]
    public Task BytesThatAreNotUtf8AreRefused()
    {
        var body = Encoding.UTF8.GetBytes(Body("""{"id":"r","input":"?"}"""));
        body[Array.LastIndexOf(body, (byte)'?')] = 0xFF;
        return Refused(new ByteArrayContent(body), "not valid Unicode");
    }

    [Fact]
    public async Task ABodyFarBeyondTheLimitIsAnsweredInWords()
    {
        var (status, answer) = await _client.PostAsync("/logs3", new ByteArrayContent(new byte[100_000_000]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Contains("larger than 6291456 bytes", answer!["error"]!.GetValue<string>(), StringComparison.Ordinal);
        await _client.LogAsync(_project, """{"id":"after"}""");
    }

    [Fact]
    public Task AHundredThousandLevelsAreRefused() =>
        Refused($$"""{"rows":{{new string('[', 100_000)}}{{new string(']', 100_000)}},"api_version":2}""", "maximum configured depth");

    [Fact]
    public Task ACompressedBodyIsRefused()
    {
        var content = new ByteArrayContent([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
        content.Headers.ContentEncoding.Add("gzip");
        return Refused(content, "not valid JSON");
    }

    string Body(params string[] rows)
    {
        var routed = rows.Select(row => row.TrimEnd('}').Length == 1 ? row
            : row[..^1] + (row.Contains("\"project_id\"") ? "" : $",\"project_id\":\"{_project}\"") + (row.Contains("\"log_id\"") ? "" : ",\"log_id\":\"g\"") + "}");
        return $$"""{"rows":[{{string.Join(',', routed)}}],"api_version":2}""";
    }

    Task Refused(string body, string reason) => Refused(new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")), reason);

    async Task Refused(HttpContent body, string reason)
    {
        var (status, answer) = await _client.PostAsync("/logs3", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, answer!["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }
}
