using System.Text.Json.Nodes;
using Braintrust.Logging.Configuration;
using Braintrust.Logging.Tests.Clients;
using Braintrust.Logging.Tests.Configuration;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>A <see cref="World"/> whose clients keep rows on disk, and a server that can be out of order.</summary>
sealed class DiskWorld : IAsyncDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly List<BraintrustClient> _broken = [];

    DiskWorld(World world) => World = world;

    public World World { get; }

    public FakeBraintrust Server => World.Server;

    /// <summary>Where the clients of this world keep their rows.</summary>
    public string Folder => Path.Combine(_folder.Path, "spool");

    public static async Task<DiskWorld> StartAsync() => new(await World.StartAsync());

    public BraintrustOptions Options(Action<BraintrustOptions>? change = null) => World.Options(options =>
    {
        options.SpoolDirectory = Folder;
        change?.Invoke(options);
    });

    public BraintrustClient Client(Action<BraintrustOptions>? change = null) => World.Client(options =>
    {
        options.SpoolDirectory = Folder;
        change?.Invoke(options);
    });

    /// <param name="disk">In place of the system's.</param>
    /// <param name="change">What is different.</param>
    public BraintrustClient Client(BrokenDisk disk, Action<BraintrustOptions>? change = null)
    {
        var options = Options(change);
        var client = new BraintrustClient(options, SettingsResolver.Resolve(options, SettingsSources.OfProcess()), disk);
        _broken.Add(client);
        return client;
    }

    /// <summary>No row is taken until further notice.</summary>
    public void Fail() => Server.OnLogs3 = static _ => Task.FromResult<Reply?>(new Reply(503, "{}"));

    public void Heal() => Server.OnLogs3 = null;

    /// <summary>Flushes until all is delivered, however much virtual time that takes.</summary>
    public async Task<FlushResult> DeliverAsync(BraintrustClient client)
    {
        var flush = client.FlushAsync(TimeSpan.FromDays(1));
        await World.AdvanceUntil(flush);
        return await flush;
    }

    /// <summary>What a process leaves behind that ends while nothing is delivered.</summary>
    public async Task EndAsync(BraintrustClient client)
    {
        await World.AdvanceUntil(client.DisposeAsync().AsTask());
        client.AssertBalanced();
    }

    /// <summary>A client that has taken over that many rows.</summary>
    public async Task<BraintrustClient> AdoptAsync(long rows, Action<BraintrustOptions>? change = null)
    {
        var client = Client(change);
        await Patience.UntilAsync(() => client.Ledger.Accepted >= rows); // the thread of the spool goes by real time, and its books have no listeners
        return client;
    }

    public IReadOnlyList<JsonObject> Rows => World.Rows;

    /// <summary>All that is on disk, as text.</summary>
    public string Disk => Directory.Exists(Folder)
        ? string.Concat(Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(static file => System.Text.Encoding.Latin1.GetString(ReadShared(file))))
        : "";

    static byte[] ReadShared(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            return copy.ToArray();
        }
        catch (IOException) // locked, or gone meanwhile
        {
            return [];
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _broken)
        {
            await World.AdvanceWhateverIsUnderWayUntil(client.DisposeAsync().AsTask());
            client.AssertBalanced();
            await Patience.UntilAsync(() => client.Ledger is { ResidentRows: 0, ResidentBytes: 0 });
        }
        await World.DisposeAsync();
        _folder.Dispose();
    }
}
