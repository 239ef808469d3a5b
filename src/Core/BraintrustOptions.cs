namespace Braintrust.Logging;

/// <summary>
/// How rows reach Braintrust. Every member is optional. A value that code leaves unset comes from the environment
/// variable named at the member, then from the nearest <c>.env.braintrust</c>, then from the default.
/// </summary>
/// <remarks>Options are read once, when the client, sink or provider is made; later changes of the object have no effect (the provider of Microsoft.Extensions.Logging takes
/// <see cref="Enabled"/> and <see cref="SamplingRatio"/> over when its configuration changes). Sizes are at least 1; times are greater
/// than zero (<see cref="ShutdownTimeout"/> may be zero) and at most 24 days; what cannot work is an error that names the option.</remarks>
public class BraintrustOptions
{
    const int DefaultBatchSizeLimit = 1000;

    TimeSpan? _retryTimeLimit;

    /// <summary>
    /// The API key. Unset: <c>BRAINTRUST_API_KEY</c>. Blanks around it are trimmed; a key with anything but printable ASCII is refused at
    /// construction. A missing key is no error: rows wait within the queue's bounds and a diagnostic says why.
    /// </summary>
    public string? ApiKey { get; set; }

    /// <summary>The organisation to log in to, by exact name. Unset: <c>BRAINTRUST_ORG_NAME</c>, else the key's first organisation.</summary>
    public string? OrgName { get; set; }

    /// <summary>The control plane: login and projects. Unset: <c>BRAINTRUST_APP_URL</c>, else <c>https://www.braintrust.dev</c>.</summary>
    public string? AppUrl { get; set; }

    /// <summary>The data plane: rows. Unset: <c>BRAINTRUST_API_URL</c>, else what the login answers for the organisation.</summary>
    public string? ApiUrl { get; set; }

    /// <summary>The project rows go to, by name; made if it does not exist. Unset: <c>BRAINTRUST_PROJECT</c>, else <c>Global</c>.</summary>
    public string? Project { get; set; }

    /// <summary>The project rows go to, by id (a UUID); wins over <see cref="Project"/>. Unset: <c>BRAINTRUST_PROJECT_ID</c>.</summary>
    public string? ProjectId { get; set; }

    /// <summary>
    /// False switches this sink or provider off: its events, scopes and captured activities become no rows, and what was logged before is still delivered. Spans by code are their
    /// client's: one made with <c>new</c> and switched off sends nothing, and what it is offered counts as <c>braintrust.rows.withheld</c>. Default true.
    /// </summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// How many waiting rows are sent without waiting for <see cref="Period"/>. Default 1,000; where more are waiting, requests then grow up to half of the server's limit for a body.
    /// Any other value is also the most rows in one request.
    /// </summary>
    public int BatchSizeLimit { get; set; } = DefaultBatchSizeLimit;

    /// <summary>Null: a backlog may go in larger requests.</summary>
    internal int? MostRows => BatchSizeLimit == DefaultBatchSizeLimit ? null : BatchSizeLimit;

