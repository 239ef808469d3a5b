using System.Net;
using Braintrust.Logging.Configuration;
using Braintrust.Logging.Session;
using Braintrust.Logging.Transport;
using Braintrust.Logging.Tests.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Session;

public class BraintrustSessionTests
{
    const string ProjectId = "0b000000-0000-4000-8000-00000000000a";
    string? key = "sk-canary";

    [Theory]
    [InlineData("plain", "\"plain\"")]
    [InlineData("a \"b\"\r\n", "\"a \\\"b\\\"\\r\\n\"")]
    [InlineData("Größe", "\"Größe\"")]
    public void ANameIsFitForALineOfALog(string name, string quoted) => Assert.Equal(quoted, ControlPlane.Quoted(name));

    [Fact]
    public void HalfOfASurrogatePairGivenOrCutOffIsNoException()
    {
        Assert.Equal("\"lone \uFFFD half\"", ControlPlane.Quoted("lone \ud83d half"));
        Assert.EndsWith("\uFFFD…\"", ControlPlane.Quoted("x" + string.Concat(Enumerable.Repeat("🙂", 60))));
    }

    [Fact]
    public async Task TenWhoLogInAtOnceSendOneRequest()
    {
        var gate = new TaskCompletionSource<HttpResponseMessage>();
        using var handler = new RecordingHandler(_ => gate.Task);
        using var http = Http(handler);
        var session = Session();
        var logins = Enumerable.Range(0, 10).Select(_ => session.LoginAsync(http, default).AsTask()).ToList();
        gate.SetResult(RecordingHandler.Json(RecordingHandler.LoginBody));
        Assert.All(await Task.WhenAll(logins), login => Assert.Equal("org-1", login.Login?.OrgId));
        Assert.Single(handler.Requests);
    }

    [Fact]
    public async Task OneWhoGivesUpDoesNotTakeTheOthersAlong()
    {
        var gate = new TaskCompletionSource<HttpResponseMessage>();
        using var handler = new RecordingHandler(_ => gate.Task);
        using var http = Http(handler);
        using var cancel = new CancellationTokenSource();
        var session = Session();
        var impatient = session.LoginAsync(http, cancel.Token);
        var patient = session.LoginAsync(http, default);
        await cancel.CancelAsync();
        Assert.Equal(AnswerKind.Retry, (await impatient).Answer.Kind);
        gate.SetResult(RecordingHandler.Json(RecordingHandler.LoginBody));
        Assert.True((await patient).Answer.IsAccepted);
    }

