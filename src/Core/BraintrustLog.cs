using System.ComponentModel;
using System.Runtime.CompilerServices;
using Braintrust.Logging.Configuration;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging;

/// <summary>
/// The static front door: one default client, made from the environment at first use or by an explicit login before. Spans go to the current logger
/// (<see cref="BraintrustLogger.Current"/>): inside a span to that span's, else to the first logger obtained, else, also once its client is closed, to the default one.
/// </summary>
public static class BraintrustLog
{
    static readonly object Making = new();
    static ClientLease? _default; // held until the process ends
    static BraintrustOptions? _account; // what it was made with, should another one be needed

    /// <summary>
    /// The default client. It ends with the process and is not the caller's to dispose: sinks and providers of the same account deliver through it too. Should somebody dispose it all the
    /// same, the next use of this class makes a new one for the same account; loggers and spans of the old one stay closed. It keeps nothing back by itself
    /// (<see cref="BraintrustOptions.CaptureContent"/>): where a sink or provider does, log by its <c>Logger</c>, or by <see cref="BraintrustLogger.Current"/>.
    /// </summary>
    /// <exception cref="ArgumentException">A variable of the environment cannot work; the message names it.</exception>
    public static BraintrustClient Client => Made().Client;

    /// <summary>Logs the default client in now instead of at the first batch, to learn at start-up that its key works: the environment's account, unless an earlier call named another.</summary>
    /// <inheritdoc cref="BraintrustClient.LoginAsync"/>
    public static Task LoginAsync(CancellationToken cancellationToken = default) => Client.LoginAsync(cancellationToken);

    /// <summary>
    /// Logs in to an account that the environment does not name: once, at the start, before anything is logged through this class, since that settles the
    /// account. Later calls with the same values return at once. For all other options make a <see cref="BraintrustClient"/>; its logger can be the current one.
    /// </summary>
    /// <param name="apiKey">Null: <c>BRAINTRUST_API_KEY</c>.</param>
    /// <param name="orgName">The organisation, by exact name. Null: <c>BRAINTRUST_ORG_NAME</c>, else the key's first one.</param>
    /// <param name="appUrl">The control plane. Null: <c>BRAINTRUST_APP_URL</c>, else <c>https://www.braintrust.dev</c>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentException">A value cannot work; the message names it and what it accepts.</exception>
    /// <exception cref="InvalidOperationException">The default client has another account already, and keeps it; the message names the value that differs.</exception>
    /// <inheritdoc cref="BraintrustClient.LoginAsync"/>
    public static Task LoginAsync(string? apiKey, string? orgName = null, string? appUrl = null, CancellationToken cancellationToken = default)
    {
        var options = new BraintrustOptions { ApiKey = apiKey, OrgName = orgName, AppUrl = appUrl };
        var client = Made(options).Client;
        var (has, wanted) = (client.Connection, SettingsResolver.Resolve(options, SettingsSources.OfProcess()).Connection);
        var differs = has.AppUrl != wanted.AppUrl ? nameof(appUrl) : has.ApiKey != wanted.ApiKey ? nameof(apiKey) : has.OrgName != wanted.OrgName ? nameof(orgName) : null;
        return differs is null
            ? client.LoginAsync(cancellationToken)
            : throw new InvalidOperationException(
                $"The default client has another {differs} already. Log in before anything is logged through BraintrustLog, or make a BraintrustClient for a second account.");
    }

    /// <summary>
    /// The default client's logger of a project: the same object for the same name. The first logger obtained in the process becomes the current one (<see cref="BraintrustLogger.Current"/>).
    /// </summary>
    /// <param name="project">The project's name. Null: <c>BRAINTRUST_PROJECT</c>, else <c>Global</c>, whatever project a sink or provider of the same account writes to.</param>
    /// <param name="setCurrent">False keeps the logger from becoming the current one.</param>
    /// <param name="projectId">The project's id, if known: then nothing is looked up.</param>
    /// <returns>The project's logger. It lives as long as the client.</returns>
    /// <exception cref="ArgumentException">The name is blank, or the id is no UUID; or a variable of the environment cannot work.</exception>
    public static BraintrustLogger GetLogger(string? project = null, bool setCurrent = true, string? projectId = null) =>
        project is null && projectId is null ? Made().GetLogger(setCurrent) : Client.GetLogger(project, setCurrent, projectId);

    /// <summary>Flushes the client of the current logger; before there is one, the default client, if it was ever used.</summary>
    /// <inheritdoc cref="BraintrustClient.FlushAsync"/>
    public static Task<FlushResult> FlushAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        (BraintrustLogger.Current?.Client ?? Volatile.Read(ref _default)?.Client)?.FlushAsync(timeout, cancellationToken)
        ?? Task.FromResult(new FlushResult { Completed = true }); // makes no client, to deliver nothing

