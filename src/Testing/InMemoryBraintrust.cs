using System.Net;
using System.Text.Json.Nodes;
using Braintrust.Logging.Testing.Service;
using Braintrust.Logging.Testing.Traces;

namespace Braintrust.Logging.Testing;

/// <summary>
/// A Braintrust of a test's own, and a client of it. The client is the real one, with its mapping, queue, batches and retries; only the service that its requests go to is
/// in memory. No network, no API key, no environment, nothing shared: make one in each test, as many at once as you like.
/// </summary>
public sealed class InMemoryBraintrust : IAsyncDisposable, IDisposable
{
    /// <summary>The project of loggers, sinks and providers that name none, unless the options do: <c>Test</c>.</summary>
    public const string DefaultProject = "Test";

    const string Url = "https://in-memory.braintrust.invalid"; // reserved: if anything went past the handler, it would reach nobody

    // A machine that is busy with other things stands still for seconds; here that shall neither send what nobody has read yet nor cost a row.
    static readonly TimeSpan Never = TimeSpan.FromDays(1);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    static readonly TimeSpan UsualPatience = new BraintrustOptions().ShutdownTimeout;

    // The login is shared by all clients of one account, and this account is nobody else's.
    readonly string _key = $"in-memory-{Guid.NewGuid():N}";
    readonly MemoryService _service = new(Url);
    readonly Faults _faults;
    readonly ServiceHandler _handler;
    readonly List<RowLoss> _losses = [];
    readonly AccountClients _clients; // the one below, and those that connected options have made

    /// <summary>Makes both.</summary>
    /// <param name="configure">
    /// Sets options of the client: <see cref="BraintrustOptions.Mask"/>, <see cref="BraintrustOptions.OnLoss"/>, limits, or a <see cref="BraintrustOptions.TimeProvider"/> that the test
    /// moves. Those about the account and the connection are this class's own, and set afterwards.
    /// </param>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    public InMemoryBraintrust(Action<BraintrustOptions>? configure = null)
    {
        // Rows leave when somebody reads, not in the middle: then the same test writes them in the same order, however long it takes.
        var options = new BraintrustOptions { FlushMode = FlushMode.Periodic, EagerlyEmitFirstEvent = false, Period = Never, FlushOnExit = false };
        configure?.Invoke(options);
        _faults = new Faults(options.TimeProvider ?? TimeProvider.System);
        _handler = new ServiceHandler(_service, _faults);
        Connect(options);
        _clients = new AccountClients(_key);
        try
        {
            Client = new BraintrustClient(options);
        }
        catch
        {
            _clients.Dispose();
            throw;
        }
    }

    /// <summary>What to log to: <c>WriteTo.Braintrust(client)</c>, <c>options.Client = client</c>, <c>client.GetLogger(…)</c>. Disposed with this.</summary>
    public BraintrustClient Client { get; }

    /// <summary>
    /// The client's logger of its default project. It does not become the process's current one, unlike the first that <see cref="BraintrustClient.GetLogger"/> gives
    /// without <c>setCurrent: false</c>.
    /// </summary>
    public BraintrustLogger Logger => Client.GetLogger(setCurrent: false);

    /// <summary>What <see cref="Client"/>, and the clients of sinks and providers that were led here, accepted, delivered, dropped and still hold, at this moment.</summary>
    public RowLedger Ledger => RowLedger.Of([.. _clients.All().Select(static client => client.Ledger)]);

    /// <summary>What the clients have told of rows that will never arrive, in order.</summary>
    public IReadOnlyList<RowLoss> Losses
    {
        get
        {
            lock (_losses)
            {
                return [.. _losses];
            }
        }
    }

    /// <summary>
    /// Leads options of the application's own here, for sinks and providers that are made from options instead of over <see cref="Client"/>. What they log is delivered and counted
    /// as what is logged to <see cref="Client"/>; they close what they have opened.
    /// </summary>
    /// <param name="options">
    /// Account, connection and, if it is unset, the project are set; <see cref="BraintrustOptions.OnLoss"/> is told, and so is <see cref="Losses"/>. A
    /// <see cref="BraintrustOptions.ShutdownTimeout"/> of five seconds, its default, becomes 30 seconds: a busy machine shall cost no row.
    /// </param>
    public void Connect(BraintrustOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        (options.ApiKey, options.OrgName, options.AppUrl, options.ApiUrl) = (_key, MemoryService.Organization, Url, Url);
        options.HttpMessageHandler = _handler;
        if (options is { Project: null, ProjectId: null })
        {
            options.Project = DefaultProject;
        }
        if (options.ShutdownTimeout == UsualPatience)
        {
            options.ShutdownTimeout = Patience;
        }
        options.OnLoss = TellingOf(_losses, options.OnLoss);
    }

    /// <summary>Delivers what the clients hold, and gives all traces, in the order of their beginning.</summary>
    /// <param name="project">Of this project alone. Null: of all.</param>
    /// <returns>The traces as they are now; read again for what is logged later.</returns>
    public async Task<IReadOnlyList<LoggedTrace>> TracesAsync(string? project = null)
    {
        await FlushAsync().ConfigureAwait(false);
        return TraceReader.Read([.. _service.Rows().Where(row => project is null || row.Project == project)]);
    }

