using Braintrust.Logging.Spool;
using CsCheck;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>What becomes of files that are not as they were written.</summary>
public sealed class DamageTests
{
    static readonly string[] Rows = ["""{"row":1}""", """{"row":2}""", """{"row":3}"""];

    [Fact, Trait("Row", "D10")]
    public void ATornTailCostsTheRecordThatWasNotWrittenAndNoOther()
    {
        var (whole, two) = (Segment(Rows), Segment(Rows[..2]));
        for (var length = two.Length; length < whole.Length; length++)
        {
            var (rows, corrupt) = Read(whole[..length]);
            Assert.Equal(Rows[..2], rows);
            Assert.Equal(0, corrupt);
        }
        Assert.Equal(Rows, Read(whole).Rows);
    }

    [Fact, Trait("Row", "D11")]
    public void ATailOfZerosIsPassedOver()
    {
        foreach (var zeros in new[] { 1, 23, 24, 25, 512, 4096, 300_000 })
        {
            Assert.Equal((3, 0), (Read([.. Segment(Rows), .. new byte[zeros]]) is var (rows, corrupt) ? rows.Count : -1, corrupt));
        }
    }

    [Fact, Trait("Row", "D12")]
    public void AnyFlippedBitCostsOneRowAtMostAndThatIsCounted()
    {
        var whole = Segment(Rows);
        var lost = 0;
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            var bytes = whole.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var (rows, corrupt) = Read(bytes);
            Assert.True(rows.Count + corrupt == 3 && corrupt <= 1 && rows.All(Rows.Contains), $"bit {bit}: {rows.Count} rows, {corrupt} corrupt");
            lost += (int)corrupt;
        }
        Assert.True(lost > 1000);
    }

    [Fact, Trait("Row", "D12")]
    public void RandomBytesAreSetAsideAndNothingStops() => Gen.Select(Gen.Byte.Array[0, 2000], Gen.Int[0, 400], Gen.Bool).Sample(
        (noise, at, isInside) =>
        {
            var whole = Segment(Rows);
            var (rows, _) = Read(isInside ? [.. whole[..Math.Min(at, whole.Length)], .. noise, .. whole[Math.Min(at, whole.Length)..]] : noise);
            Assert.All(rows, row => Assert.Contains(row, Rows));
        },
        iter: LongTests.Count(500, 100_000));

    [Fact, Trait("Row", "D13")]
    public void DamagedNotesCostASecondDeliveryAndNeverARow()
    {
        var notes = Notes(out var whole);
        for (var at = 0; at < notes.Length; at++)
        {
            var bytes = notes.ToArray();
            bytes[at] ^= 0x55;
            Assert.Superset(new HashSet<string> { Rows[1] }, Read(whole, bytes).Rows.ToHashSet());
            Assert.Superset(new HashSet<string> { Rows[1] }, Read(whole, notes[..at]).Rows.ToHashSet());
        }
        Assert.Equal([Rows[1]], Read(whole, notes).Rows);
        Assert.Equal(Rows, Read(whole, null).Rows);
    }

    [Fact, Trait("Row", "D18")]
    public void ASegmentOfALaterFormatIsLeftAlone()
    {
        var bytes = Segment(Rows);
        var head = bytes.AsSpan(12, 4).ToArray()[0];
        bytes[8] = bytes[head + 8] = 2;
        Assert.Equal((0, 0), (Read(bytes, null, out var after) is var (rows, corrupt) ? rows.Count : -1, corrupt));
        Assert.Equal(bytes, after);
    }

    static byte[] Segment(string[] rows)
    {
        using var world = new SpoolWorld();
        var store = world.Store();
        Assert.True(world.Write(store, rows));
        return File.ReadAllBytes(Assert.Single(world.Files("*.rows")));
    }

    static byte[] Notes(out byte[] segment)
    {
        using var world = new SpoolWorld();
        var store = world.Store();
        Assert.True(world.Write(store, Rows));
        var rows = SpoolWorld.Read(store);
        store.Settle(rows[0].Sequence);
        store.Settle(rows[2].Sequence);
        store.Maintain();
        segment = File.ReadAllBytes(Assert.Single(world.Files("*.rows")));
        return File.ReadAllBytes(Assert.Single(world.Files("*.ack")));
    }

    static (List<string> Rows, long Corrupt) Read(byte[] segment, byte[]? notes = null) => Read(segment, notes, out _);

    /// <summary>What a process finds that comes upon this file.</summary>
    static (List<string> Rows, long Corrupt) Read(byte[] segment, byte[]? notes, out byte[]? after)
    {
        var disk = new MemoryDisk();
        var process = disk.Start();
        process.MakeFolder("/spool");
        process.MakeFolder("/spool/00000000000000010000000000000001");
        const string Path = "/spool/00000000000000010000000000000001/0000000000000000";
        process.Create(Path + ".rows").Write(segment, 0);
        if (notes is not null)
        {
            process.Create(Path + ".ack").Write(notes, 0);
        }
        using var world = new SpoolWorld(disk.Start());
        var store = world.Store();
        store.Maintain();
        var rows = SpoolWorld.Texts(store);
        var news = SpoolWorld.News(store);
        Assert.Equal(store.Rows, rows.Count);
        Assert.Equal(SpoolWorld.Count(news, SpoolNewsKind.Adopted), rows.Count + SpoolWorld.Count(news, SpoolNewsKind.Corrupt));
        after = null;
        if (process.Open(Path + ".rows") is { } file)
        {
            after = new byte[file.Length];
            file.Read(after, 0);
        }
        return (rows, SpoolWorld.Count(news, SpoolNewsKind.Corrupt));
    }
}
