namespace Braintrust.Logging.Tests;

/// <summary>A list that grows on one side and can be awaited on the other.</summary>
public sealed class Journal<T>
{
    readonly Lock _lock = new();
    readonly List<T> _entries = [];
    readonly List<(Func<IReadOnlyList<T>, bool> IsEnough, TaskCompletionSource<IReadOnlyList<T>> Done)> _waiting = [];

    /// <summary>A copy of what has come so far, in order of arrival.</summary>
    public IReadOnlyList<T> Entries
    {
        get
        {
            lock (_lock)
                return [.. _entries];
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    public void Add(params ReadOnlySpan<T> entries)
    {
        lock (_lock)
        {
            _entries.AddRange(entries);
            _waiting.RemoveAll(it =>
            {
                IReadOnlyList<T> now = [.. _entries];
                if (!it.IsEnough(now))
                    return false;
                it.Done.TrySetResult(now);
                return true;
            });
        }
    }

    /// <summary>Completes as soon as there are this many entries.</summary>
    public Task<IReadOnlyList<T>> WaitForAsync(int count) => WaitForAsync(entries => entries.Count >= count, $"{count} entries");

    /// <summary>Completes as soon as this many entries are of that kind, with those.</summary>
    public async Task<IReadOnlyList<T>> WaitForAsync(int count, Func<T, bool> kind, string what) =>
        [.. (await WaitForAsync(entries => entries.Count(kind) >= count, $"{count} × {what}")).Where(kind)];

    /// <summary>Completes as soon as the entries so far are enough.</summary>
    public Task<IReadOnlyList<T>> WaitForAsync(Func<IReadOnlyList<T>, bool> isEnough, string what = "enough entries")
    {
        var done = new TaskCompletionSource<IReadOnlyList<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            IReadOnlyList<T> now = [.. _entries];
            if (isEnough(now))
                return Task.FromResult(now);
            _waiting.Add((isEnough, done));
        }
        return Patience.For(done.Task, () => $"{what}; so far there are {Count}: {string.Join(", ", Entries)}");
    }
}
