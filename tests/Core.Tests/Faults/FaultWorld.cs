using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>A <see cref="World"/> whose clients reach their server through raw sockets that misbehave as told.</summary>
sealed class FaultWorld : IAsyncDisposable
{
    FaultWorld(World world) => (World, Faults) = (world, new FaultServer(world.Server));

    public World World { get; }

    public FaultServer Faults { get; }

    public static async Task<FaultWorld> StartAsync() => new(await World.StartAsync());

    public BraintrustClient Client(Action<BraintrustOptions>? change = null) => World.Client(options =>
    {
        options.AppUrl = options.ApiUrl = Faults.Url;
        change?.Invoke(options);
    });

    public BraintrustLogger Logger(Action<BraintrustOptions>? change = null) => Client(change).GetLogger(setCurrent: false);

    /// <summary>Flushes until all is done, however much virtual time that takes.</summary>
    public async Task<FlushResult> FlushAsync(BraintrustClient client, TimeSpan? step = null)
    {
        var flush = client.FlushAsync(TimeSpan.FromHours(1));
        await World.AdvanceUntil(flush, step);
        return await flush;
    }

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        await Faults.DisposeAsync();
    }
}
