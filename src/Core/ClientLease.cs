using Braintrust.Logging.Session;

namespace Braintrust.Logging;

/// <summary>One user's hold on a client. The last one to let go closes it.</summary>
sealed class ClientLease(BraintrustClient client, ProjectKey project, Func<ValueTask> release) : IAsyncDisposable, IDisposable
{
    readonly object _gate = new();
    Task? _release;

    public BraintrustClient Client => client;

    /// <summary>The logger of the project that this user's options name.</summary>
    public BraintrustLogger GetLogger(bool setCurrent = true) => client.GetLogger(project.Name, setCurrent, project.Id);

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new(_release ??= release().AsTask());
        }
    }

    public void Dispose() => DisposeAsync().AsTask().Wait(Waiting.Within(client.TimeToEnd));

    /// <summary>On a client that was handed in: its owner disposes it; a user that ends has its rows delivered all the same.</summary>
    public static ClientLease OfGiven(BraintrustClient client, ProjectKey project) =>
        new(client, project, () => new ValueTask(client.FlushAsync(client.TimeToEnd)));
}
