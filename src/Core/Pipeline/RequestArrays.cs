using System.Buffers;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// The arrays of requests, a megabyte or two each: too large to be made anew. The loop takes and gives back on whatever thread it finds itself, and the shared
/// pool keeps one array for each thread where no other finds it; of a hundred requests it made forty anew. Kept are at most eight of a size, as many as are under way.
/// </summary>
static class RequestArrays<T>
{
    const int LargestBytes = 4 * 1024 * 1024;
    const int OfASize = 8;

    public static ArrayPool<T> Pool { get; } = ArrayPool<T>.Create(LargestBytes, OfASize);
}
