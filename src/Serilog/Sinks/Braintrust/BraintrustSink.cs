using Braintrust.Logging;
using Braintrust.Logging.Activities;
using Braintrust.Logging.Llm;
using Braintrust.Logging.Rows;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>Puts each event into the client's queue. Never throws and never waits; what does not arrive reaches the failure listener.</summary>
sealed class BraintrustSink : ILogEventSink, ISetLoggingFailureListener, IDisposable, IAsyncDisposable
{
    readonly ClientLease _lease;
    readonly BraintrustLogger _logger;
    readonly SerilogFrontEnd _frontEnd;
    readonly LevelGate _gate;
    readonly ActivityCapture? _activities;
    readonly LlmCalls _llm;
    int _disposed;

    public BraintrustSink(ClientLease lease, FrontEndSettings settings, LevelGate gate)
    {
        _lease = lease;
        _logger = lease.GetLogger();
        _frontEnd = new SerilogFrontEnd(settings);
        _gate = gate;
        _llm = new LlmCalls(_frontEnd, lease.Client.Clock);
        _activities = ActivityCapture.Start(settings.ActivitySources, _logger, _frontEnd);
        SelfLogBridge.Open();
    }

    /// <summary>Of the project that events go to unless a selector routes them.</summary>
    public BraintrustLogger Logger => _logger;

    public FrontEnd FrontEnd => _frontEnd;

    public void Emit(LogEvent logEvent)
    {
        if (!_frontEnd.IsEnabled || !_gate.Admits(logEvent))
        {
            return;
        }
        try
        {
            if (LlmSources.MayWrite(logEvent.MessageTemplate.Text) && Take(logEvent))
            {
                return;
            }
            if (_frontEnd.IsCaptured(_logger, logEvent))
            {
                return; // its activity is a span of the project already
            }
            _frontEnd.Take(_logger, logEvent, out var entry);
            if (Volatile.Read(ref _disposed) == 0)
            {
                _lease.Client.Offer(entry);
            }
            else
            {
                _lease.Client.Refuse(entry);
            }
        }
        catch (Exception error) // an event of somebody's own making
        {
            SelfLog.WriteLine("Serilog.Sinks.Braintrust could not take an event: {0}", error);
        }
    }

    /// <summary>Whether the event belongs to a model or tool call, which then is one span.</summary>
    bool Take(LogEvent logEvent) =>
        Volatile.Read(ref _disposed) == 0 && EventReader.ReadLlm(logEvent) is { } it && _llm.Take(it, _frontEnd.Route(_logger, logEvent));

    /// <summary>Called while logging is configured, before the first event.</summary>
    public void SetFailureListener(ILoggingFailureListener failureListener)
    {
        ArgumentNullException.ThrowIfNull(failureListener);
        _frontEnd.Listen(failureListener, this);
    }

    public void Dispose()
    {
        _activities?.Dispose();
        _llm.Dispose();
        try
        {
            _lease.Dispose();
        }
        finally
        {
            Close();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _activities?.Dispose();
        _llm.Dispose();
        try
        {
            await _lease.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            Close();
        }
    }

    // Wrappers dispose what they wrap a second time.
    void Close()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            SelfLogBridge.Close();
        }
    }
}
