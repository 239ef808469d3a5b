using System.ComponentModel;
using System.Runtime.CompilerServices;
using Braintrust.Logging.Activities;
using Braintrust.Logging.Llm;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Sampling;
using Braintrust.Logging.Session;

namespace Braintrust.Logging;

/// <summary>
/// A project's logger. Made once per project and client (<see cref="BraintrustClient.GetLogger"/>) and cached; safe for use from several
/// threads. Nothing here touches the network on the caller's thread, save with <see cref="BraintrustOptions.AsyncFlush"/> off.
/// </summary>
public sealed class BraintrustLogger
{
    static BraintrustLogger? _current;

    // Set while a selector runs on this thread.
    [ThreadStatic]
    static bool _isRouting;

    ReportedUsage? _usage;

    internal BraintrustLogger(BraintrustClient client, ProjectKey key)
    {
        Client = client;
        Key = key;
    }

    /// <summary>
    /// The logger of the innermost open span; outside of any, the first logger obtained that was not asked to stay aside
    /// (<c>setCurrent: false</c>). Null before there is one, and from the end of its client until the next logger is obtained.
    /// </summary>
    public static BraintrustLogger? Current => Ambient.Span?.Logger ?? (Volatile.Read(ref _current) is { Client.IsClosed: false } first ? first : null);

    /// <summary>The project's name, or its id when only that was given.</summary>
    public string Project => Key.Name ?? Key.Id!;

    /// <summary>The client that delivers for this logger.</summary>
    public BraintrustClient Client { get; }

    internal ProjectKey Key { get; }

    /// <summary>The activities captured lately for this logger; null while none are asked for.</summary>
    internal RecentActivities? Captured { get; set; }

    /// <summary>The project's id, as soon as it is known.</summary>
    internal string? KnownProjectId => Key.Id ?? Client.KnownProjectId(Key);

    /// <summary>Which model calls have been counted.</summary>
    internal ReportedUsage Usage => LazyInitializer.EnsureInitialized(ref _usage, () => new ReportedUsage(Client.Clock));

    /// <summary>The trace of all native log rows that stand outside of any other (PROTOCOL section 9).</summary>
    internal UInt128 BaselineTrace { get; } = Ids.NewTraceId();

    /// <summary>
    /// Opens a span; dispose it to end it. It becomes the current one of this async flow, so that what this logger logs inside nests below it.
    /// </summary>
    /// <param name="name">What the work is called. Default: <c>root</c> without a parent, else the calling method, file and line.</param>
    /// <param name="type">One of <see cref="SpanTypes"/> or any other text. Default: <c>task</c> for a root, none for a child.</param>
    /// <param name="input">What the work is given: any value, copied here.</param>
    /// <param name="parent">
    /// The span above: one of this logger, or one of another process (<see cref="BraintrustPropagation"/>). Default: the innermost open span of this
    /// logger. A span that another logger holds in this process is never a parent.
    /// </param>
    /// <param name="metadata">A dictionary, or an object whose public properties become the entries.</param>
    /// <param name="startTime">When it began. Default: now.</param>
    /// <param name="callerMember">Filled in by the compiler.</param>
    /// <param name="callerFile">Filled in by the compiler; only the file's name is sent.</param>
    /// <param name="callerLine">Filled in by the compiler.</param>
    /// <returns>The span. One whose trace is not kept takes everything as any other, and sends nothing.</returns>
    public BraintrustSpan StartSpan(
        string? name = null, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0)
    {
        var span = Make(name, type, input, parent, metadata, startTime, new(callerMember, callerFile, callerLine));
        Open(span);
        return span;
    }

    /// <summary>Runs work inside a span: what it throws is logged to the span and thrown on.</summary>
    /// <param name="name">What the work is called.</param>
    /// <param name="work">Given the span, to log input, output and the like.</param>
    /// <param name="type">One of <see cref="SpanTypes"/> or any other text.</param>
    /// <param name="input">What the work is given.</param>
    /// <param name="parent">The span above, as <see cref="StartSpan"/> takes it: one of this logger, or what another process sent. Default: the innermost open span of this logger.</param>
    /// <param name="metadata">A dictionary, or an object whose public properties become the entries.</param>
    /// <param name="startTime">When it began. Default: now.</param>
    /// <param name="callerMember">Filled in by the compiler.</param>
    /// <param name="callerFile">Filled in by the compiler; only the file's name is sent.</param>
    /// <param name="callerLine">Filled in by the compiler.</param>
    public void Traced(
        string? name, Action<BraintrustSpan> work, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0)
    {
        ArgumentNullException.ThrowIfNull(work);
        Func<BraintrustSpan, object?> whole = span => // typed: a null might be a task
        {
            work(span);
            return null;
        };
        Traced(name, whole, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);
    }

