using System.Runtime.CompilerServices;
using Braintrust.Logging.Pipeline;
using NSubstitute;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Braintrust.Logging.Tests.Watching;

/// <summary>What stands over every test run finds what it is there to find.</summary>
public class WatchTests
{
    readonly Watch _watch = new(patience: TimeSpan.Zero);
    readonly Bus _bus = new();

    [Fact]
    public async Task ATestWhoseClientAddsUpPasses()
    {
        await RunAsync(async client =>
        {
            client.GetLogger(setCurrent: false).Log(name: "row");
            await client.DisposeAsync();
        });

        Assert.IsAssignableFrom<ITestPassed>(_bus.Result);
        _watch.End();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ATestWhoseClientDoesNotAddUpFailsThoughItAssertsNothing(bool isLost)
    {
        await RunAsync(async client =>
        {
            client.GetLogger(setCurrent: false).Log(name: "row");
            await client.DisposeAsync();
            Spoil(client, isLost);
        });

        var message = Assert.Single(Assert.IsAssignableFrom<ITestFailed>(_bus.Result).Messages);
        Assert.StartsWith("The client of https://app.example (first organisation), made in A test that asserts nothing, does not add up: ", message);
        Assert.EndsWith(isLost ? "2 accepted, 1 delivered, 0 dropped (), 0 in memory (0 bytes, 0 of attachments), 0 on disk." : "1 accepted, 1 delivered, 1 dropped (1 twice), 0 in memory (0 bytes, 0 of attachments), 0 on disk.", message);
        _watch.End(); // said once
    }

    [Fact]
    public async Task AClientThatNoTestEndsIsCheckedAtTheEndOfTheRun()
    {
        BraintrustClient? left = null;
        await RunAsync(client =>
        {
            left = client;
            Spoil(client, isLost: true);
            return Task.CompletedTask;
        });

        Assert.IsAssignableFrom<ITestPassed>(_bus.Result);
        Assert.Contains("made in A test that asserts nothing, does not add up: 1 accepted, 0 delivered, ", Assert.Throws<WatchException>(_watch.End).Message);
        await left!.DisposeAsync();
    }

    [Fact]
    public async Task ATestThatFailsIsToldForWhatItAsserted()
    {
        await RunAsync(client =>
        {
            Spoil(client, isLost: true);
            return Task.CompletedTask;
        }, static test => new TestFailed(test, 0, "", new InvalidOperationException("its own")));

        Assert.Equal(["its own"], Assert.IsAssignableFrom<ITestFailed>(_bus.Result).Messages);
    }

    public static TheoryData<string> Leaks => ["console", "error", "exception", "diagnostics", "output", "file", "address", "header", "body"];

    [Theory, MemberData(nameof(Leaks))]
    public async Task AKeyThatTurnsUpAnywhereFailsTheTest(string where)
    {
        await RunAsync(async client =>
        {
            await client.DisposeAsync();
            await LeakAsync(where, Some.ApiKey());
        }, test => new TestPassed(test, 0, where == "output" ? Some.ApiKey() : ""));

        var message = Assert.Single(Assert.IsAssignableFrom<ITestFailed>(_bus.Result).Messages);
        Assert.StartsWith("A key stands in ", message);
        Assert.False(Canary.IsIn(message));
    }

    [Fact]
    public async Task AKeyInItsHeaderFailsNothing()
    {
        await RunAsync(async client =>
        {
            await client.DisposeAsync();
            await LeakAsync("authorization", Some.ApiKey());
        });

        Assert.IsAssignableFrom<ITestPassed>(_bus.Result);
    }

    [Fact]
    public void ThisVeryRunIsWatched() => Assert.Equal(typeof(WatchedFramework).FullName,
        typeof(WatchTests).Assembly.GetCustomAttributesData().Single(static it => it.AttributeType.Name == "TestFrameworkAttribute").ConstructorArguments[0].Value);

    /// <summary>A test within this one, whose client is answerable to the watch of this one alone.</summary>
    async Task RunAsync(Func<BraintrustClient, Task> body, Func<ITest, IMessageSinkMessage>? end = null)
    {
        var test = Substitute.For<ITest>();
        test.DisplayName.Returns("A test that asserts nothing");
        using var bus = new WatchedBus(_bus, _watch);
        bus.QueueMessage(new TestStarting(test));
        using var acceptor = new Acceptor();
        await body(new BraintrustClient(new() { ApiKey = Some.ApiKey(), AppUrl = "https://app.example", HttpMessageHandler = acceptor, FlushOnExit = false }));
        bus.QueueMessage(end?.Invoke(test) ?? new TestPassed(test, 0, ""));
    }

    static async Task LeakAsync(string where, string key)
    {
        switch (where)
        {
            case "console":
                Console.WriteLine($"The key is {key}.");
                break;
            case "error":
                Console.Error.Write(key.ToCharArray());
                break;
            case "exception":
                Assert.Throws<InvalidOperationException>(new Action(() => throw new InvalidOperationException(key)));
                break;
            case "diagnostics":
                BraintrustDiagnostics.Warn("test", $"The key {key} is wrong.", 1);
                break;
            case "file":
                using (var folder = new Configuration.TemporaryFolder())
                {
                    folder.Write("", key);
                }
                break;
            case "output":
                break;
            default:
                await using (var server = await FakeBraintrust.StartAsync())
                {
                    using var http = new HttpClient();
                    using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Url, where == "address" ? $"/logs3?key={key}" : "/logs3"));
                    request.Content = new StringContent(where == "body" ? key : "{}");
                    request.Headers.TryAddWithoutValidation(where == "header" ? "X-Key" : "X", where == "header" ? key : "y");
                    request.Headers.Authorization = new("Bearer", key);
                    using var response = await http.SendAsync(request);
                }
                break;
        }
    }

    static void Spoil(BraintrustClient client, bool isLost)
    {
        if (isLost)
        {
            AcceptedOf(client.Ledger)++; // and nobody says what became of it
        }
        else
        {
            client.Ledger.Refusing("twice");
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_accepted")]
    static extern ref long AcceptedOf(Ledger ledger);

    sealed class Bus : IMessageBus
    {
        public IMessageSinkMessage? Result { get; private set; }

        public bool QueueMessage(IMessageSinkMessage message)
        {
            Result = message;
            return true;
        }

        public void Dispose()
        {
        }
    }
}
