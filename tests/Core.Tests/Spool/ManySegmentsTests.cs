using Braintrust.Logging.Spool;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>What a folder of very many files costs. Alone in the process: memory is counted for all of it.</summary>
[Collection("alone")]
public sealed class ManySegmentsTests
{
    [Fact, Trait("Row", "D15")]
    public void ManySegmentsAreReadOneAfterTheOtherWithFewFilesOpen()
    {
        var count = LongTests.Count(2_000, 100_000);
        using var world = new SpoolWorld();
        var home = world.Plant();
        var segment = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Spool", "format-1.rows"));
        for (var i = 0; i < count; i++)
        {
            File.WriteAllBytes(Path.Combine(home, $"{i:x16}.rows"), segment);
        }
        var disk = new BrokenDisk();
        using var store = new SpoolStore(new SpoolSettings(world.Root, default, 1L << 30, "https://app.test", null), world.Clock, disk);
        var (rows, most, before) = (0, 0L, GC.GetTotalMemory(forceFullCollection: true));
        for (var known = -1; known < rows;) // each time it opens as many as it may in one go
        {
            known = rows;
            store.Maintain();
            while (store.TryRead(out var row))
            {
                store.Settle(row.Sequence);
                if (++rows % 1_000 == 0)
                {
                    most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
                }
            }
        }

        Assert.Equal(3 * count, rows);
        Assert.InRange(disk.MostOpen, 1, 8);
        Assert.InRange(most, 0, 1_000 + 1_000L * count); // what is noted of a segment
        store.Maintain();
        Assert.Empty(world.Files("*.rows"));
    }
}
