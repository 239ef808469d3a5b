using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;

namespace Braintrust.Logging.Spool;

/// <summary>The bytes of a segment, format 1. All numbers are little-endian.</summary>
/// <remarks>
/// <code>
/// segment: head head record*                       the head twice: one flipped bit must not cost a whole segment
/// head:    magic(8) version(4) length(4) nonce(8) first(8) created(8) appUrl org crc
/// record:  mark(4) length(4) number(8) crc(4, of length and number) crc(4, of body) body
/// body:    flags(1) source(2) accepted(8) [name] [project id] id json
/// </code>
/// Texts have their length (4) before them. A mark begins with a byte that UTF-8 never has, so no row can contain one. The length has a checksum of its own: only then can a record that was not
/// written to its end (nobody was told that it was kept) be told from a damaged one (somebody was).
/// </remarks>
static class SpoolFormat
{
    public const uint Version = 1;
    public const int FrameHead = 24;
    public const int LongestHead = 64 * 1024;

    const int HeadFixed = 40;
    const byte Follows = 1, HasName = 2, HasId = 4, IsChosen = 8;

    static ReadOnlySpan<byte> Magic => [0xFF, (byte)'B', (byte)'T', (byte)'R', (byte)'O', (byte)'W', (byte)'S', 0xFE];

    public static ReadOnlySpan<byte> Mark => [0xFF, 0xB7, 0xFE, 0x1D];

    // ---- heads ---------------------------------------------------------------------------------------------------------------------

    /// <summary>The head, twice.</summary>
    public static byte[] WriteHeads(in SegmentHead head)
    {
        var app = Encoding.UTF8.GetBytes(head.AppUrl);
        var org = head.OrgName is null ? null : Encoding.UTF8.GetBytes(head.OrgName);
        var length = HeadFixed + 4 + app.Length + 4 + (org?.Length ?? 0) + 4;
        var bytes = new byte[2 * length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), head.Nonce);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), head.First);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), head.CreatedTicks);
        var rest = WriteText(bytes.AsSpan(HeadFixed), app);
        BinaryPrimitives.WriteInt32LittleEndian(rest, org?.Length ?? -1);
        org?.CopyTo(rest[4..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(length - 4), Crc(bytes.AsSpan(0, length - 4)));
        bytes.AsSpan(0, length).CopyTo(bytes.AsSpan(length));
        return bytes;
    }

    /// <summary>Reads the head from the first bytes of a segment.</summary>
    public static HeadReading ReadHead(ReadOnlySpan<byte> start)
    {
        for (var at = 0; at + HeadFixed <= start.Length;)
        {
            if (TryReadHead(start[at..], out var head, out var length))
            {
                return new HeadReading(HeadKind.Good, head, at == 0 ? 2 * length : at + length);
            }
            var next = start[(at + 1)..].IndexOf(Magic);
            if (next < 0)
            {
                break;
            }
            at += 1 + next;
        }
        return start.Length >= 12 && start.StartsWith(Magic) && BinaryPrimitives.ReadUInt32LittleEndian(start[8..]) is > Version and < 1000
            ? new HeadReading(HeadKind.Newer, default, 0)
            : new HeadReading(HeadKind.Damaged, default, 0);
    }

    /// <summary>Whether this is all of a file whose heads were not written to their end.</summary>
    public static bool IsBeginningOfHeads(ReadOnlySpan<byte> all) => all.Length < 16
        ? all.StartsWith(Magic[..Math.Min(all.Length, Magic.Length)])
        : all.StartsWith(Magic) && BinaryPrimitives.ReadInt32LittleEndian(all[12..]) > all.Length;

    static bool TryReadHead(ReadOnlySpan<byte> bytes, out SegmentHead head, out int length)
    {
        (head, length) = (default, 0);
        if (bytes.Length < HeadFixed || !bytes.StartsWith(Magic) || BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != Version)
        {
            return false;
        }
        length = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        if (length < HeadFixed + 12 || length > bytes.Length || BinaryPrimitives.ReadUInt32LittleEndian(bytes[(length - 4)..]) != Crc(bytes[..(length - 4)]))
        {
            return false;
        }
        var rest = bytes[HeadFixed..(length - 4)];
        if (!TryReadText(ref rest, out var app) || rest.Length < 4)
        {
            return false;
        }
        var org = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (org != (org < 0 ? -1 : rest.Length - 4))
        {
            return false;
        }
        head = new SegmentHead(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
            Encoding.UTF8.GetString(app), org < 0 ? null : Encoding.UTF8.GetString(rest[4..]));
        return head.First >= 0;
    }

    // ---- records -------------------------------------------------------------------------------------------------------------------

    public static void WriteRecord(ArrayBufferWriter<byte> to, long number, in SpoolRecord record)
    {
        var name = record.Project.Name;
        var id = record.Project.Id;
        var chosen = record.Id.Chosen;
        var length = 11 + SizeOf(name) + SizeOf(id) + (chosen is null ? 16 : SizeOf(chosen)) + record.Json.Length;
        var frame = to.GetSpan(FrameHead + length)[..(FrameHead + length)];
        var body = frame[FrameHead..];

        body[0] = (byte)((record.Follows ? Follows : 0) | (name is null ? 0 : HasName) | (id is null ? 0 : HasId) | (chosen is null ? 0 : IsChosen));
        BinaryPrimitives.WriteUInt16LittleEndian(body[1..], record.Source);
        BinaryPrimitives.WriteInt64LittleEndian(body[3..], record.AcceptedTicks);
        var rest = WriteText(WriteText(body[11..], name), id);
        if (chosen is null)
        {
            record.Id.Minted.TryWriteBytes(rest);
            rest = rest[16..];
        }
        else
        {
            rest = WriteText(rest, chosen);
        }
        record.Json.Span.CopyTo(rest);

        Mark.CopyTo(frame);
        BinaryPrimitives.WriteInt32LittleEndian(frame[4..], length);
        BinaryPrimitives.WriteInt64LittleEndian(frame[8..], number);
        var headCrc = Crc(frame[4..16]);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[16..], headCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[20..], Crc(body, headCrc));
        to.Advance(frame.Length);
    }

    public static bool TryReadFrameHead(ReadOnlySpan<byte> head, out int length, out long number)
    {
        length = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        number = BinaryPrimitives.ReadInt64LittleEndian(head[8..]);
        return head.StartsWith(Mark) && length >= 0 && number >= 0 && BinaryPrimitives.ReadUInt32LittleEndian(head[16..]) == Crc(head[4..16]);
    }

    public static bool IsWhole(ReadOnlySpan<byte> frame) =>
        BinaryPrimitives.ReadUInt32LittleEndian(frame[20..]) == Crc(frame[FrameHead..], BinaryPrimitives.ReadUInt32LittleEndian(frame[16..]));

    public static bool TryReadBody(ReadOnlyMemory<byte> body, ProjectKeys keys, out SpoolRecord record)
    {
        record = default;
        var rest = body.Span;
        if (rest.Length < 11)
        {
            return false;
        }
        var flags = rest[0];
        var source = BinaryPrimitives.ReadUInt16LittleEndian(rest[1..]);
        var ticks = BinaryPrimitives.ReadInt64LittleEndian(rest[3..]);
        rest = rest[11..];
        var project = rest;
        if (((flags & HasName) != 0 && !TryReadText(ref rest, out _)) || ((flags & HasId) != 0 && !TryReadText(ref rest, out _)))
        {
            return false;
        }
        project = project[..^rest.Length];
        RowId id;
        if ((flags & IsChosen) != 0)
        {
            if (!TryReadText(ref rest, out var chosen))
            {
                return false;
            }
            id = new RowId(Guid.Empty, Encoding.UTF8.GetString(chosen));
        }
        else if (rest.Length >= 16)
        {
            id = new RowId(new Guid(rest[..16]), null);
            rest = rest[16..];
        }
        else
        {
            return false;
        }
        record = new SpoolRecord
        {
            Project = keys.Get(project, (flags & HasName) != 0, (flags & HasId) != 0), Id = id, Follows = (flags & Follows) != 0, AcceptedTicks = ticks, Source = source, Json = body[^rest.Length..],
        };
        return true;
    }

    public static ProjectKey ReadProject(ReadOnlySpan<byte> bytes, bool hasName, bool hasId)
    {
        var name = hasName && TryReadText(ref bytes, out var text) ? Encoding.UTF8.GetString(text) : null;
        return new ProjectKey(name, hasId && TryReadText(ref bytes, out text) ? Encoding.UTF8.GetString(text) : null);
    }

    // ---- parts ---------------------------------------------------------------------------------------------------------------------

    /// <summary>CRC-32C (Castagnoli).</summary>
    public static uint Crc(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        var crc = ~seed;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }
        foreach (var rest in bytes[(words.Length * 8)..])
        {
            crc = BitOperations.Crc32C(crc, rest);
        }
        return ~crc;
    }

    static int SizeOf(string? text) => text is null ? 0 : 4 + Encoding.UTF8.GetByteCount(text);

    static Span<byte> WriteText(Span<byte> to, string? text)
    {
        if (text is null)
        {
            return to;
        }
        var length = Encoding.UTF8.GetBytes(text, to[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(to, length);
        return to[(4 + length)..];
    }

    static Span<byte> WriteText(Span<byte> to, byte[] text)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, text.Length);
        text.CopyTo(to[4..]);
        return to[(4 + text.Length)..];
    }

    static bool TryReadText(ref ReadOnlySpan<byte> from, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (from.Length < 4 || BinaryPrimitives.ReadInt32LittleEndian(from) is var length && (length < 0 || length > from.Length - 4))
        {
            return false;
        }
        length = BinaryPrimitives.ReadInt32LittleEndian(from);
        text = from.Slice(4, length);
        from = from[(4 + length)..];
        return true;
    }
}

