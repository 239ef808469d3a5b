using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Pipeline;

/// <summary>The loop sleeps only when there is nothing that it could do, or a timer that tells it when.</summary>
public sealed class WakingTests
{
    /// <summary>A loop that was not scheduled finds that time has passed between any two of its readings of the clock: between looking whether it may send and setting the timer for it, too.</summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task TimeThatPassesBetweenAnyTwoReadingsOfTheClockLeavesNoRowBehind(bool isOfTheProject)
    {
        for (var readings = 1; readings <= 40; readings++)
        {
            var clock = new JumpingClock();
            using var service = new RefusesOnce(isOfTheProject, () => clock.JumpAfter(readings));
            await using var client = new BraintrustClient(new()
            {
                ApiKey = Some.ApiKey(), AppUrl = "https://app.example", HttpMessageHandler = service, TimeProvider = clock, FlushOnExit = false,
            });
            client.GetLogger("P", setCurrent: false).Log(name: "row");
            var began = Stopwatch.GetTimestamp();
            while (client.Ledger.Delivered == 0)
            {
                Assert.True(Stopwatch.GetElapsedTime(began) < Patience.Limit, $"After {readings} readings nothing wakes the loop any more.");
                clock.Advance(TimeSpan.FromSeconds(1)); // which only fires timers that were set
                await Task.Delay(1); // real time for the pool; nothing is asserted about it
            }
        }
    }

    /// <summary>Jumps ahead by a second, once, when it is read.</summary>
    sealed class JumpingClock : FakeTimeProvider
    {
        int _left;

        public void JumpAfter(int readings) => Volatile.Write(ref _left, readings);

        public override long GetTimestamp()
        {
            if (Interlocked.Decrement(ref _left) == 0)
            {
                Advance(TimeSpan.FromSeconds(1));
            }
            return base.GetTimestamp();
        }
    }

    /// <summary>Takes all, but for the first request for the project or with rows.</summary>
    sealed class RefusesOnce(bool isOfTheProject, Action refusing) : HttpMessageHandler
    {
        int _refused;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var path = request.RequestUri!.AbsolutePath;
            if (path == (isOfTheProject ? "/api/project/register" : "/logs3") && Interlocked.Exchange(ref _refused, 1) == 0)
            {
                refusing();
                return Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Content = new StringContent("{}") });
            }
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(path switch
                {
                    "/api/apikey/login" => """{"org_info":[{"id":"org-1","name":"an org","api_url":"https://api.example"}]}""",
                    "/api/project/register" => """{"project":{"id":"0b000000-0000-4000-8000-00000000000a","name":"P"},"found_existing":true}""",
                    "/version" => """{"logs3_payload_max_bytes":6291456}""",
                    _ => "{}",
                }),
            });
        }
    }
}
