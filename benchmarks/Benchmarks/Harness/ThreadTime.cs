using System.Runtime.InteropServices;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>The processor time of this thread alone: on a machine that others use too, wall time is mostly waiting for them. Linux; elsewhere 0.</summary>
static partial class ThreadTime
{
    const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID

    public static long Nanoseconds => OperatingSystem.IsLinux() && clock_gettime(ThreadCpuTime, out var time) == 0 ? time.Seconds * 1_000_000_000 + time.Nanoseconds : 0;

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out TimeSpec time);

    struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