    /// <summary>Delivers what the clients hold, and gives the only trace there is.</summary>
    /// <inheritdoc cref="TracesAsync"/>
    /// <returns>The trace.</returns>
    /// <exception cref="BraintrustAssertionException">There is none, or more than one; the message shows them all.</exception>
    public async Task<LoggedTrace> TraceAsync(string? project = null)
    {
        var traces = await TracesAsync(project).ConfigureAwait(false);
        var where = project is null ? "" : $" in project {Json.Write(project)}";
        return traces.Count == 1 ? traces[0] : throw Failures.Of($"one trace{where}", $"{traces.Count}", traces);
    }

    /// <summary>Delivers what the clients hold, and gives the rows as they are stored, merged, in the order of their first arrival. Each is the reader's own.</summary>
    /// <inheritdoc cref="TracesAsync"/>
    /// <returns>The rows.</returns>
    public async Task<IReadOnlyList<JsonObject>> RowsAsync(string? project = null)
    {
        await FlushAsync().ConfigureAwait(false);
        return [.. _service.Rows().Where(row => project is null || row.Project == project).Select(static row => (JsonObject)Json.Node(row.Row)!)];
    }

    /// <summary>Delivers what the clients hold, and gives the bytes of an attachment; null if they did not arrive.</summary>
    /// <param name="reference">What stands in the row in its place: <c>span.Input["picture"]</c>.</param>
    /// <returns>The bytes, or null.</returns>
    public async Task<byte[]?> AttachmentAsync(JsonNode? reference)
    {
        await FlushAsync().ConfigureAwait(false);
        return (string?)(reference as JsonObject)?["key"] is { } key ? _service.File(key) : null;
    }

    /// <summary>The next requests of a kind are answered with this status, each request once; a retried one counts again.</summary>
    /// <param name="status">
    /// As with the real service: 401 and 403 make rows wait, 4xx refuses them for good (<see cref="LossReasons.Rejected"/>), 408, 429 and 5xx are tried again.
    /// </param>
    /// <param name="times">How many requests; at least 1.</param>
    /// <param name="of">Which.</param>
    /// <param name="retryAfter">What the answer asks for; the client waits by its clock.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is less than 1.</exception>
    public void FailNext(HttpStatusCode status, int times = 1, BraintrustRequest of = BraintrustRequest.Rows, TimeSpan? retryAfter = null) =>
        Plan(of, times, new Fault(status, retryAfter));

    /// <summary>The next requests of a kind find nobody: the connection is refused, and the client tries again.</summary>
    /// <inheritdoc cref="FailNext"/>
    public void DisconnectNext(int times = 1, BraintrustRequest of = BraintrustRequest.Rows) => Plan(of, times, new Fault());

    /// <summary>The next requests of a kind are answered late, by the client's clock; after 30 seconds it gives up and tries again.</summary>
    /// <param name="delay">How late; greater than zero.</param>
    /// <param name="times">How many requests; at least 1.</param>
    /// <param name="of">Which.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is less than that.</exception>
    public void DelayNext(TimeSpan delay, int times = 1, BraintrustRequest of = BraintrustRequest.Rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(delay, TimeSpan.Zero);
        Plan(of, times, new Fault(Delay: delay));
    }

    /// <summary>Ends all faults, planned ones too; what is being delayed goes on at once.</summary>
    public void Recover() => _faults.Clear();

    /// <summary>Delivers what the clients hold, and asserts that all of it arrived: accepted = delivered.</summary>
    /// <exception cref="BraintrustAssertionException">Rows or attachments were lost, or still wait; the message says how many, and why.</exception>
    public async Task ShouldHaveLostNothingAsync()
    {
        var error = await FlushAsync().ConfigureAwait(false);
        var ledger = Ledger;
        if (ledger.IsWhole && ledger.IsBalanced)
        {
            return;
        }
        var losses = Losses.Select(static loss => $"\n- {loss.Count} {loss.Reason}: {loss.Message}").ToList();
        var waits = ledger.Waiting > 0 ? $"\n- {ledger.Waiting} waiting: {error ?? "the flush ended first."}" : "";
        throw new BraintrustAssertionException($"Expected no losses,\nbut found {ledger}.\n{string.Concat(losses)}{waits}");
    }

    /// <summary>Ends all faults, delivers what is left, and closes the client.</summary>
    public ValueTask DisposeAsync()
    {
        Recover();
        _clients.Dispose();
        return Client.DisposeAsync();
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose()
    {
        Recover();
        _clients.Dispose();
        Client.Dispose();
    }

    /// <summary>Without this: a client that nobody closed must not keep it.</summary>
    static Action<RowLoss> TellingOf(List<RowLoss> losses, Action<RowLoss>? told) => loss =>
    {
        lock (losses)
        {
            losses.Add(loss);
        }
        told?.Invoke(loss);
    };

    /// <summary>One after the other, so that the same test stores its rows in the same order. Gives why rows wait or were lost.</summary>
    async Task<string?> FlushAsync()
    {
        string? error = null;
        foreach (var client in _clients.All())
        {
            error = (await client.FlushAsync().ConfigureAwait(false)).LastError ?? error;
        }
        return error;
    }

    void Plan(BraintrustRequest of, int times, Fault fault)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        _faults.Plan(of, times, fault);
    }
}
