namespace Braintrust.Logging.Tests.Captures;

/// <summary>Captures 06c and 06d: which organisation and URL a login gives, and how often it is asked for.</summary>
public sealed class LoginTests
{
    [Fact]
    public async Task TheUrlIsThatOfTheNamedOrganisationAndTheKeyIsTrimmedForLoginToo()
    {
        await using var run = await CaptureRun.StartAsync("06c");
        var logger = run.Logger(options =>
        {
            options.ApiKey = $"  {run.Server.ApiKey} \n";
            options.ApiUrl = null;
            options.OrgName = "second-org"; // the first one's URL leads nowhere
            options.EagerlyEmitFirstEvent = true;
        });

        logger.Log(input: "x");
        var flush = await logger.Client.FlushOrFail();

        Assert.True(flush is { Completed: true, Dropped: 0 }, flush.ToString());
        new CaptureComparison(run).AssertSame();
        run.AssertSameExchange(); // every request bears the bare key
        run.AssertSpanRowsMerge();
        Assert.Equal("Bearer   sk-with-spaces", run.Capture.Requests[0].Headers["authorization"]); // do not copy
    }

    [Fact]
    public async Task ThreeThatNeedALoginAtOnceShareOne()
    {
        await using var run = await CaptureRun.StartAsync("06d");
        using var gate = new LoginGate();
        var clients = Enumerable.Range(0, 3).Select(_ => run.Client(options => options.HttpMessageHandler = gate)).ToArray();

        clients[0].GetLogger("capture-project-a", setCurrent: false).Log(input: 1);
        clients[1].GetLogger("capture-project-b", setCurrent: false).Log(input: 2);
        Task<FlushResult>[] flushes = [clients[0].FlushOrFail(), clients[1].FlushOrFail()];
        Task[] logins = [.. clients.Select(client => client.LoginAsync())]; // all under way before any has been answered
        await run.Server.Requests.WaitForAsync(1);
        Assert.DoesNotContain(logins, login => login.IsCompleted);
        Assert.DoesNotContain(flushes, flush => flush.IsCompleted);
        gate.Open();
        await Task.WhenAll(logins).WaitAsync(Patience.Limit);
        var results = await Task.WhenAll(flushes);

        Assert.All(results, flush => Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), flush));
        Assert.Equal(3, run.Capture.Requests.Count(it => it.Is("POST", "/api/apikey/login"))); // do not copy
        Assert.Single(run.Server.Requests.Entries, it => it.Is("POST", "/api/apikey/login"));
        new CaptureComparison(run)
            .WeSay("root of 2", "span_attributes.exec_counter", "each client counts its own spans", counter => (string?)counter == "begun as number 0")
            .AssertSame();
        run.AssertSameExchange();
        run.AssertSpanRowsMerge();
    }

    /// <summary>Holds the answer to a login back until it is opened.</summary>
    sealed class LoginGate() : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Open() => _open.SetResult();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.RequestUri!.AbsolutePath == "/api/apikey/login")
                await _open.Task.WaitAsync(Patience.Limit, cancellationToken);
            return response;
        }
    }
}
