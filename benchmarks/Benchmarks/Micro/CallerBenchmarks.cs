using BenchmarkDotNet.Attributes;
using Braintrust.Logging.Benchmarks.Contenders;
using Braintrust.Logging.Benchmarks.Harness;

namespace Braintrust.Logging.Benchmarks.Micro;

/// <summary>
/// A log call, with delivery to a real receiver going on beside it. The memory column counts every thread of the process: what the caller alone allocates is
/// what the harness's caller scenarios say.
/// </summary>
[MemoryDiagnoser]
[SimpleJob(invocationCount: 4_096, warmupCount: 8, iterationCount: 15)]
public class CallerBenchmarks
{
    ReceiverProcess _receiver = null!;
    IContender _contender = null!;
    int _i;

    [ParamsSource(nameof(Names))]
    public string Contender { get; set; } = "";

    public static IEnumerable<string> Names => Catalog.All.Where(it => it.Name.StartsWith("serilog") || it.Name.StartsWith("ilogger")).Select(it => it.Name);

    [GlobalSetup]
    public void SetUp()
    {
        _receiver = ReceiverProcess.Start();
        _contender = Catalog.Named(Contender).Make(new Setup(_receiver.Url));
    }

    [Benchmark]
    public void Event() => _contender.Emit(_i++);

    [Benchmark]
    public void EventInScope() => _contender.EmitInScope(_i++);

    [Benchmark]
    public void Disabled() => _contender.EmitDisabled(_i++);

    [IterationCleanup]
    public void Rest() => Thread.Sleep(150); // queues empty

    [GlobalCleanup]
    public void CleanUp()
    {
        _contender.DisposeAsync().AsTask().Wait();
        _receiver.Dispose();
    }
}
