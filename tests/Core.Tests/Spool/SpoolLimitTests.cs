using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Braintrust.Logging.Session;
using Braintrust.Logging.Spool;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>Limits, and who may see and touch what.</summary>
public sealed class SpoolLimitTests
{
    [Fact, Trait("Row", "D06")]
    public void TheOldestRowsMakeRoomAndAreCounted()
    {
        using var world = new SpoolWorld { LimitBytes = 300_000 };
        var store = world.Store();
        var evicted = 0L;
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(world.Write(store, $"{i}:".PadRight(1 + i * 37 % 3000, 'x')));
            Assert.InRange(world.Files("*").Sum(static file => new FileInfo(file).Length), 0, world.LimitBytes + 3000);
            evicted += SpoolWorld.Count(SpoolWorld.News(store), SpoolNewsKind.Evicted);
        }
        Assert.True(evicted > 500);
        Assert.Equal(1000, evicted + store.Rows);
        Assert.Equal(store.Rows, SpoolWorld.Read(store).Count);
    }

    [Fact, Trait("Row", "D07")]
    public void AVolumeThatIsNearlyFullIsLeftAlone()
    {
        var disk = new MemoryDisk { FreeBytes = 1000 };
        using var world = new SpoolWorld(disk.Start());
        var store = world.Store();
        Assert.False(world.Write(store, "1"));
        Assert.DoesNotContain(disk.Paths, static path => path.EndsWith(".rows", StringComparison.Ordinal));

        disk.FreeBytes = 1L << 40;
        Assert.False(world.Write(store, "2")); // not asked again at once
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(world.Write(store, "3"));
        Assert.Equal(["3"], SpoolWorld.Texts(store));
    }

    [Fact, Trait("Row", "D16")]
    public void APathThatCannotBeIsNoReasonToFail()
    {
        using var world = new SpoolWorld();
        foreach (var path in new[] { "a\0b", "/proc/nothing/here", world.Parent + "/" + new string('x', 5000) })
        {
            var store = world.Store(path);
            store.Maintain();
            Assert.False(world.Write(store, "1"));
            Assert.False(store.TryRead(out _));
        }
    }

    [Fact, Trait("Row", "S01")]
    public void NobodyElseMayReadWhatIsWrittenOrWriteWhereItIs()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        using var world = new SpoolWorld();
        var store = world.Store();
        Assert.True(world.Write(store, "1", "2"));
        store.Settle(SpoolWorld.Read(store)[0].Sequence);
        store.Bury(new DeadLetter("rejected", "no", new ProjectKey("p", null), 1, "{}"u8.ToArray()));
        store.Maintain();
#pragma warning disable CA1416 // not on Windows, see above
        Assert.All(world.Files("*"), static file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.All(
            [world.Root, .. Directory.GetDirectories(world.Root)],
            static folder => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder)));
