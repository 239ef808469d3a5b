using System.Net;
using Braintrust.Extensions.Hosting;
using Braintrust.Extensions.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Hosting;

/// <summary>The check knows what the client knows, and asks nobody.</summary>
public sealed class HealthCheckTests
{
    const string Key = "sk-canary-key";

    [Fact]
    public async Task NothingLoggedIsHealthy()
    {
        await using var app = new App();
        var entry = await app.CheckAsync();

        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal((0L, 0L), (entry.Data["accepted"], entry.Data["waiting"]));
        Assert.Equal(0, app.Requests);
    }

    [Fact]
    public async Task RowsThatWaitForTooLongDegradeItAndItSaysWhyWithoutTheKey()
    {
        await using var app = new App();
        app.Log.LogInformation("Waits");
        Assert.Equal(1, (await app.FlushAsync()).Pending);
        await app.FlushAsync(); // the loop notes how old its rows are after it has answered, and before it reads on
        Assert.Equal(HealthStatus.Healthy, (await app.CheckAsync()).Status);

        app.Clock.Advance(TimeSpan.FromMinutes(6));
        var entry = await app.CheckAsync();

        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.StartsWith("The oldest row has been waiting for 0.00:06:00. ", entry.Description, StringComparison.Ordinal);
        Assert.Contains("503", entry.Description, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, entry.Description, StringComparison.Ordinal);
        Assert.Equal(1L, entry.Data["waiting"]);
        Assert.True(app.Requests > 0); // of the client, which the server refused
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, "Check BRAINTRUST_API_KEY.")]
    [InlineData(HttpStatusCode.NotFound, "Check BRAINTRUST_APP_URL")]
    [InlineData(HttpStatusCode.Redirect, "Check BRAINTRUST_API_URL and BRAINTRUST_APP_URL.")]
    public async Task ASetUpThatCannotWorkDegradesItAtOnceAndItSaysWhatToDo(HttpStatusCode status, string advice)
    {
        await using var app = new App(status: status);
        app.Log.LogInformation("Waits");
        Assert.Equal(1, (await app.FlushAsync()).Pending);

        var entry = await app.CheckAsync();
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.StartsWith($"Nothing can be delivered. Login: Braintrust answered {(int)status}", entry.Description, StringComparison.Ordinal);
        Assert.Contains(advice, entry.Description, StringComparison.Ordinal);
        Assert.EndsWith((string)entry.Data["last_error"], entry.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("last_delivery_seconds", entry.Data.Keys);
        Assert.DoesNotContain(Key, entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LostRowsDegradeItForAWhile()
    {
        await using var app = new App(options => options.QueueLimit = 1);
        for (var i = 0; i < 10; i++)
        {
            app.Log.LogInformation("One too many");
        }
        var entry = await app.CheckAsync();
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Equal($"Rows were lost: {entry.Data["dropped"]} queue_full.", entry.Description);
        Assert.True((long)entry.Data["dropped"] > 0);

        app.Clock.Advance(TimeSpan.FromMinutes(11));
        app.Health.MaxAge = TimeSpan.FromDays(1); // the row that was taken still waits
        Assert.Equal(HealthStatus.Healthy, (await app.CheckAsync()).Status);
    }

    [Theory]
    [InlineData(0, 0, "BraintrustHealthCheckOptions.MaxAge must be longer than zero.")]
    [InlineData(1, -1, "BraintrustHealthCheckOptions.LossMemory must be zero or longer.")]
    public void ATimeThatCannotWorkIsRefusedWhenTheHostStarts(int age, int memory, string message)
    {
        var services = new ServiceCollection();
        services.AddHealthChecks().AddBraintrust(options => (options.MaxAge, options.LossMemory) = (TimeSpan.FromSeconds(age), TimeSpan.FromSeconds(memory)));
        using var built = services.BuildServiceProvider();

        Assert.Equal(message, Assert.Throws<OptionsValidationException>(() => built.GetRequiredService<IStartupValidator>().Validate()).Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BesideTheOneLineItIsTunedAndStaysOne(bool isFirst)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.Configure<BraintrustHealthCheckOptions>(options => options.LossMemory = TimeSpan.FromHours(2));
        if (isFirst)
        {
            Tune();
        }
        builder.AddBraintrust(options => (options.ApiKey, options.AppUrl) = (Key, "http://127.0.0.1:1"));
        if (!isFirst)
        {
            Tune();
        }
        using var host = builder.Build();

        var options = host.Services.GetRequiredService<IOptions<BraintrustHealthCheckOptions>>().Value;
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromHours(2)), (options.MaxAge, options.LossMemory));
        var entry = Assert.Single((await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries);
        Assert.Equal("traces", entry.Key);
        Assert.Equal(["ready"], entry.Value.Tags);
        Assert.Equal(HealthStatus.Unhealthy, Assert.Single(host.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations).FailureStatus);

        void Tune() => builder.Services.AddHealthChecks().AddBraintrust(options => options.MaxAge = TimeSpan.FromHours(1), "traces", HealthStatus.Unhealthy, ["ready"]);
    }

    /// <summary>A container whose client meets a server that refuses everything.</summary>
    sealed class App : IAsyncDisposable
    {
        readonly ServiceProvider _services;
        readonly Refusing _handler;

        public App(Action<BraintrustLoggerOptions>? configure = null, HttpStatusCode status = HttpStatusCode.ServiceUnavailable)
        {
            _handler = new Refusing(status);
            var services = new ServiceCollection();
            services.AddLogging(logging => logging.AddFilter("Microsoft", LogLevel.None).AddBraintrust(options => // the checks log too
            {
                (options.ApiKey, options.AppUrl, options.ApiUrl) = (Key, "http://127.0.0.1:1", "http://127.0.0.1:1");
                (options.TimeProvider, options.HttpMessageHandler, options.ShutdownTimeout) = (Clock, _handler, TimeSpan.Zero);
                options.EagerlyEmitFirstEvent = false;
                configure?.Invoke(options);
            }));
            services.AddHealthChecks().AddBraintrust(options => Health = options);
            _services = services.BuildServiceProvider();
            Log = _services.GetRequiredService<ILogger<App>>();
        }

        public FakeTimeProvider Clock { get; } = new();

        public ILogger Log { get; }

        public BraintrustHealthCheckOptions Health { get; private set; } = null!;

        public int Requests => _handler.Count;

        public async Task<HealthReportEntry> CheckAsync() => (await _services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["braintrust"];

        public Task<FlushResult> FlushAsync() => _services.GetRequiredService<BraintrustLoggerProvider>().Client.FlushAsync(TimeSpan.FromTicks(1));

        public ValueTask DisposeAsync() => _services.DisposeAsync();
    }

    sealed class Refusing(HttpStatusCode status) : HttpMessageHandler
    {
        int _count;

        public int Count => Volatile.Read(ref _count);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _count);
            return Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent("{}") });
        }
    }
}
