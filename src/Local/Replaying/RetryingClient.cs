using System.Net;

namespace Braintrust.Logging.Local.Replaying;

/// <summary>Sends a request until it is answered for good, or has failed too often.</summary>
sealed class RetryingClient(HttpClient http, TimeProvider clock)
{
    const int Attempts = 6;
    static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <param name="make">Makes the request anew for each attempt: one that was sent cannot be sent again.</param>
    /// <param name="cancellationToken">Ends the waiting, too.</param>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var wait = FirstWait * Math.Pow(2, attempt - 1);
            try
            {
                using var request = make();
                var answer = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if (!IsPassing(answer.StatusCode) || attempt == Attempts)
                    return answer;
                wait = answer.Headers.RetryAfter?.Delta ?? wait;
                answer.Dispose();
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                if (attempt == Attempts)
                    throw new ReplayException($"The server could not be reached: {e.Message}");
            }
            await Task.Delay(wait < LongestWait ? wait : LongestWait, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    static bool IsPassing(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;
}
