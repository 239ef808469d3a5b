using System.Text;
using Braintrust.Logging.Rows;
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

    [Fact, Trait("Row", "D20")]
    public void ProcessesThatEndForOtherReasonsCostNoRow()
    {
        var disk = new MemoryDisk();
        var first = disk.Start();
        using var world = new SpoolWorld(first);
        Assert.True(world.Write(world.Store(), "1"));
        first.Kill();

        for (var i = 0; i < 20; i++) // in one outage: nothing is ever settled
        {
            var process = disk.Start();
            using var next = new SpoolWorld(process);
            var store = next.Store();
            store.Maintain();
            Assert.Equal(["1"], SpoolWorld.Texts(store));
            process.Kill();
        }
        Assert.DoesNotContain(disk.Paths, static path => path.StartsWith("/spool/corrupt/", StringComparison.Ordinal));
    }

    [Fact, Trait("Row", "D20")]
    public void WhatProcessesEndedWithIsKnownByRow()
    {
        var disk = new MemoryDisk();
        var first = disk.Start();
        using var world = new SpoolWorld(first);
        Assert.True(world.Write(world.Store(), "1", "2", "3", "4"));
        first.Kill();

        for (var i = 0; i < 3; i++)
        {
            var process = disk.Start();
            using var next = new SpoolWorld(process);
            var store = next.Store();
            store.Maintain();
            var rows = new List<SpooledRow>();
            while (store.TryRead(out var row))
            {
                rows.Add(row);
            }
            Assert.Equal([0, i, i == 0 ? 0 : i == 1 ? 1 : 0, 0], rows.Select(static row => row.Attempts));
            store.Trying([rows[1].Sequence, rows[2].Sequence, rows[3].Sequence]);
            store.Tried(i == 0 ? [rows[3].Sequence] : [rows[2].Sequence, rows[3].Sequence]); // an answer: forgotten, and what was noted before with it
            process.Kill();
        }

        var last = disk.Start();
        using var end = new SpoolWorld(last);
        var survivor = end.Store();
        survivor.Maintain();
        while (survivor.TryRead(out var row))
        {
            survivor.Settle(row.Sequence);
        }
        survivor.Maintain();
        Assert.DoesNotContain(disk.Paths, static path => path.EndsWith(".try", StringComparison.Ordinal));
    }

    [Fact, Trait("Row", "D18")]
    public void FilesOfTheFirstFormatStayReadable()
    {
        using var world = new SpoolWorld();
        var home = world.Plant();
        foreach (var ending in new[] { ".rows", ".ack" })
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Spool", "format-1" + ending), Path.Combine(home, "0000000000000000" + ending));
        }
        var store = world.Store();
        store.Maintain();

        var time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Assert.True(store.TryRead(out var row)); // its acknowledgements say that it was taken over once, which means nothing any more
        Assert.Equal((new ProjectKey("projekt ü", null), new RowId(Guid.Empty, "chosen"), true, 0), (row.Record.Project, row.Record.Id, row.Record.Follows, row.Attempts));
        Assert.Equal((time.AddSeconds(5).Ticks, (ushort)7, """{"row":1}"""), (row.Record.AcceptedTicks, row.Record.Source, Encoding.UTF8.GetString(row.Record.Json.Span)));
        Assert.True(store.TryRead(out row));
        Assert.Equal((new ProjectKey(null, "id-1"), new RowId(Guid.Parse("01234567-89ab-cdef-0123-456789abcdef"), null), false), (row.Record.Project, row.Record.Id, row.Record.Follows));
        Assert.Equal((time.AddSeconds(6).Ticks, (ushort)0, """{"row":2,"text":"ü😀"}"""), (row.Record.AcceptedTicks, row.Record.Source, Encoding.UTF8.GetString(row.Record.Json.Span)));
        Assert.False(store.TryRead(out _)); // and that the third is settled
        Assert.Equal(0, SpoolWorld.Count(SpoolWorld.News(store), SpoolNewsKind.Corrupt));
    }

    [Fact, Trait("Row", "D19")]
    public void RowsOfAnySizeAndDepthComeBackAsTheyWere()
    {
        using var world = new SpoolWorld();
        string[] rows = [$"\"{new string('x', 10_000_000)}\"", new string('[', 1000) + new string(']', 1000)];
        var ended = world.Store();
        Assert.All(rows, row => Assert.True(world.Write(ended, row)));
        Assert.True(rows.SequenceEqual(SpoolWorld.Texts(ended)));
        ended.Dispose();

        var store = world.Store();
        store.Maintain();
        var read = SpoolWorld.Texts(store);
        store.Maintain(); // the first is all that is read ahead
        Assert.True(rows.SequenceEqual(read.Concat(SpoolWorld.Texts(store))));
    }
}