    [Theory]
    [InlineData(401, nameof(AnswerKind.Denied))]
    [InlineData(403, nameof(AnswerKind.Denied))]
    [InlineData(500, nameof(AnswerKind.Retry))]
    [InlineData(404, nameof(AnswerKind.Misconfigured))]
    [InlineData(413, nameof(AnswerKind.Misconfigured))]
    [InlineData(302, nameof(AnswerKind.Misconfigured))]
    public async Task AFailedLoginIsNotRemembered(int status, string kind)
    {
        var failing = true;
        using var handler = new RecordingHandler(request => failing ? RecordingHandler.Json("oops sk-canary", (HttpStatusCode)status) : RecordingHandler.Healthy(request));
        using var http = Http(handler);
        var session = Session();
        var (answer, login) = await session.LoginAsync(http, default);
        Assert.Equal((kind, status, null), (answer.Kind.ToString(), answer.Status, login));
        Assert.StartsWith($"Login: Braintrust answered {status}", answer.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-canary", answer.ToString(), StringComparison.Ordinal);
        failing = false;
        Assert.True((await session.LoginAsync(http, default)).Answer.IsAccepted);
    }

    [Theory]
    [InlineData("<html>Sign in</html>", nameof(AnswerKind.Misconfigured), "Login: the answer was not Braintrust's.")]
    [InlineData("{}", nameof(AnswerKind.Misconfigured), "Login: the answer was not Braintrust's.")]
    [InlineData("""{"org_info":[{"id":7,"name":"x"}]}""", nameof(AnswerKind.Misconfigured), "Login: the answer was not Braintrust's.")]
    [InlineData("""{"org_info":[]}""", nameof(AnswerKind.Denied), "The API key belongs to no organisation.")]
    [InlineData("""{"org_info":[{"id":"1","name":"x\ny"}]}""", nameof(AnswerKind.Misconfigured), "The login named no API URL for the organisation \"x\\ny\". Set BRAINTRUST_API_URL.")]
    [InlineData("""{"org_info":[{"id":"1","name":"x","api_url":"http://evil.example"}]}""", nameof(AnswerKind.Misconfigured), "The API URL that the login named for the organisation \"x\" must use https")]
    [InlineData("""{"org_info":[{"id":"1","name":"x","api_url":"gopher://evil"}]}""", nameof(AnswerKind.Misconfigured), "The API URL that the login named for the organisation \"x\" must be an absolute")]
    public async Task ALoginThatLeadsNowhereSaysWhy(string body, string kind, string message)
    {
        using var http = Http(new RecordingHandler(_ => RecordingHandler.Json(body)));
        var (answer, login) = await Session().LoginAsync(http, default);
        Assert.Equal((kind, null), (answer.Kind.ToString(), login));
        Assert.StartsWith(message, answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, "org-1", "https://api.example")]
    [InlineData("second org", null, "org-2", "https://eu.example")]
    [InlineData("second org", "https://own.example", "org-2", "https://own.example")]
    public async Task TheOrganisationAskedForIsChosen(string? org, string? apiUrl, string id, string url)
    {
        using var http = Http(new RecordingHandler());
        var (_, login) = await Session(org, apiUrl).LoginAsync(http, default);
        Assert.Equal((id, url), (login?.OrgId, login?.ApiUrl));
        Assert.DoesNotContain("sk-canary", login!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("https://api.example", null)]
    [InlineData("https://api-eu.example", "https://api.example")]
    public async Task ALoginKnowsThatItsOrganisationLivesElsewhere(string? apiUrl, string? other)
    {
        using var http = Http(new RecordingHandler());
        var (_, login) = await Session(apiUrl: apiUrl).LoginAsync(http, default);
        Assert.Equal(other, login!.OtherApiUrl);
    }

    [Fact]
    public async Task AnOrganisationThatIsNotThereIsNamedWithThoseThatAre()
    {
        using var http = Http(new RecordingHandler());
        var (answer, _) = await Session("FIRST-ORG").LoginAsync(http, default);
        Assert.Equal("The API key has no organisation \"FIRST-ORG\", but \"first-org\", \"second org\". Check BRAINTRUST_ORG_NAME.", answer.Message);
    }

    [Fact]
    public async Task WithoutAKeyNothingIsSentUntilThereIsOne()
    {
        key = null;
        using var handler = new RecordingHandler();
        using var http = Http(handler);
        var session = Session();
        var (answer, _) = await session.LoginAsync(http, default);
        Assert.Equal(AnswerKind.Denied, answer.Kind);
        foreach (var source in new[] { "ApiKey", "BRAINTRUST_API_KEY", ".env.braintrust" }) Assert.Contains(source, answer.Message, StringComparison.Ordinal);
        key = "sk-\u0001canary";
        var (malformed, _) = await session.LoginAsync(http, default);
        Assert.Equal(AnswerKind.Denied, malformed.Kind);
        Assert.DoesNotContain("canary", malformed.ToString(), StringComparison.Ordinal);
        Assert.Empty(handler.Requests);
        key = "sk-late";
        Assert.Equal("sk-late", (await session.LoginAsync(http, default)).Login?.Key);
    }

    [Fact]
    public async Task OnlyTheLoginAtHandCanBeForgotten()
    {
        using var handler = new RecordingHandler();
        using var http = Http(handler);
        var session = Session();
        var old = (await session.LoginAsync(http, default)).Login!;
        session.ForgetLogin(old);
        var fresh = (await session.LoginAsync(http, default)).Login!;
        session.ForgetLogin(old);
        Assert.Same(fresh, session.Current);
        Assert.Equal(2, handler.Requests.Count);
    }

    [Fact]
    public async Task AProjectIsLookedUpOnceEvenByTenAtATime()
    {
        using var handler = new RecordingHandler();
        using var http = Http(handler);
        var session = Session();
        var ids = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => session.ProjectAsync(http, new("P", null), default).AsTask()));
        Assert.All(ids, id => Assert.Equal("project-1", id.ProjectId));
        Assert.Equal(["POST https://app.example/api/apikey/login", "POST https://app.example/api/project/register"], handler.Lines);
        Assert.Equal(("project-1", null), (session.KnownProjectId("P"), session.KnownProjectId("p")));
    }