    /// <inheritdoc cref="Traced(string?, Action{BraintrustSpan}, string?, object?, BraintrustSpanContext?, object?, DateTimeOffset?, string?, string?, int)"/>
    /// <returns>What the work returns. It is not logged: log it as the span's output if it should be seen.</returns>
    public T Traced<T>(
        string? name, Func<BraintrustSpan, T> work, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0)
    {
        ArgumentNullException.ThrowIfNull(work);
        using var span = StartSpan(name, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);
        try
        {
            return work(span);
        }
        catch (Exception error)
        {
            span.Log(error: error);
            throw;
        }
    }

    /// <inheritdoc cref="Traced(string?, Action{BraintrustSpan}, string?, object?, BraintrustSpanContext?, object?, DateTimeOffset?, string?, string?, int)"/>
    public Task TracedAsync(
        string? name, Func<BraintrustSpan, Task> work, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0)
    {
        ArgumentNullException.ThrowIfNull(work);
        return TracedAsync<object?>(name, async span =>
        {
            await work(span).ConfigureAwait(false);
            return null;
        }, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);
    }

    /// <inheritdoc cref="Traced{T}(string?, Func{BraintrustSpan, T}, string?, object?, BraintrustSpanContext?, object?, DateTimeOffset?, string?, string?, int)"/>
    public async Task<T> TracedAsync<T>(
        string? name, Func<BraintrustSpan, Task<T>> work, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0)
    {
        ArgumentNullException.ThrowIfNull(work);
        var span = StartSpan(name, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);
        try
        {
            return await work(span).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            span.Log(error: error);
            throw;
        }
        finally
        {
            span.Finish();
            await Client.FlushUnlessAsync(span).ConfigureAwait(false);
        }
    }