#pragma warning restore CA1416

        var open = Directory.CreateDirectory(Path.Combine(world.Parent, "open"));
        open.UnixFileMode = (UnixFileMode)0b111_111_000;
        Assert.False(world.Write(world.Store(open.FullName), "3"));
        Assert.Empty(open.GetFileSystemInfos());
    }

    [Fact, Trait("Row", "S02")]
    public void LinksAreNotFollowed()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        using var world = new SpoolWorld();
        var target = Directory.CreateDirectory(Path.Combine(world.Parent, "target"), (UnixFileMode)0b111_000_000);
        var link = Path.Combine(world.Parent, "link");
        File.CreateSymbolicLink(link, target.FullName);
        Assert.False(world.Write(world.Store(link), "1"));
        Assert.Empty(target.GetFileSystemInfos());

        var ended = world.Store();
        Assert.True(world.Write(ended, "1"));
        ended.Dispose();
        var rows = Assert.Single(world.Files("*.rows"));
        File.Move(rows, Path.Combine(target.FullName, "rows"));
        File.CreateSymbolicLink(rows, Path.Combine(target.FullName, "rows"));
        var store = world.Store();
        store.Maintain();
        Assert.Empty(SpoolWorld.Texts(store));
        Assert.True(File.Exists(rows));
    }

    [Fact, Trait("Row", "S02")]
    public async Task PipesSocketsAndFilesWithOtherNamesAreLeftAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        using var world = new SpoolWorld();
        var ended = world.Store();
        Assert.True(world.Write(ended, "1"));
        ended.Dispose();
        var rows = Assert.Single(world.Files("*.rows"));
        string Planted(int number) => Path.Combine(Path.GetDirectoryName(rows)!, $"{number:x16}.rows");
        var other = Path.Combine(world.Parent, "other");
        File.Copy(rows, other);
        await RunAsync("mkfifo", Planted(1));
        await RunAsync("ln", other, Planted(2));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var path = Path.Combine(world.Parent, "s");
        socket.Bind(new UnixDomainSocketEndPoint(path));
        File.Move(path, Planted(3));
        var before = await File.ReadAllBytesAsync(other);

        var store = world.Store();
        await Task.Run(store.Maintain).WaitAsync(Patience.Limit); // a pipe does not hold it up
        var row = Assert.Single(SpoolWorld.Read(store));
        store.Settle(row.Sequence);
        for (var i = 0; i < 10; i++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Run(store.Maintain).WaitAsync(Patience.Limit);
        }
        Assert.Equal((0, 0), (store.Rows, store.Bytes));
        store.Dispose();
        Assert.Equal([Planted(1), Planted(2), Planted(3)], Directory.GetFileSystemEntries(Path.GetDirectoryName(rows)!).Order(StringComparer.Ordinal));
        Assert.Equal(before, await File.ReadAllBytesAsync(other));

        static async Task RunAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(program, arguments);
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
        }
    }

    [Fact, Trait("Row", "D21")]
    public void ALetterThatCannotBeWrittenWaitsAndHoldsUpNothing()
    {
        using var world = new SpoolWorld();
        var store = world.Store();
        Assert.True(world.Write(store, "1"));
        var place = Path.Combine(world.Root, "dead-letters");
        File.WriteAllText(place, "no folder");
        store.Bury(new DeadLetter("rejected", "no", new ProjectKey("p", null), 1, Encoding.UTF8.GetBytes(new string('[', 1000) + new string(']', 1000))));
        store.Maintain();

        Assert.True(world.Write(store, "2"));
        var rows = SpoolWorld.Read(store);
        Assert.Equal(["1", "2"], rows.Select(static row => row.Json));
        rows.ForEach(row => store.Settle(row.Sequence));
        store.Maintain();
        Assert.Equal((0, "no folder"), (store.Rows, File.ReadAllText(place)));

        File.Delete(place);
        store.Maintain();
        Assert.Contains("\"no\"", File.ReadAllText(Assert.Single(world.Files("*.json"))));
    }

    [Fact, Trait("Row", "D21")]
    public void AFolderThatFillsIsNotListedForEachLetter()
    {
        using var world = new SpoolWorld();
        var disk = new BrokenDisk();
        var place = Path.Combine(world.Parent, "letters");
        var folder = new BoundedFolder(disk, place, world.Clock);

        for (var i = 0; i < 2 * BoundedFolder.MostFiles; i++)
        {
            folder.Write(".json", [1]);
            Assert.True(i % 100 != 0 || Directory.GetFiles(place).Length <= BoundedFolder.MostFiles);
        }

        Assert.InRange(disk.Lists, 2, 40);
        Assert.InRange(Directory.GetFiles(place).Length, BoundedFolder.MostFiles * 7 / 8, BoundedFolder.MostFiles);
    }

    [Fact, Trait("Row", "D21")]
    public void WhatWasRefusedIsKeptForPeopleAndNotForEver()
    {
        using var world = new SpoolWorld();
        var store = world.Store();
        for (var i = 0; i < BoundedFolder.MostFiles + 5; i++)
        {
            store.Bury(new DeadLetter("rejected", $"no {i}", new ProjectKey("../p", null), world.Clock.GetUtcNow().UtcTicks, """{"input":{"a":[1]}}"""u8.ToArray()));
            if (i % 100 == 0 || i > 990)
            {
                store.Maintain();
                world.Clock.Advance(TimeSpan.FromMilliseconds(1));
            }
        }
        store.Maintain();
        var letters = world.Files("*.json");
        Assert.InRange(letters.Length, BoundedFolder.MostFiles * 7 / 8, BoundedFolder.MostFiles);
        var last = JsonNode.Parse(File.ReadAllText(letters[^1]))!;
        Assert.Equal(("rejected", "no 1004", "../p", 1), ((string?)last["reason"], (string?)last["message"], (string?)last["project"]!["name"], (int)last["row"]!["input"]!["a"]![0]!));
        Assert.Equal("dead-letters", Path.GetFileName(Path.GetDirectoryName(letters[^1])));
    }
}
