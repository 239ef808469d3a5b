using System.Net.Http.Headers;

namespace Braintrust.Logging.Benchmarks.Contenders;

/// <summary>What HTTP itself takes: bodies that are ready, 1,000 rows each, some at a time. Emitting only counts.</summary>
sealed class ReadyPosts(Setup setup, int atATime) : IContender
{
    readonly HttpClient _http = new();
    int _rows;

    public void Emit(int i) => Interlocked.Increment(ref _rows);

    public async ValueTask DisposeAsync()
    {
        var body = Body();
        var bodies = _rows / Setup.BatchRows;
        await Parallel.ForAsync(0, bodies, new ParallelOptions { MaxDegreeOfParallelism = atATime }, async (_, _) =>
        {
            using var content = new ReadOnlyMemoryContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await _http.PostAsync(setup.Url + "/logs3", content);
            response.EnsureSuccessStatusCode();
        });
        _http.Dispose();
    }

    static byte[] Body()
    {
        var body = new byte[4 * 1024 * 1024];
        "{\"rows\":["u8.CopyTo(body);
        var length = 9;
        for (var i = 0; i < Setup.BatchRows; i++)
        {
            length += HandWrittenRow.Write(new PipeItem(TimeProvider.System.GetUtcNow().UtcTicks, Guid.NewGuid(), 1, 2, 3, i), body.AsSpan(length));
            body[length++] = (byte)',';
        }
        "],\"api_version\":2}"u8.CopyTo(body.AsSpan(length - 1));
        return body[..(length + 17)];
    }
}
