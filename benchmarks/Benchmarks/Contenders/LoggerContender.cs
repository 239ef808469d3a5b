using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;

namespace Braintrust.Logging.Benchmarks.Contenders;

/// <summary>Microsoft.Extensions.Logging with one provider.</summary>
sealed class LoggerContender : IContender
{
    readonly ServiceProvider _services;
    readonly ILogger _log;

    LoggerContender(Action<ILoggingBuilder> provider)
    {
        var services = new ServiceCollection();
        services.AddLogging(provider);
        _services = services.BuildServiceProvider();
        _log = _services.GetRequiredService<ILoggerFactory>().CreateLogger("Benchmarks.Work");
    }

    public static IContender None(Setup setup) => new LoggerContender(static logging => logging.AddProvider(new NoProvider()));

    public static IContender Otlp(Setup setup, bool rendered) => new LoggerContender(logging => logging.AddOpenTelemetry(options =>
    {
        options.IncludeScopes = true;
        options.IncludeFormattedMessage = rendered;
        options.AddOtlpExporter((exporter, processor) =>
        {
            exporter.Endpoint = new Uri(setup.Url + "/v1/logs");
            exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
            if (!setup.Defaults)
            {
                processor.BatchExportProcessorOptions.MaxQueueSize = 2_000_000; // a ring, made at once
                processor.BatchExportProcessorOptions.MaxExportBatchSize = Setup.BatchRows;
            }
        });
    }));

    public static IContender Ours(Setup setup) => new LoggerContender(logging => logging.AddBraintrust(options => Ready.Fill(options, setup)));

#if SEQ_EXTENSIONS
    public static IContender Seq(Setup setup) => new LoggerContender(logging => logging.AddSeq(setup.Url));
#endif

    public void Emit(int i) =>
        _log.LogInformation(Work.Template, Work.Input(i), Work.Answer, Work.Model, Work.PromptTokens, Work.CompletionTokens, Work.Elapsed);

    public void EmitDisabled(int i) =>
        _log.LogDebug(Work.Template, Work.Input(i), Work.Answer, Work.Model, Work.PromptTokens, Work.CompletionTokens, Work.Elapsed);

    public void EmitInScope(int i)
    {
        using (_log.BeginScope(Work.Scope, i, "conversation"))
        {
            Emit(i);
        }
    }

    public IDisposable? Open(int i) => _log.BeginScope(Work.Scope, i, "conversation");

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    sealed class NoProvider : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) { }

        public void Dispose() { }
    }
}
