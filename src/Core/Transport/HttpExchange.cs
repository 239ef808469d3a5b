using System.Buffers;
using System.Diagnostics;
using System.Net.Http.Headers;

namespace Braintrust.Logging.Transport;

/// <summary>One request, one reply, within a deadline. Whatever goes wrong is a reply too: nothing is thrown.</summary>
sealed class HttpExchange : IDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    public const int BodyLimit = 64 * 1024;

    static readonly HttpRequestOptionsKey<bool> Ours = new("braintrust.logging");
    static readonly MediaTypeHeaderValue Json = new("application/json");
    static readonly ProductInfoHeaderValue Agent = new("Braintrust.Logging", LibraryVersion.Text);
    readonly Lazy<HttpClient> _client; // made with the first request: whoever logs first need not wait until all of HTTP is loaded
    readonly bool _isGiven;
    int _isDisposed;

    /// <param name="given">The user's handler, which stays the user's to dispose; null: an own one.</param>
    /// <param name="time">The clock of the deadline.</param>
    public HttpExchange(HttpMessageHandler? given, TimeProvider time)
    {
        Time = time;
        _isGiven = given is not null;
        _client = new(() => new HttpClient(given ?? OwnHandler.Create(), disposeHandler: given is null) { Timeout = Timeout.InfiniteTimeSpan });
    }

    public TimeProvider Time { get; }

    /// <summary>A request of this library's own: whatever handler it goes through, it is part of nobody's trace.</summary>
    public static bool IsOurs(HttpRequestMessage request) => request.Options.TryGetValue(Ours, out _);

    public Task<HttpReply> GetAsync(string url, string key, CancellationToken cancel) => SendAsync(new(HttpMethod.Get, url, key, null), Deadline, cancel);

    /// <param name="url">An absolute URL.</param>
    /// <param name="key">The key.</param>
    /// <param name="json">Complete JSON text; not read any more once there is a reply.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<HttpReply> PostPiecesAsync(string url, string key, ReadOnlySequence<byte> json, CancellationToken cancel) =>
        SendAsync(new(HttpMethod.Post, url, key, _isGiven ? new(json.ToArray()) : json), Deadline, cancel); // a given handler may read on after we have left

    /// <inheritdoc cref="PostPiecesAsync"/>
    public Task<HttpReply> PostAsync(string url, string key, ReadOnlyMemory<byte> json, CancellationToken cancel) => PostPiecesAsync(url, key, new(json), cancel);

    /// <summary>Bytes to a store that knows neither us nor our key: it gets the headers it asked for, and no others of ours.</summary>
    /// <param name="url">An absolute URL.</param>
    /// <param name="headers">What the store is to be told.</param>
    /// <param name="content">Must not change any more.</param>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<HttpReply> PutAsync(string url, IReadOnlyList<KeyValuePair<string, string>> headers, ReadOnlyMemory<byte> content, TimeSpan deadline, CancellationToken cancel) =>
        SendAsync(new(HttpMethod.Put, url, null, new(content)) { Headers = headers }, deadline, cancel);

    /// <summary>The same as a form.</summary>
    /// <inheritdoc cref="PutAsync"/>
    public Task<HttpReply> PostAsync(string url, IReadOnlyList<KeyValuePair<string, string>> headers, ReadOnlyMemory<byte> content, TimeSpan deadline, CancellationToken cancel) =>
        SendAsync(new(HttpMethod.Post, url, null, new(content)) { Headers = headers }, deadline, cancel);

    async Task<HttpReply> SendAsync(Question question, TimeSpan patience, CancellationToken cancel)
    {
        var host = new Uri(question.Url).Authority;
        using var deadline = new CancellationTokenSource(patience, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        // A given handler may block before it first awaits, and this thread may be the loop's.
        var exchange = _isGiven ? Task.Run(() => ExchangeAsync(question, either.Token)) : ExchangeAsync(question, either.Token);
        try
        {
            return await (_isGiven ? exchange.WaitAsync(either.Token) : exchange).ConfigureAwait(false); // a given handler may not listen to the token
        }
        catch (Exception exception)
        {
            _ = exchange.ContinueWith(static abandoned => abandoned.Exception, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously);
            if (cancel.IsCancellationRequested) return HttpReply.Failed(FailureRule.Cancelled());
            return HttpReply.Failed(deadline.IsCancellationRequested ? FailureRule.TimedOut(host, patience) : FailureRule.Of(exception, host));
        }
    }

    async Task<HttpReply> ExchangeAsync(Question question, CancellationToken cancel)
    {
        Activity.Current = null; // our requests are not part of anyone's trace; holds for this method only
        using var request = question.ToRequest();
        var client = _client.Value;
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        if (response.RequestMessage?.RequestUri is { } final && !SamePlace(final, new Uri(question.Url)))
            return HttpReply.Failed(Answer.Misconfigured("The given HttpMessageHandler followed a redirect to another host. Set its AllowAutoRedirect to false."));
        // An honest acknowledgement repeats ids we sent, so it is no longer than the request.
        var limit = response.IsSuccessStatusCode && question.Headers is null ? Math.Max(BodyLimit, (int?)question.Body?.Length ?? 0) : BodyLimit;
        var body = await BodyReader.ReadAsync(response.Content, limit, cancel).ConfigureAwait(false);
        return new((int)response.StatusCode, RetryAfterOf(response), body, null);
    }

    static bool SamePlace(Uri one, Uri other) => one.Scheme == other.Scheme && one.Authority == other.Authority;

    static string[] RetryAfterOf(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("Retry-After", out var values) ? [.. values] : [];

    public void Dispose()
    {
        Interlocked.Exchange(ref _isDisposed, 1); // first: a client that is made from here on sends nothing
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    // A class without ToString: neither this nor HttpRequestMessage, which prints its headers, may reach a log.
    sealed class Question(HttpMethod method, string url, string? key, ReadOnlySequence<byte>? body)
    {
        public string Url => url;
        public ReadOnlySequence<byte>? Body => body;

        /// <summary>In place of our own, for a store; null for Braintrust.</summary>
        public IReadOnlyList<KeyValuePair<string, string>>? Headers { get; init; }

        public HttpRequestMessage ToRequest()
        {
            var request = new HttpRequestMessage(method, url);
            request.Options.Set(Ours, true);
            request.Headers.UserAgent.Add(Agent);
            if (body is { } content) request.Content = content.IsSingleSegment ? new ReadOnlyMemoryContent(content.First) : new SequenceContent(content);
            if (Headers is null)
            {
                request.Headers.Authorization = new("Bearer", key);
                request.Headers.Accept.ParseAdd("application/json");
                if (request.Content is not null) request.Content.Headers.ContentType = Json;
            }
            foreach (var (name, value) in Headers ?? [])
            {
                // Whether a header belongs to the request or to its content is .NET's own distinction.
                if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content?.Headers.TryAddWithoutValidation(name, value);
            }
            return request;
        }
    }
}
