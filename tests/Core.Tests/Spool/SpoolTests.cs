using Braintrust.Logging.Session;
using Braintrust.Logging.Spool;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>The life of rows on disk, in the order of the story.</summary>
public sealed class SpoolTests
{
    [Fact]
    public void RowsComeBackInTheirOrderAsTheyWere()
    {
        using var world = new SpoolWorld();
        var store = world.Store();
        var sent = world.Record("""{"a":1}""", "chosen", "projekt ü", follows: true) with { Source = 7 };

        var first = store.Append(sent);
        var second = store.Append(world.Record("{}") with { Project = new ProjectKey(null, "id") });
        Assert.False(store.TryRead(out _)); // nothing is there before it is committed
        Assert.True(store.Commit());

        Assert.Equal((2, 2), (store.Rows, store.Unread));
        Assert.True(store.TryRead(out var row));
        Assert.Equal((first, false, 0), (row.Sequence, row.IsAdopted, row.Attempts));
        Assert.Equal((sent.Project, sent.Id, true, sent.AcceptedTicks, (ushort)7), (row.Record.Project, row.Record.Id, row.Record.Follows, row.Record.AcceptedTicks, row.Record.Source));
        Assert.Equal(sent.Json.ToArray(), row.Record.Json.ToArray());
        Assert.True(store.TryRead(out row));
        Assert.Equal((second, new ProjectKey(null, "id")), (row.Sequence, row.Record.Project));
        Assert.False(store.TryRead(out _));
        Assert.Equal((2, 0), (store.Rows, store.Unread));
    }

    [Fact]
    public void WhatIsSettledIsRemovedFromDisk()
    {
        using var world = new SpoolWorld();
        var store = world.Store();
        Assert.True(world.Write(store, "1", "2", "3"));
        var rows = SpoolWorld.Read(store);

        store.Settle(rows[1].Sequence);
        store.Maintain();
        Assert.Equal((2, 1, 1), (store.Rows, world.Files("*.rows").Length, world.Files("*.ack").Length));

        store.Settle(rows[0].Sequence);
        store.Settle(rows[2].Sequence);
        Assert.Equal((0, long.MaxValue), (store.Rows, store.OldestTicks));
        world.Clock.Advance(TimeSpan.FromSeconds(5)); // nothing more comes: the file is closed
        store.Maintain();
        Assert.Equal((0, 0, 0), (store.Bytes, world.Files("*.rows").Length, world.Files("*.ack").Length));

        store.Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(world.Root));
    }

    [Fact]
    public void WhatIsDeferredIsReadAgainAfterARewindAndWhatIsHeldIsNot()
    {
        using var world = new SpoolWorld();
        var store = world.Store();
        Assert.True(world.Write(store, "1", "2", "3"));
        var rows = SpoolWorld.Read(store);

        store.Defer(rows[1].Sequence);
        Assert.False(store.TryRead(out _));
        store.Rewind();
        Assert.Equal(1, store.Unread);
        Assert.Equal([rows[1]], SpoolWorld.Read(store));
        store.Settle(rows[0].Sequence);
        store.Rewind();
        Assert.Empty(SpoolWorld.Read(store));
        Assert.Equal(2, store.Rows);
    }

    [Fact]
    public void RowsOfAnEndedProcessAreAdoptedAndThoseThatWereSettledAreNot()
    {
        using var world = new SpoolWorld();
        var ended = world.Store();
        Assert.True(world.Write(ended, "1", "2", "3"));
        ended.Settle(SpoolWorld.Read(ended)[0].Sequence);
        ended.Dispose();

        var store = world.Store();
        store.Maintain();
        var news = Assert.Single(SpoolWorld.News(store));
        Assert.Equal((SpoolNewsKind.Adopted, new ProjectKey("p", null), 2), (news.Kind, news.Project!.Value, news.Rows));
        Assert.Equal((2, 2), (store.Rows, store.Unread));

        var own = store.Append(world.Record("own"));
        Assert.True(store.Commit());
        Assert.True(store.TryRead(out var row));
        Assert.True(row.IsAdopted && row.Sequence < own);
        store.Settle(row.Sequence);
        var rest = SpoolWorld.Read(store);
        Assert.Equal(["3", "own"], rest.Select(static row => row.Json));
        rest.ForEach(row => store.Settle(row.Sequence));
        store.Maintain();
        Assert.Equal((0, 1), (store.Rows, world.Files("*.rows").Length));
    }

    [Fact, Trait("Row", "D17")]
    public void TwoLiveStoresNeverHaveOneRow()
    {
        using var world = new SpoolWorld();
        var (first, second) = (world.Store(), world.Store());
        Assert.True(world.Write(first, "1"));
        Assert.True(world.Write(second, "2"));
        for (var i = 0; i < 3; i++)
        {
            first.Maintain();
            second.Maintain();
            world.Clock.Advance(TimeSpan.FromSeconds(5));
        }
        Assert.Equal(["1"], SpoolWorld.Texts(first));
        Assert.Equal(["2"], SpoolWorld.Texts(second));
        Assert.Empty(SpoolWorld.News(first).Concat(SpoolWorld.News(second)));

        first.Dispose(); // and while nobody has it, exactly one takes it
        var third = world.Store();
        world.Clock.Advance(TimeSpan.FromSeconds(5));
        third.Maintain();
        second.Maintain();
        Assert.Equal(["1"], SpoolWorld.Texts(third).Concat(SpoolWorld.Texts(second)));
    }

    [Fact]
    public void RowsOfAnotherAccountAreLeftAlone()
    {
        using var world = new SpoolWorld();
        var other = world.Store(app: "https://other.test");
        Assert.True(world.Write(other, "theirs"));
        other.Dispose();
        var wrongOrg = world.Store(org: "them");
        Assert.True(world.Write(wrongOrg, "theirs too"));
        wrongOrg.Dispose();
        var before = world.Files("*").Select(file => (file, Convert.ToHexString(File.ReadAllBytes(file)))).Where(static file => !file.file.EndsWith(".lock")).ToList();

        var store = world.Store();
        store.Maintain();
        Assert.Empty(SpoolWorld.Texts(store));
        Assert.Empty(SpoolWorld.News(store));
        Assert.Equal(0, store.Bytes);
        store.Dispose();
        Assert.Equal(before, world.Files("*").Select(file => (file, Convert.ToHexString(File.ReadAllBytes(file)))).Where(static file => !file.file.EndsWith(".lock")));

        var heir = world.Store(app: "https://other.test");
        heir.Maintain();
        Assert.Equal(["theirs"], SpoolWorld.Texts(heir));
    }
}
