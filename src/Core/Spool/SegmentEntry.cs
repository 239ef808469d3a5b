using System.Buffers.Binary;

namespace Braintrust.Logging.Spool;

/// <summary>
/// What the small files beside a segment are made of: 16 bytes that say something of a range of its rows, with a checksum that is bound to the segment. Reading ends at the first that does not add up.
/// </summary>
static class SegmentEntry
{
    public const int Size = 16;

    public static void Write(Span<byte> entry, uint kind, RowRange range, ulong nonce)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(entry, kind);
        BinaryPrimitives.WriteInt32LittleEndian(entry[4..], range.From);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], range.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], Crc(entry, nonce));
    }

    /// <summary>False: it was not written whole, or not for this segment.</summary>
    public static bool TryRead(ReadOnlySpan<byte> entry, ulong nonce, out uint kind, out RowRange range)
    {
        kind = BinaryPrimitives.ReadUInt32LittleEndian(entry);
        range = new RowRange(BinaryPrimitives.ReadInt32LittleEndian(entry[4..]), BinaryPrimitives.ReadInt32LittleEndian(entry[8..]));
        return BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]) == Crc(entry, nonce) && range.From >= 0 && range.Count >= 0;
    }

    static uint Crc(ReadOnlySpan<byte> entry, ulong nonce) => SpoolFormat.Crc(entry[..12], (uint)(nonce ^ (nonce >> 32)));
}
