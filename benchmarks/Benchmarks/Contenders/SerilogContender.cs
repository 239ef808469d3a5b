using Serilog;
using Serilog.Configuration;
using Serilog.Context;
using Serilog.Core;
using Serilog.Events;
using Serilog.Sinks.OpenTelemetry;

namespace Braintrust.Logging.Benchmarks.Contenders;

/// <summary>Serilog with one sink.</summary>
sealed class SerilogContender : IContender
{
    readonly Logger _log;
    readonly bool _hasSpans;

    SerilogContender(Func<LoggerSinkConfiguration, LoggerConfiguration> sink, bool hasSpans = false)
    {
        _log = sink(new LoggerConfiguration().Enrich.FromLogContext().WriteTo).CreateLogger();
        _hasSpans = hasSpans;
    }

    public static IContender None(Setup setup) => new SerilogContender(static to => to.Sink(new NoSink()));

    public static IContender Seq(Setup setup) => new SerilogContender(to => setup.Defaults
        ? to.Seq(setup.Url)
        : to.Seq(setup.Url, queueSizeLimit: Setup.LargeQueue, batchPostingLimit: Setup.BatchRows));

    public static IContender Otlp(Setup setup) => new SerilogContender(to => to.OpenTelemetry(options =>
    {
        options.Endpoint = setup.Url;
        options.Protocol = OtlpProtocol.HttpProtobuf;
        if (!setup.Defaults)
        {
            options.BatchingOptions.QueueLimit = Setup.LargeQueue;
            options.BatchingOptions.BatchSizeLimit = Setup.BatchRows;
        }
    }));

    public static IContender Minimal(Setup setup)
    {
        var batching = new BatchingOptions();
        if (!setup.Defaults)
        {
            batching.QueueLimit = Setup.LargeQueue;
        }
        batching.BatchSizeLimit = Setup.BatchRows;
        return new SerilogContender(to => to.Sink(new MinimalJsonSink(setup.Url), batching));
    }

    public static IContender Ours(Setup setup)
    {
        if (setup.Projects == 1)
        {
            return new SerilogContender(to => to.Braintrust(options => Ready.Fill(options, setup)), hasSpans: true);
        }
        var names = Enumerable.Range(0, setup.Projects).Select(i => $"project {i}").ToArray();
        var next = 0;
        return new SerilogContender(to => to.Braintrust(options =>
        {
            Ready.Fill(options, setup);
            options.ProjectSelector = _ => names[next = next + 1 < names.Length ? next + 1 : 0];
        }));
    }

#if SERILOG_HTTP
    public static IContender Http(Setup setup) => new SerilogContender(to => to.Http(setup.Url, queueLimitBytes: setup.Defaults ? 64 * 1024 * 1024 : null, logEventsInBatchLimit: Setup.BatchRows));

    public static IContender DurableHttp(Setup setup) => new SerilogContender(to => to.DurableHttpUsingFileSizeRolledBuffers(
        setup.Url, bufferBaseFileName: Path.Combine(Directory.CreateTempSubdirectory("serilog-http").FullName, "buffer"), logEventsInBatchLimit: Setup.BatchRows));
#endif

    public void Emit(int i) =>
        _log.Information(Work.Template, Work.Input(i), Work.Answer, Work.Model, Work.PromptTokens, Work.CompletionTokens, Work.Elapsed);

    public void EmitDisabled(int i) =>
        _log.Debug(Work.Template, Work.Input(i), Work.Answer, Work.Model, Work.PromptTokens, Work.CompletionTokens, Work.Elapsed);

    public void EmitInScope(int i)
    {
        using (_hasSpans ? _log.BeginSpan(Work.Scope, i, "conversation") : LogContext.PushProperty("Turn", i))
        {
            Emit(i);
        }
    }

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    sealed class NoSink : ILogEventSink
    {
        public void Emit(LogEvent logEvent) { }
    }
}