    /// <summary>For work that is awaited there is <c>TracedAsync</c>: this overload only keeps the compiler from taking it for work that ends when its task is returned.</summary>
    /// <inheritdoc cref="TracedAsync(string?, Func{BraintrustSpan, Task}, string?, object?, BraintrustSpanContext?, object?, DateTimeOffset?, string?, string?, int)"/>
    [Obsolete("Use TracedAsync: the span of Traced ends before asynchronous work does.", error: true), EditorBrowsable(EditorBrowsableState.Never)]
    public Task Traced(
        string? name, Func<BraintrustSpan, Task> work, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        TracedAsync(name, work, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);

    /// <summary>For work that is awaited there is <c>TracedAsync</c>: this overload only keeps the compiler from taking it for work that ends when its task is returned.</summary>
    /// <inheritdoc cref="TracedAsync{T}(string?, Func{BraintrustSpan, Task{T}}, string?, object?, BraintrustSpanContext?, object?, DateTimeOffset?, string?, string?, int)"/>
    [Obsolete("Use TracedAsync: the span of Traced ends before asynchronous work does.", error: true), EditorBrowsable(EditorBrowsableState.Never)]
    public Task<T> Traced<T>(
        string? name, Func<BraintrustSpan, Task<T>> work, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        TracedAsync(name, work, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);

    /// <summary>Logs a finished event: below the current span of this logger, or as a root of its own.</summary>
    /// <returns>The row's id, for feedback.</returns>
    /// <param name="input">What the work was given: any value.</param>
    /// <param name="output">What it gave: any value.</param>
    /// <param name="expected">What it should have given: any value.</param>
    /// <param name="error">An exception or a text; the row shows as failed.</param>
    /// <param name="scores">Name to 0..1. Anything else is kept in the metadata.</param>
    /// <param name="metadata">A dictionary, or an object whose public properties become the entries.</param>
    /// <param name="metrics">Name to number; <c>start</c> and <c>end</c> are the row's own.</param>
    /// <param name="tags">Shown on roots; a child keeps them in its metadata, since the service takes tags on roots only.</param>
    /// <param name="name">What happened. Default: <c>root</c> without a parent, else the calling method, file and line.</param>
    /// <param name="type">One of <see cref="SpanTypes"/> or any other text. Default: <c>task</c> for a root, none for a child.</param>
    /// <param name="callerMember">Filled in by the compiler.</param>
    /// <param name="callerFile">Filled in by the compiler; only the file's name is sent.</param>
    /// <param name="callerLine">Filled in by the compiler.</param>
    public string Log(
        object? input = null, object? output = null, object? expected = null, object? error = null,
        IEnumerable<KeyValuePair<string, double>>? scores = null, object? metadata = null,
        IEnumerable<KeyValuePair<string, double>>? metrics = null, IEnumerable<string>? tags = null,
        string? name = null, string? type = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0)
    {
        var span = Make(name, type, null, null, null, null, new(callerMember, callerFile, callerLine));
        span.Log(input, output, expected, error, scores, metadata, metrics, tags);
        span.Finish(new DateTimeOffset(span.StartTicks, TimeSpan.Zero));
        Client.WaitUnlessAsync();
        return span.Id;
    }

    /// <summary>
    /// Adds what a person or a program thinks of a row to it, now or much later. The service keeps who said it apart from the row.
    /// </summary>
    /// <param name="id">The row: <see cref="BraintrustSpan.Id"/> or what <see cref="Log"/> returned.</param>
    /// <param name="scores">Name to 0..1; anything else is refused.</param>
    /// <param name="expected">What the output should have been.</param>
    /// <param name="tags">Tags to add.</param>
    /// <param name="comment">Words about it.</param>
    /// <param name="metadata">About the feedback, not the row: who gave it, for instance.</param>
    /// <param name="source"><c>app</c>, <c>api</c> or <c>external</c> (the default).</param>
    /// <exception cref="ArgumentException">The id is blank, nothing was given (empty scores and tags are nothing), a score is outside of 0..1, or the source is none of the three.</exception>
    public void LogFeedback(
        string id, IEnumerable<KeyValuePair<string, double>>? scores = null, object? expected = null, IEnumerable<string>? tags = null,
        string? comment = null, object? metadata = null, string source = "external")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        if (source is not ("app" or "api" or "external"))
        {
            throw new ArgumentException("The source of feedback is app, api or external.", nameof(source));
        }
        var given = RowPatch.Of(null, null, expected, null, scores, null, null, tags);
        if (given.IsEmpty && comment is null)
        {
            throw new ArgumentException("Feedback needs at least one of scores, expected, tags or comment.");
        }
        if (given.Scores?.FirstOrDefault(score => !(score.Value is >= 0 and <= 1)) is { Key: not null } wrong)
        {
            throw new ArgumentException($"The score '{wrong.Key}' must be between 0 and 1.", nameof(scores));
        }

        var target = RowId.From(id);
        var reviewer = Values.Freeze(metadata);
        if (!given.IsEmpty)
        {
            Client.OfferAudit(this, Client.Api, new AuditRow { Target = target, Fields = given, Source = source, Reviewer = reviewer });
        }
        if (comment is not null)
        {
            Client.OfferAudit(this, Client.Api, new AuditRow { Target = target, Comment = comment, Source = source, Reviewer = reviewer });
        }
    }

    /// <summary>Adds to a row that was logged before, by its id; null says nothing. Metadata, scores, metrics join, the rest is replaced.</summary>
    /// <param name="id">The row: <see cref="BraintrustSpan.Id"/> or what <see cref="Log"/> returned.</param>
    /// <param name="input">What the work was given: any value.</param>
    /// <param name="output">What it gave: any value.</param>
    /// <param name="expected">What it should have given: any value.</param>
    /// <param name="error">An exception or a text; the span shows as failed.</param>
    /// <param name="scores">Name to 0..1. Anything else is kept in the metadata.</param>
    /// <param name="metadata">A dictionary, or an object whose public properties become the entries.</param>
    /// <param name="metrics">Name to number.</param>
    /// <param name="tags">Tags to add; the service takes them on roots only.</param>
    /// <exception cref="ArgumentException">The id is blank.</exception>
    public void UpdateSpan(
        string id, object? input = null, object? output = null, object? expected = null, object? error = null,
        IEnumerable<KeyValuePair<string, double>>? scores = null, object? metadata = null,
        IEnumerable<KeyValuePair<string, double>>? metrics = null, IEnumerable<string>? tags = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        var given = RowPatch.Of(input, output, expected, error, scores, metadata, metrics, tags);
        if (!given.IsEmpty)
        {
            Client.OfferAudit(this, Client.Api, new AuditRow { Target = RowId.From(id), Fields = given });
        }
    }

    /// <summary>The first logger to come becomes the current one; it stays until its client is gone.</summary>
    internal void BecomeCurrent()
    {
        var current = Volatile.Read(ref _current);
        if (current is null || current.Client.IsClosed)
        {
            Interlocked.CompareExchange(ref _current, this, current);
            if (Client.IsClosed) // just now, or before
            {
                Forget(Client);
            }
        }
    }

    /// <summary>The client is gone: nothing static keeps it, nor what it holds.</summary>
    internal static void Forget(BraintrustClient client)
    {
        if (Volatile.Read(ref _current) is { } current && current.Client == client)
        {
            Interlocked.CompareExchange(ref _current, null, current);
        }
    }

    /// <summary>Opens a span for a front end: it becomes the current one of this async flow.</summary>
    internal static BraintrustSpan Open(SpanStart start)
    {
        var span = new BraintrustSpan(start, Placement.Of(start.Logger));
        Open(span);
        return span;
    }

    /// <summary>The same for a front end that is off: no row is sent of it, nor of what is below it.</summary>
    internal static BraintrustSpan OpenWithoutRow(SpanStart start)
    {
        var span = new BraintrustSpan(start, Placement.Of(start.Logger) with { IsSampled = false });
        Open(span);
        return span;
    }

    /// <summary>The same for what the front end's filter is asked for. Null: it leaves the span out.</summary>
    internal static BraintrustSpan? OpenAdmitted(SpanStart start)
    {
        var span = new BraintrustSpan(start, Placement.Of(start.Logger));
        if (start.FrontEnd.Settings.Filter is not null && !start.FrontEnd.Admits(() => FrontEnd.Preview(span)))
        {
            span.Logger.Client.Ledger.Withholding(WithheldReasons.Filtered);
            return null;
        }
        Open(span);
        return span;
    }

    /// <summary>What has to be fixed about an event on the caller's thread; the front end may still add a confirmation.</summary>
    /// <param name="frontEnd">Who read it.</param>
    /// <param name="payload">The front end's own form of it, which nobody may change any more.</param>
    /// <param name="utcTicks">The event's time.</param>
    /// <param name="exception">Its text is taken here.</param>
    /// <param name="size">What the payload weighs, besides what every row does.</param>
    /// <param name="entry">What the queue takes. Filled where it stands: it is large, and each copy costs as much as an id.</param>
    internal void Event(FrontEnd frontEnd, object payload, long utcTicks, Exception? exception, long size, out Entry entry) =>
        Event(frontEnd, payload, utcTicks, exception is null ? null : ErrorText.Of(exception), size, Placement.Of(this), Ambient.Current?.Enrichment, out entry);

    /// <summary>The same for an event that knows where it stands: what is around now has nothing to do with it.</summary>
    internal void Event(FrontEnd frontEnd, object payload, long utcTicks, string? error, long size, in Placement placement, Enrichment? enrichment, out Entry entry)
    {
        Ids.New(out var row, out var span);
        entry = default;
        entry.Kind = EntryKind.Event;
        entry.FrontEnd = frontEnd;
        entry.Logger = this;
        entry.Payload = payload;
        entry.RowId = new RowId(row, null);
        entry.SpanId = span;
        entry.TraceId = placement.TraceId;
        entry.ParentId = placement.ParentId;
        entry.IsLoose = placement.IsFresh;
        entry.IsSampled = placement.IsSampled;
        entry.Ticks = utcTicks;
        entry.Size = (RowWeight.Row + size + RowWeight.Of(error) + (enrichment?.Weight ?? 0)) * (frontEnd.WatchesLosses ? 2 : 1); // who watches keeps the event beside its row
        entry.Error = error;
        entry.Enrichment = enrichment;
    }

    /// <summary>The logger that an event goes to by its front end's selector; what the selector throws is ignored, and what it logs is not routed.</summary>
    internal BraintrustLogger Route(FrontEndSettings settings, IReadOnlyDictionary<string, object?> properties)
    {
        if (_isRouting || settings.ProjectSelector is not { } selector)
        {
            return this; // a selector that is asked for what it logs itself would never end
        }
        _isRouting = true;
        try
        {
            var project = selector(properties);
            return string.IsNullOrWhiteSpace(project) || project == Project ? this : Client.GetLogger(project, setCurrent: false);
        }
        catch (Exception error) // the user's code
        {
            BraintrustDiagnostics.Warn("selector", $"ProjectSelector threw {error.GetType()}; the event went to the default project.", 1);
            return this;
        }
        finally
        {
            _isRouting = false;
        }
    }

    static void Open(BraintrustSpan span)
    {
        span.Enter();
        span.Logger.Client.OfferBegin(span);
    }

    BraintrustSpan Make(
        string? name, string? type, object? input, BraintrustSpanContext? parent, object? metadata, DateTimeOffset? startTime, CallerLocation caller)
    {
        var placement = parent switch
        {
            { Local: null } => Placement.Below(parent),
            { Local: { } span } when ReferenceEquals(span.Logger, this) => Placement.Below(span),
            _ => Placement.Of(this),
        };
        return new(new SpanStart
        {
            Logger = this,
            FrontEnd = Client.Api,
            Name = !string.IsNullOrEmpty(name) ? name : placement.ParentId == 0 ? "root" : caller.SpanName,
            Type = type,
            Input = Values.Freeze(input, Client.Api),
            Metadata = RowPatch.Members(metadata, Client.Api),
            Time = startTime,
            Caller = caller,
        }, placement);
    }
}
