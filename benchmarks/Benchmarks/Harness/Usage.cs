using System.Diagnostics;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>What this process has used between two moments: time, processor time, allocation.</summary>
readonly record struct Usage(long Timestamp, TimeSpan Cpu, long Allocated)
{
    public static Usage Now() => new(Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));

    public double SecondsSince(Usage start) => Stopwatch.GetElapsedTime(start.Timestamp, Timestamp).TotalSeconds;

    public double CpuSecondsSince(Usage start) => (Cpu - start.Cpu).TotalSeconds;

    public long BytesSince(Usage start) => Allocated - start.Allocated;
}
