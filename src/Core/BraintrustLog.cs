using System.Runtime.CompilerServices;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging;

/// <summary>
/// The static front door: one default client made from the environment at first use. Spans go to the current logger
/// (<see cref="BraintrustLogger.Current"/>): inside a span to that span's, else to the first logger obtained, else to the default one.
/// </summary>
public static class BraintrustLog
{
    static readonly Lazy<ClientLease> Default = new(() => SharedClients.Acquire(new BraintrustOptions()));

    /// <summary>The default client.</summary>
    /// <exception cref="ArgumentException">A variable of the environment cannot work; the message names it.</exception>
    public static BraintrustClient Client => Default.Value.Client;

    /// <inheritdoc cref="BraintrustClient.LoginAsync"/>
    public static Task LoginAsync(CancellationToken cancellationToken = default) => Client.LoginAsync(cancellationToken);

    /// <inheritdoc cref="BraintrustClient.GetLogger"/>
    public static BraintrustLogger GetLogger(string? project = null, bool setCurrent = true, string? projectId = null) =>
        Client.GetLogger(project, setCurrent, projectId);

    /// <summary>Flushes the client of the current logger; before there is one, the default client.</summary>
    /// <inheritdoc cref="BraintrustClient.FlushAsync"/>
    public static Task<FlushResult> FlushAsync(TimeSpan? timeout = null) => (BraintrustLogger.Current?.Client ?? Client).FlushAsync(timeout);

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

    /// <inheritdoc cref="BraintrustLogger.Traced(string?, Action{BraintrustSpan}, string?, object?, string?, string?, int)"/>
    public static void Traced(string? name, Action<BraintrustSpan> work, string? type = null, object? input = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        CurrentLogger.Traced(name, work, type, input, callerMember, callerFile, callerLine);

    /// <inheritdoc cref="BraintrustLogger.Traced{T}(string?, Func{BraintrustSpan, T}, string?, object?, string?, string?, int)"/>
    public static T Traced<T>(string? name, Func<BraintrustSpan, T> work, string? type = null, object? input = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        CurrentLogger.Traced(name, work, type, input, callerMember, callerFile, callerLine);

    /// <inheritdoc cref="BraintrustLogger.TracedAsync(string?, Func{BraintrustSpan, Task}, string?, object?, string?, string?, int)"/>
    public static Task TracedAsync(string? name, Func<BraintrustSpan, Task> work, string? type = null, object? input = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        CurrentLogger.TracedAsync(name, work, type, input, callerMember, callerFile, callerLine);

    /// <inheritdoc cref="BraintrustLogger.TracedAsync{T}(string?, Func{BraintrustSpan, Task{T}}, string?, object?, string?, string?, int)"/>
    public static Task<T> TracedAsync<T>(string? name, Func<BraintrustSpan, Task<T>> work, string? type = null, object? input = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        CurrentLogger.TracedAsync(name, work, type, input, callerMember, callerFile, callerLine);

    static BraintrustLogger LoggerFor(BraintrustSpanContext? parent) => parent switch
    {
        { Local: { } span } => span.Logger,
        { ProjectId: { } id } => CurrentLogger.Client.GetLogger(null, setCurrent: false, id),
        { Project: { } name } => CurrentLogger is var current && current.Key.Name == name ? current : current.Client.GetLogger(name, setCurrent: false),
        _ => CurrentLogger,
    };

    internal static BraintrustLogger CurrentLogger => BraintrustLogger.Current ?? Client.GetLogger();
}