    [Theory]
    [InlineData(403, "{}", nameof(AnswerKind.Denied))]
    [InlineData(400, "{}", nameof(AnswerKind.Misconfigured))]
    [InlineData(503, "{}", nameof(AnswerKind.Retry))]
    [InlineData(200, "<html/>", nameof(AnswerKind.Misconfigured))]
    [InlineData(200, """{"project":{}}""", nameof(AnswerKind.Misconfigured))]
    public async Task AFailedLookUpConcernsThisProjectAndIsTriedAgain(int status, string body, string kind)
    {
        var failing = true;
        using var handler = new RecordingHandler(request => failing && request.RequestUri!.AbsolutePath.EndsWith("/register", StringComparison.Ordinal)
            ? RecordingHandler.Json(body, (HttpStatusCode)status)
            : RecordingHandler.Healthy(request));
        using var http = Http(handler);
        var session = Session();
        var (answer, _) = await session.ProjectAsync(http, new("P\n", null), default);
        Assert.Equal(kind, answer.Kind.ToString());
        Assert.StartsWith("Looking up the project \"P\\n\": ", answer.Message, StringComparison.Ordinal);
        failing = false;
        Assert.Equal("project-1", (await session.ProjectAsync(http, new("P\n", null), default)).ProjectId);
    }

    [Fact]
    public async Task AProjectGivenByIdNeedsNoAnswerToBeUsed()
    {
        using var handler = new RecordingHandler(request =>
            request.RequestUri!.AbsolutePath == "/api/project" ? throw new HttpRequestException("down") : RecordingHandler.Healthy(request));
        using var http = Http(handler);
        var session = Session();
        Assert.Equal((Answer.Accepted, ProjectId), await session.ProjectAsync(http, new(null, ProjectId), default));
        Assert.Empty(handler.Requests);
        await session.LoginAsync(http, default);
        for (var i = 0; i < 2; i++) Assert.Equal((Answer.Accepted, ProjectId), await session.ProjectAsync(http, new(null, ProjectId), default));
        Assert.Equal(["POST https://app.example/api/apikey/login", $"GET https://app.example/api/project?id={ProjectId}"], handler.Lines);
    }

    [Fact]
    public async Task TheNameOfAProjectGivenByIdIsLearnt()
    {
        using var http = Http(new RecordingHandler());
        var session = Session();
        await session.LoginAsync(http, default);
        await session.ProjectAsync(http, new(null, ProjectId), default);
        Assert.Equal("Its name", session.KnownProjectName(ProjectId));
    }

    [Fact]
    public async Task IdAndNameTogetherAskNothing()
    {
        using var handler = new RecordingHandler();
        using var http = Http(handler);
        Assert.Equal((Answer.Accepted, ProjectId), await Session().ProjectAsync(http, new("P", ProjectId), default));
        Assert.Empty(handler.Requests);
    }

    static HttpExchange Http(HttpMessageHandler handler) => new(handler, new FakeTimeProvider());

    BraintrustSession Session(string? org = null, string? apiUrl = null) =>
        new(new("https://app.example", apiUrl, key, org, false), () => key);
}
