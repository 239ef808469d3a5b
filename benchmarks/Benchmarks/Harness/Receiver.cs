using System.Globalization;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <param name="Rows">Events that arrived.</param>
/// <param name="Bytes">What their bodies weighed.</param>
/// <param name="Requests">How many there were, refused ones included.</param>
readonly record struct Arrived(long Rows, long Bytes, long Requests);

/// <summary>Tells the receiver how to behave, and asks what it got.</summary>
sealed class Receiver(string url) : IDisposable
{
    readonly HttpClient _http = new();

    public string Url { get; } = url;

    /// <summary>Counts from zero.</summary>
    public async Task ResetAsync(string markHex, int latency) => await _http.GetStringAsync($"{Url}/bench/set?mark={markHex}&latency={latency}&status=200");

    /// <summary>Fails or not from now on; what was counted stays.</summary>
    public async Task AnswerAsync(int status) => await _http.GetStringAsync($"{Url}/bench/set?keep=1&status={status}");

    public async Task<Arrived> CountAsync()
    {
        var numbers = (await _http.GetStringAsync($"{Url}/bench/count")).Split(' ');
        return new(long.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture), long.Parse(numbers[2], CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until as many arrived or the time is over.</summary>
    public async Task<Arrived> WaitForAsync(long rows, TimeSpan patience)
    {
        var until = TimeProvider.System.GetTimestamp() + (long)(patience.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (true)
        {
            var arrived = await CountAsync();
            if (arrived.Rows >= rows || TimeProvider.System.GetTimestamp() > until)
            {
                return arrived;
            }
            await Task.Delay(10);
        }
    }

    public void Dispose() => _http.Dispose();
}
