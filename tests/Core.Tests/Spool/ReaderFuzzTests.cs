using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;
using Braintrust.Logging.Spool;
using Xunit.Abstractions;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>The reader of segments against files that nobody wrote: millions of them in the long run, a file system aside.</summary>
public sealed class ReaderFuzzTests(ITestOutputHelper output)
{
    static readonly SegmentHead Head = new(0x1234_5678_9ABC_DEF0, 0, 1, "https://www.braintrust.dev", "org");

    [Fact, Trait("Row", "D12")]
    public void WhateverIsReadItEndsThrowsNothingAndGivesNoRowThatWasNotWritten()
    {
        var inputs = LongTests.Count(50_000, 10_000_000);
        var random = new Random(1);
        var (whole, written) = Segment();
        var reader = new FrameReader();
        var keys = new ProjectKeys();
        var (given, damaged, largest) = (0L, 0L, 0L);

        Read(whole, reader, keys, _ => { }); // its buffer is made once
        for (var i = 0; i < inputs; i++)
        {
            var (bytes, isForged) = Mutate(whole, random);
            var start = GC.GetAllocatedBytesForCurrentThread();
            var (rows, hasDamage) = Read(bytes, reader, keys, json => Assert.True(isForged || written.GetAlternateLookup<ReadOnlySpan<char>>().Contains(Encoding.UTF8.GetString(json.Span)), $"input {i}: a row that nobody wrote"));
            largest = Math.Max(largest, GC.GetAllocatedBytesForCurrentThread() - start);
            given += rows;
            damaged += hasDamage ? 1 : 0;
        }

        output.WriteLine($"{inputs} files, {damaged} with damage: {given} rows, the most that was allocated for one file of some {whole.Length} bytes is {largest}");
        Assert.InRange(damaged, inputs / 4, inputs);
        Assert.InRange(given, inputs, long.MaxValue);
        Assert.InRange(largest, 0, 16 * whole.Length); // the rows' texts here, the keys and heads there
    }

    /// <summary>As the spool does it: the head, then frame by frame.</summary>
    static (int Rows, bool HasDamage) Read(byte[] bytes, FrameReader reader, ProjectKeys keys, Action<ReadOnlyMemory<byte>> check)
    {
        var head = SpoolFormat.ReadHead(bytes.AsSpan(0, Math.Min(bytes.Length, SpoolFormat.LongestHead)));
        var (rows, steps, hasDamage) = (0, 0, head.Kind != HeadKind.Good);
        using var file = new Bytes(bytes);
        reader.Start(file, head.Kind == HeadKind.Good ? Math.Min(head.Length, bytes.Length) : 0, 0, -1);
        while (true)
        {
            var frame = reader.Next(bytes.Length);
            hasDamage |= frame.DamageFrom >= 0 || frame.Tail is TailKind.Damaged or TailKind.Torn;
            Assert.InRange(frame.At, 0, bytes.Length);
            if (!frame.IsRecord)
            {
                return (rows, hasDamage);
            }
            Assert.True(++steps <= bytes.Length / SpoolFormat.FrameHead, "It does not end.");
            if (SpoolFormat.TryReadBody(frame.Body, keys, out var record))
            {
                rows++;
                check(record.Json);
            }
        }
    }

    static (byte[] Whole, HashSet<string> Written) Segment()
    {
        var to = new ArrayBufferWriter<byte>();
        to.Write(SpoolFormat.WriteHeads(Head));
        string[] rows = ["""{"row":1}""", """{"row":2,"output":"ÄÖÜ"}""", "{}", $$"""{"row":4,"input":"{{new string('x', 200)}}"}"""];
        for (var i = 0; i < rows.Length; i++)
        {
            SpoolFormat.WriteRecord(to, i, new SpoolRecord
            {
                Project = i % 2 == 0 ? new ProjectKey("a project", null) : new ProjectKey(null, "11111111-1111-4111-8111-111111111111"),
                Id = i == 2 ? RowId.From("chosen") : RowId.New(),
                Follows = i == 2,
                AcceptedTicks = i,
                Json = Encoding.UTF8.GetBytes(rows[i]),
            });
        }
        return (to.WrittenSpan.ToArray(), [.. rows]);
    }

    /// <summary>Damage as disks do it, and worse: with checksums that add up.</summary>
    static (byte[] Bytes, bool IsForged) Mutate(byte[] whole, Random random)
    {
        var bytes = whole.ToArray();
        switch (random.Next(8))
        {
            case 0:
                random.NextBytes(bytes);
                break;
            case 1:
                return (bytes[..random.Next(bytes.Length)], false);
            case 2: // something stands in between
                var noise = new byte[random.Next(64)];
                random.NextBytes(noise);
                var at = random.Next(bytes.Length);
                return ([.. bytes[..at], .. noise, .. bytes[at..]], false);
            case 3: // a part of it once more, elsewhere
                var from = random.Next(bytes.Length);
                var length = random.Next(bytes.Length - from);
                bytes.AsSpan(from, length).CopyTo(bytes.AsSpan(random.Next(bytes.Length - length)));
                break;
            case 4:
                bytes.AsSpan(random.Next(bytes.Length)).Clear();
                break;
            case 5: // a head of a record says anything, and its checksum agrees
                Forge(bytes, random, static (frame, random) =>
                {
                    BinaryPrimitives.WriteInt32LittleEndian(frame[4..], random.Next(4) == 0 ? random.Next() : random.Next(600));
                    BinaryPrimitives.WriteInt64LittleEndian(frame[8..], random.Next(4) == 0 ? random.NextInt64() : random.Next(8));
                });
                return (bytes, true);
            case 6: // a body says anything, and both checksums agree
                Forge(bytes, random, static (frame, random) =>
                {
                    for (var i = random.Next(1, 8); i > 0; i--)
                    {
                        frame[SpoolFormat.FrameHead + random.Next(frame.Length - SpoolFormat.FrameHead)] = (byte)random.Next(256);
                    }
                });
                return (bytes, true);
            default:
                for (var i = random.Next(1, 8); i > 0; i--)
                {
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                }
                break;
        }
        return (bytes, false);
    }

    delegate void Forging(Span<byte> frame, Random random);

    static void Forge(byte[] bytes, Random random, Forging forge)
    {
        var places = new List<int>();
        for (var at = bytes.AsSpan().IndexOf(SpoolFormat.Mark); at >= 0;)
        {
            places.Add(at);
            var next = bytes.AsSpan(at + 1).IndexOf(SpoolFormat.Mark);
            at = next < 0 ? -1 : at + 1 + next;
        }
        var start = places[random.Next(places.Count)];
        var frame = bytes.AsSpan(start, SpoolFormat.FrameHead + BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(start + 4)));
        forge(frame, random);
        var headCrc = SpoolFormat.Crc(frame[4..16]);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[16..], headCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[20..], SpoolFormat.Crc(frame[SpoolFormat.FrameHead..], headCrc));
    }

    sealed class Bytes(byte[] bytes) : ISpoolFile
    {
        public long Length => bytes.Length;

        public bool IsInPlace => true;

        public int Read(Span<byte> into, long at)
        {
            var count = (int)Math.Min(into.Length, bytes.Length - at);
            bytes.AsSpan((int)at, count).CopyTo(into);
            return count;
        }

        public void Write(ReadOnlySpan<byte> data, long at) => throw new NotSupportedException();

        public void Truncate(long length) => throw new NotSupportedException();

        public void Sync() => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