/// <summary>Whose rows a segment holds.</summary>
/// <param name="Nonce">Binds the acknowledgements to it.</param>
/// <param name="First">The number of its first record; they count up by one.</param>
/// <param name="CreatedTicks">UTC.</param>
/// <param name="AppUrl">As in <see cref="SpoolSettings"/>.</param>
/// <param name="OrgName">As in <see cref="SpoolSettings"/>.</param>
readonly record struct SegmentHead(ulong Nonce, long First, long CreatedTicks, string AppUrl, string? OrgName);

readonly record struct HeadReading(HeadKind Kind, SegmentHead Head, int Length);

enum HeadKind
{
    Good,

    /// <summary>Of a later version of this library: left alone.</summary>
    Newer,

    Damaged,
}

/// <summary>Projects' names, made once: rows of few projects come back by the million.</summary>
sealed class ProjectKeys
{
    readonly List<(byte[] Bytes, bool HasName, bool HasId, ProjectKey Key)> _known = [];

    public ProjectKey Get(ReadOnlySpan<byte> bytes, bool hasName, bool hasId)
    {
        foreach (var known in _known)
        {
            if (known.HasName == hasName && known.HasId == hasId && bytes.SequenceEqual(known.Bytes))
            {
                return known.Key;
            }
        }
        if (_known.Count == 64)
        {
            _known.Clear();
        }
        var key = SpoolFormat.ReadProject(bytes, hasName, hasId);
        _known.Add((bytes.ToArray(), hasName, hasId, key));
        return key;
    }
}