    /// <summary>
    /// Opens a span of the current logger; with a <paramref name="parent"/>, of the parent's project: that of the span, or the one that the headers of
    /// another process named. Dispose it to end it.
    /// </summary>
    /// <inheritdoc cref="BraintrustLogger.StartSpan"/>
    public static BraintrustSpan StartSpan(
        string? name = null, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        LoggerFor(parent).StartSpan(name, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);

    /// <inheritdoc cref="BraintrustLogger.Traced(string?, Action{BraintrustSpan}, string?, object?, BraintrustSpanContext?, object?, DateTimeOffset?, string?, string?, int)"/>
    public static void Traced(
        string? name, Action<BraintrustSpan> work, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        LoggerFor(parent).Traced(name, work, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);

    /// <inheritdoc cref="BraintrustLogger.Traced{T}(string?, Func{BraintrustSpan, T}, string?, object?, BraintrustSpanContext?, object?, DateTimeOffset?, string?, string?, int)"/>
    public static T Traced<T>(
        string? name, Func<BraintrustSpan, T> work, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        LoggerFor(parent).Traced(name, work, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);

    /// <inheritdoc cref="BraintrustLogger.TracedAsync(string?, Func{BraintrustSpan, Task}, string?, object?, BraintrustSpanContext?, object?, DateTimeOffset?, string?, string?, int)"/>
    public static Task TracedAsync(
        string? name, Func<BraintrustSpan, Task> work, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        LoggerFor(parent).TracedAsync(name, work, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);

    /// <inheritdoc cref="BraintrustLogger.TracedAsync{T}(string?, Func{BraintrustSpan, Task{T}}, string?, object?, BraintrustSpanContext?, object?, DateTimeOffset?, string?, string?, int)"/>
    public static Task<T> TracedAsync<T>(
        string? name, Func<BraintrustSpan, Task<T>> work, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        LoggerFor(parent).TracedAsync(name, work, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);

    /// <summary>For work that is awaited there is <c>TracedAsync</c>: this overload only keeps the compiler from taking it for work that ends when its task is returned.</summary>
    /// <inheritdoc cref="BraintrustLogger.TracedAsync(string?, Func{BraintrustSpan, Task}, string?, object?, BraintrustSpanContext?, object?, DateTimeOffset?, string?, string?, int)"/>
    [Obsolete("Use TracedAsync: the span of Traced ends before asynchronous work does.", error: true), EditorBrowsable(EditorBrowsableState.Never)]
    public static Task Traced(
        string? name, Func<BraintrustSpan, Task> work, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        TracedAsync(name, work, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);

    /// <summary>For work that is awaited there is <c>TracedAsync</c>: this overload only keeps the compiler from taking it for work that ends when its task is returned.</summary>
    /// <inheritdoc cref="BraintrustLogger.TracedAsync{T}(string?, Func{BraintrustSpan, Task{T}}, string?, object?, BraintrustSpanContext?, object?, DateTimeOffset?, string?, string?, int)"/>
    [Obsolete("Use TracedAsync: the span of Traced ends before asynchronous work does.", error: true), EditorBrowsable(EditorBrowsableState.Never)]
    public static Task<T> Traced<T>(
        string? name, Func<BraintrustSpan, Task<T>> work, string? type = null, object? input = null, BraintrustSpanContext? parent = null, object? metadata = null,
        DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        TracedAsync(name, work, type, input, parent, metadata, startTime, callerMember, callerFile, callerLine);

    /// <summary>The hold on the default client; these options make it if there has never been one. A closed one is replaced, save at the end of the process: what comes then is lost as closed.</summary>
    static ClientLease Made(BraintrustOptions? options = null)
    {
        if (Volatile.Read(ref _default) is { } made && IsOfUse(made))
        {
            return made;
        }
        lock (Making)
        {
            if (_default is not { } known || !IsOfUse(known))
            {
                var account = _account ?? options ?? new BraintrustOptions();
                Volatile.Write(ref _default, SharedClients.Acquire(account));
                _account = account;
            }
            return _default!;
        }
    }

    static bool IsOfUse(ClientLease lease) => !lease.Client.IsClosed || ProcessEnd.HasCome;

    static BraintrustLogger LoggerFor(BraintrustSpanContext? parent) => parent switch
    {
        { Local: { } span } => span.Logger,
        { ProjectId: { } id } => CurrentLogger.Client.GetLogger(null, setCurrent: false, id),
        { Project: { } name } => CurrentLogger is var current && current.Key.Name == name ? current : current.Client.GetLogger(name, setCurrent: false),
        _ => CurrentLogger,
    };

    internal static BraintrustLogger CurrentLogger => BraintrustLogger.Current ?? GetLogger();
}
