using BenchmarkDotNet.Attributes;
using Braintrust.Extensions.Logging;
using Braintrust.Extensions.Logging.Reading;
using Braintrust.Logging.Benchmarks.Contenders;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Sinks.Braintrust;

namespace Braintrust.Logging.Benchmarks.Micro;

/// <summary>One event as one row of UTF-8: by hand, by Utf8JsonWriter, and as the loop does it, front end's reading and mapping included.</summary>
[MemoryDiagnoser]
public class RowBenchmarks
{
    readonly byte[] _into = new byte[8192];
    readonly JsonBuffer _json = new(8192);
    readonly RowComposer _composer = new(null, null, new RowTally());
    readonly PipeItem _item = new(638_000_000_000_000_000, Guid.NewGuid(), 1, 2, 3, 7);
    BraintrustClient _client = null!;
    Entry _plain;
    Entry _serilog;
    Entry _logger;

    [GlobalSetup]
    public void SetUp()
    {
        _client = new BraintrustClient(new BraintrustOptions { ApiKey = "sk-benchmark", Project = "bench", FlushOnExit = false });
        var logger = _client.GetLogger();
        var settings = FrontEndSettings.From(new BraintrustOptions());
        logger.Event(new PlainFrontEnd(settings), Work.Input(7), _item.Ticks, null, 1000, out _plain);
        new SerilogFrontEnd(settings).Take(logger, SerilogEvent(), out _serilog);
        _logger = LoggerEntry(logger, settings);
    }

    [Benchmark(Baseline = true)]
    public int ByHand() => HandWrittenRow.Write(_item, _into);

    [Benchmark]
    public int Utf8JsonWriter() => WriterRow.Write(_item, _into);

    [Benchmark]
    public int Core() => Compose(_plain);

    [Benchmark]
    public int FromSerilog() => Compose(_serilog);

    [Benchmark]
    public int FromLogger() => Compose(_logger);

    int Compose(in Entry entry)
    {
        _json.Clear();
        _composer.Event(entry, _json);
        return _json.Length;
    }

    static Serilog.Events.LogEvent SerilogEvent()
    {
        Serilog.Events.LogEvent? taken = null;
        using var log = new LoggerConfiguration().WriteTo.Sink(new Taking(it => taken = it)).CreateLogger();
        log.Information(Work.Template, Work.Input(7), Work.Answer, Work.Model, Work.PromptTokens, Work.CompletionTokens, Work.Elapsed);
        return taken!;
    }

    static Entry LoggerEntry(BraintrustLogger logger, FrontEndSettings settings)
    {
        object?[] values = [Work.Input(7), Work.Answer, Work.Model, Work.PromptTokens, Work.CompletionTokens, Work.Elapsed];
        var logEvent = new TemplateEvent("Benchmarks.Work", LogLevel.Information, default, global::Braintrust.Extensions.Logging.Reading.MessageTemplate.Of(Work.Template)!, values);
        logger.Event(new MelFrontEnd(settings, new ContainerRedaction(static () => null)), logEvent, TimeProvider.System.GetUtcNow().UtcTicks, null, 1000, out var entry);
        return entry;
    }

    sealed class Taking(Action<Serilog.Events.LogEvent> take) : ILogEventSink
    {
        public void Emit(Serilog.Events.LogEvent logEvent) => take(logEvent);
    }
}
