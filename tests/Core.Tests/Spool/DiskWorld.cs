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
        await AdvanceBetweenRequestsAsync(client, flush);
        return await flush;
    }

    /// <summary>Lets time pass until something is done.</summary>
    public async Task AdvanceBetweenRequestsAsync(BraintrustClient client, Task done)
    {
        var deadline = DateTime.UtcNow + Patience.Limit;
        while (!done.IsCompleted)
        {
            Assert.True(DateTime.UtcNow < deadline, "It did not happen, however much time passed.");
            // Never while a request is under way: on a busy machine the limit of each would pass before its answer comes.
            if (!Faults.Inside.IsAsking(client))
            {
                World.Clock.Advance(TimeSpan.FromMilliseconds(500));
            }
            await Task.WhenAny(done, Task.Delay(5)); // real time for the real sockets; nothing is asserted about it
        }
        await done;
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
        await UntilAsync(() => client.Ledger.Accepted >= rows);
        return client;
    }

    /// <summary>
    /// Looks again and again, since nothing tells when a row has reached the disk: the thread of the spool, which goes by real time, changes the books, and they have no listeners. What can be awaited
    /// is (<see cref="BrokenDisk.WaitForAsync"/>, the server's journals).
    /// </summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow + Patience.Limit;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "It did not come about.");
            await Task.Delay(5);
        }
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
            await EndAsync(client);
            Assert.Equal((0, 0), (client.Ledger.ResidentRows, client.Ledger.ResidentBytes));
        }
        await World.DisposeAsync();
        _folder.Dispose();
    }
}
