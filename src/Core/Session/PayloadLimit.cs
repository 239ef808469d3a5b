using System.Text.Json;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Session;

/// <summary>How large a body the server takes (PROTOCOL section 5). Nice to know, so a failure is no failure: it is asked again, at most once a minute.</summary>
sealed class PayloadLimit
{
    static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    long _askAgainAt = long.MinValue; // UTC ticks
    Limit? _known;

    /// <summary>The limit as far as it is known, without asking.</summary>
    public long? Known => Volatile.Read(ref _known)?.Bytes;

    /// <summary>Asks in the background when asking has failed so far, or when a body was refused as too large: the limit may have changed.</summary>
    public void AskAgain(HttpExchange http, Login login, bool isRefused)
    {
        if ((isRefused || Volatile.Read(ref _known) is null) && MayAsk(http.Time.GetUtcNow()))
        {
            _ = AskAsync(http, login);
        }
    }

    /// <summary>The limit in bytes; null when the server has none, or has not told it yet.</summary>
    public async ValueTask<long?> GetAsync(HttpExchange http, Login login, CancellationToken cancel)
    {
        if (Volatile.Read(ref _known) is null && MayAsk(http.Time.GetUtcNow()))
            await AskAsync(http, login).WaitAsync(Patience, http.Time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Volatile.Read(ref _known)?.Bytes;
    }

    // Taken by one caller; the others deliver meanwhile.
    bool MayAsk(DateTimeOffset now)
    {
        var due = Interlocked.Read(ref _askAgainAt);
        return now.UtcTicks >= due && Interlocked.CompareExchange(ref _askAgainAt, (now + Pause).UtcTicks, due) == due;
    }

    async Task AskAsync(HttpExchange http, Login login)
    {
        var reply = await http.GetAsync($"{login.ApiUrl}/version", login.Key, CancellationToken.None).ConfigureAwait(false);
        if (ResponseRule.ByStatus(reply, http.Time.GetUtcNow()).IsAccepted) Volatile.Write(ref _known, Read(reply.Body));
    }

    static Limit? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var told = json.RootElement.TryGetProperty("logs3_payload_max_bytes", out var limit) && limit.ValueKind == JsonValueKind.Number;
            return new(told && limit.TryGetInt64(out var bytes) && bytes > 0 ? bytes : null);
        }
        catch (Exception exception) when (ControlPlane.IsMisread(exception))
        {
            return null;
        }
    }

    sealed record Limit(long? Bytes);
}
