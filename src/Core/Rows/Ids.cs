using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Braintrust.Logging.Rows;

/// <summary>Mints ids: W3C span and trace ids (never zero), version 4 UUIDs for rows. Random, not secret.</summary>
static class Ids
{
    public static ulong NewSpanId()
    {
        ulong id = 0;
        while (id == 0)
        {
            Random.Shared.NextBytes(MemoryMarshal.AsBytes(new Span<ulong>(ref id)));
        }
        return id;
    }

    public static UInt128 NewTraceId()
    {
        UInt128 id = 0;
        while ((ulong)id == 0 || (ulong)(id >> 64) == 0)
        {
            Random.Shared.NextBytes(MemoryMarshal.AsBytes(new Span<UInt128>(ref id)));
        }
        return id;
    }

    public static Guid NewRowId()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        return Row(bytes);
    }

    /// <summary>The ids of an event in one draw: asking for bits costs more than the bits do.</summary>
    public static void New(out Guid row, out ulong span)
    {
        Span<byte> bytes = stackalloc byte[24];
        Random.Shared.NextBytes(bytes);
        row = Row(bytes[..16]);
        span = MemoryMarshal.Read<ulong>(bytes[16..]);
        if (span == 0)
        {
            span = NewSpanId();
        }
    }

    static Guid Row(Span<byte> bytes)
    {
        bytes[7] = (byte)((bytes[7] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes);
    }

    /// <summary>A UUID that no row will have: of version 8, which is free to use, with zeros at the end.</summary>
    public static Guid NewMarkedId()
    {
        Span<byte> bytes = stackalloc byte[16];
        NewRowId().TryWriteBytes(bytes);
        bytes[7] = (byte)((bytes[7] & 0x0F) | 0x80);
        bytes[10..].Clear();
        return new Guid(bytes);
    }

    public static bool IsMarked(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        return (bytes[7] & 0xF0) == 0x80 && !bytes[10..].ContainsAnyExcept((byte)0);
    }

    public static string Hex(ulong spanId) => spanId.ToString("x16", null);

    public static string Hex(UInt128 traceId) => traceId.ToString("x32", null);

    public static UInt128 Bits(ActivityTraceId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public static ulong Bits(ActivitySpanId id)
    {
        Span<byte> bytes = stackalloc byte[8];
        id.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }
}