    /// <summary>How long the first row of a batch waits for company before it is sent. Default two seconds.</summary>
    public TimeSpan Period { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Send the very first row at once, so that a new set-up shows something immediately. Default true.</summary>
    public bool EagerlyEmitFirstEvent { get; set; } = true;

    /// <summary>
    /// When false, <see cref="BraintrustLogger.Log"/>, <c>Traced</c>, <c>TracedAsync</c> and the end of a root span return after
    /// delivery (or after a failed attempt to deliver, at most <see cref="FlushTimeout"/>). Default true. Log calls of ILogger and Serilog never wait.
    /// </summary>
    public bool AsyncFlush { get; set; } = true;

    /// <summary>
    /// When rows are sent. Unset: <see cref="Logging.FlushMode.OnDemand"/> if <c>BRAINTRUST_SYNC_FLUSH</c> is <c>true</c>, <c>1</c>, <c>yes</c>, <c>y</c> or <c>on</c>, else
    /// <see cref="Logging.FlushMode.Periodic"/>.
    /// </summary>
    public FlushMode? FlushMode { get; set; }

    /// <summary>What a flush waits for unless told otherwise, and with <see cref="AsyncFlush"/> off each wait for delivery. Default 30 seconds.</summary>
    public TimeSpan FlushTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The most rows held in memory. Default 100,000. Rows beyond are dropped and reported as <c>queue_full</c>. <see cref="QueueLimitBytes"/> is usually met first.</summary>
    public int QueueLimit { get; set; } = 100_000;

    /// <summary>The most bytes of memory that rows hold until their fate is known. Default 64 MiB. Rows beyond are dropped and reported as <c>queue_full</c>.</summary>
    /// <remarks>What counts is what a row really holds: in the queue its objects, with two bytes a character; written, its JSON and what is noted about it; the bytes of its attachments until they are
    /// uploaded; and events that a failure listener has yet to be told of. Beside it there are arrays that are used again and what is under way: a tenth of it and 8 MiB at most.</remarks>
    public long QueueLimitBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>
    /// A folder where rows are kept until Braintrust has acknowledged them: they survive the end of the process, however sudden, and an outage of days. Each client has a folder of its
    /// own in it, private to its user; it is made if it does not exist. A relative path is below the current directory when the client is made. Default none: rows wait in memory alone.
    /// </summary>
    /// <remarks>Log calls never wait for the disk. What is on disk is what would be sent, so masks and <see cref="CaptureContent"/> hold there too; a key is never written. Keep it on a
    /// volume that outlives the container, and out of folders that others may write to.</remarks>
    public string? SpoolDirectory { get; set; }

    /// <summary>How long a row may wait for delivery before it is dropped as <c>expired</c>. Default 24 hours; with a <see cref="SpoolDirectory"/> seven days.</summary>
    public TimeSpan RetryTimeLimit // below what changes its default: configuration binders write every property back, in this order
    {
        get => _retryTimeLimit ?? TimeSpan.FromDays(SpoolDirectory is null ? 1 : 7);
        set => _retryTimeLimit = value;
    }

    /// <summary>What a row survives once it is on disk. Default <see cref="SpoolSync.Write"/>: the end of the process, but no loss of power.</summary>
    public SpoolSync SpoolSync { get; set; }

    /// <summary>The most that the files of one client take on disk, in bytes. Default 1 GiB. Beyond, the oldest rows are dropped and reported as <c>spool_full</c>.</summary>
    public long SpoolLimitBytes { get; set; } = 1L << 30;

    /// <summary>
    /// How long dispose and process exit may take to deliver what is queued. Default five seconds. The rest is reported as <c>shutdown</c>; with a <see cref="SpoolDirectory"/> it stays
    /// on disk instead, for the next process.
    /// </summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Deliver what is queued when the process ends, or is signalled to, without a dispose. Default true.</summary>
    public bool FlushOnExit { get; set; } = true;

    /// <summary>Allow plain <c>http</c> to hosts other than loopback. Default false: the key and the rows would be readable on the way.</summary>
    public bool AllowInsecureTransport { get; set; }

    /// <summary>What a log event becomes. Default <see cref="Logging.EventsAs.Spans"/>.</summary>
    public EventsAs EventsAs { get; set; }

    /// <summary>Which scopes become spans. Default <see cref="Logging.ScopeSpans.All"/>.</summary>
    public ScopeSpans ScopeSpans { get; set; }

    /// <summary>
    /// Activity sources whose activities become spans of this sink's, provider's or client's project: names, or patterns with <c>*</c>.
    /// Default none. <see cref="BraintrustActivitySources.GenAI"/>, or the text GenAI in the list, is a ready set for model calls.
    /// </summary>
    public IList<string> ActivitySources { get; set; } = [];

    /// <summary>
    /// Rewrites what rows say before they are queued: field name and value to the value that is sent, null to leave the field out. Called on the logging
    /// thread, for spans at the beginning and at the end, for each of <c>input</c>, <c>output</c>, <c>expected</c>, <c>error</c>, <c>metadata</c>, <c>scores</c>,
    /// <c>metrics</c>, <c>tags</c>, <c>context</c>, <c>name</c> (of a span or event), <c>comment</c> and <c>_audit_metadata</c> (of feedback) that is present. A value is a string, a number,
    /// a bool, an <c>IReadOnlyDictionary&lt;string, object?&gt;</c> or an <c>IReadOnlyList&lt;object?&gt;</c>, read-only; the result may be anything that can be logged.
    /// If it throws, the value is left out, and <c>ERROR: Failed to mask field 'input' - TypeOfException</c> is sent. Default none.
    /// </summary>
    /// <remarks>Each sink, provider and client has its own. A fallback of Serilog's that gets lost events back gets them as they were logged.</remarks>
    public Func<string, object?, object?>? Mask { get; set; }

    /// <summary>
    /// Names another project for an event, from its properties (name to value): one project per tenant, say. Null: the default project.
    /// Runs on the logging thread; what it throws is ignored.
    /// </summary>
    public Func<IReadOnlyDictionary<string, object?>, string?>? ProjectSelector { get; set; }

    /// <summary>
    /// The share of traces that is kept, from 0 to 1. Default 1: all. Decided by the trace id alone, so whole traces are kept or not, and services with
    /// the same ratio keep the same ones.
    /// </summary>
    public double SamplingRatio { get; set; } = 1;

    /// <summary>
    /// Asked at the first row of each trace whether to keep the trace; what is below follows. A trace has to be within <see cref="SamplingRatio"/> too. Runs on the
    /// logging thread; what it throws keeps the trace. Default: all are kept. What is not kept counts as <c>braintrust.rows.withheld</c> in the meter.
    /// </summary>
    public Func<RowPreview, bool>? Sampler { get; set; }

    /// <summary>
    /// Asked for each event, scope and captured activity of this sink, provider or client; false leaves it out, and what is inside goes to the span around it. Spans by code are
    /// not asked for. Runs on the logging thread; what it throws lets the row pass. Default: all pass. What does not pass counts as <c>braintrust.rows.withheld</c> in the meter.
    /// </summary>
    public Func<RowPreview, bool>? Filter { get; set; }

    /// <summary>
    /// Whether <c>input</c>, <c>output</c> and <c>expected</c> are sent: prompts, answers, arguments and results of tools. Default true. False sends models, tokens, times, scores,
    /// errors and metadata alone; the message of an event that names such a value is then sent as its template.
    /// </summary>
    public bool CaptureContent { get; set; } = true;

    /// <summary>
    /// Whether values under names such as <c>Authorization</c>, <c>ApiKey</c>, <c>Password</c> or <c>ConnectionString</c>, and values that begin with <c>Bearer</c> or <c>Basic</c>, are
    /// replaced by <c>***</c>, wherever in a value they stand. Default true. Text inside of a text is not searched, except for the rendered message.
    /// </summary>
    public bool ScrubSecrets { get; set; } = true;

    /// <summary>The handler that requests go through. Unset: an own one. A given handler is the caller's to dispose, and should not follow redirects
    /// (<c>AllowAutoRedirect = false</c>): an answer from another host counts as a configuration error.</summary>
    public HttpMessageHandler? HttpMessageHandler { get; set; }

    /// <summary>The clock. Unset: the system's.</summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>
    /// Told of rows that will never arrive: once per occasion, exact in sum, on the thread pool. It may log, flush, dispose, throw or block. Default: nobody is told, beyond
    /// <see cref="BraintrustDiagnostics"/> and the meter.
    /// </summary>
    public Action<RowLoss>? OnLoss { get; set; }

    /// <summary>The options without their secrets.</summary>
    public override string ToString() =>
        $"{GetType().Name} {{ Project = {ProjectId ?? Project}, OrgName = {OrgName}, AppUrl = {AppUrl}, ApiUrl = {ApiUrl}, ApiKey = {(string.IsNullOrWhiteSpace(ApiKey) ? "unset" : "***")} }}";
}
