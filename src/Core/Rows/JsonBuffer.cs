using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Unicode;

namespace Braintrust.Logging.Rows;

/// <summary>Writes JSON as UTF-8 into a pooled array. Not for several threads at once.</summary>
/// <remarks>
/// Whether a comma is due is read from the last byte written, so no nesting has to be remembered: <see cref="Truncate"/> to any
/// <see cref="Length"/> seen between two values, and writing goes on correctly from there.
/// </remarks>
sealed class JsonBuffer : IDisposable
{
    // Covers every number and date; longer text asks for its own room.
    const int ScalarRoom = 64;

    static readonly SearchValues<char> Escaped = SearchValues.Create(
        "\"\\\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000A\u000B\u000C\u000D\u000E\u000F" +
        "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F");

    byte[] _bytes;
    int _length;
    List<BraintrustAttachment>? _attachments;

    public JsonBuffer(int capacity = 1024) => _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length => _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public void Clear()
    {
        _length = 0;
        _attachments?.Clear();
    }

    /// <summary>Forgets what was written after the buffer had this length.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_length, nameof(length));
        _length = length;
    }

    /// <summary>Gives the array back. What is written later starts in a new one.</summary>
    public void Dispose()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        _length = 0;
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }

    public void BeginObject() => Open((byte)'{');

    public void EndObject() => Append((byte)'}');

    public void BeginArray() => Open((byte)'[');

    public void EndArray() => Append((byte)']');

    public void Name(string name) => Name(name.AsSpan());

    public void Name(ReadOnlySpan<char> name)
    {
        String(name);
        Append((byte)':');
    }

    /// <summary>A name as it stands on the wire, quotes and colon included: <c>"\"metadata\":"u8</c>; perhaps with what always follows or precedes it.</summary>
    public void RawName(ReadOnlySpan<byte> utf8) => Raw(utf8);

    /// <summary>A value that is JSON already.</summary>
    public void Raw(ReadOnlySpan<byte> json)
    {
        Begin(json.Length);
        json.CopyTo(_bytes.AsSpan(_length));
        _length += json.Length;
    }

    /// <summary>A value that is JSON already, and what it refers to.</summary>
    public void Raw(JsonText json)
    {
        Raw(json.Utf8);
        Note(json.Attachments);
    }

    /// <summary>Remembers what the JSON refers to. What is taken back again stays noted: the finished row decides.</summary>
    public void Note(params ReadOnlySpan<BraintrustAttachment> attachments)
    {
        foreach (BraintrustAttachment attachment in attachments)
        {
            if (_attachments?.Contains(attachment) != true)
                (_attachments ??= []).Add(attachment);
        }
    }

    /// <summary>What the JSON may refer to; null for nothing.</summary>
    public BraintrustAttachment[]? CopyAttachments() => _attachments is { Count: > 0 } ? [.. _attachments] : null;

    /// <summary>A piece of JSON just as it is, without the comma that may be due.</summary>
    public void Verbatim(ReadOnlySpan<byte> piece)
    {
        Room(piece.Length);
        piece.CopyTo(_bytes.AsSpan(_length));
        _length += piece.Length;
    }

    public void String(string? text)
    {
        if (text is null)
            Null();
        else
            String(text.AsSpan());
    }

    public void String(ReadOnlySpan<char> text)
    {
        Open((byte)'"', text.Length + 1);
        Escape(text);
        Append((byte)'"');
    }

    /// <summary>At most <paramref name="limit"/> characters, the mark that says what is missing included.</summary>
    public void String(ReadOnlySpan<char> text, int limit)
    {
        if (text.Length <= limit)
        {
            String(text);
            return;
        }
        string mark = ValueMarks.TruncatedText(text.Length);
        Open((byte)'"', limit);
        Escape(text[..ValueMarks.Keep(text, limit - mark.Length)]);
        Escape(mark);
        Append((byte)'"');
    }

    /// <summary>Text that was rendered piece by piece. A surrogate pair on the edge of two pieces stays whole.</summary>
    public void String(StringBuilder text)
    {
        Open((byte)'"', text.Length + 1);
        char high = '\0';
        foreach (ReadOnlyMemory<char> chunk in text.GetChunks())
        {
            ReadOnlySpan<char> piece = chunk.Span;
            if (high != 0 && piece.Length > 0)
            {
                Escape(char.IsLowSurrogate(piece[0]) ? [high, piece[0]] : [high]);
                piece = char.IsLowSurrogate(piece[0]) ? piece[1..] : piece;
                high = '\0';
            }
            if (piece.Length > 0 && char.IsHighSurrogate(piece[^1]))
            {
                high = piece[^1];
                piece = piece[..^1];
            }
            Escape(piece);
        }
        if (high != 0)
            Escape([high]);
        Append((byte)'"');
    }

    /// <summary>A constant of ours that needs no escaping.</summary>
    public void String(ReadOnlySpan<byte> plainUtf8)
    {
        Open((byte)'"', plainUtf8.Length + 1);
        plainUtf8.CopyTo(_bytes.AsSpan(_length));
        _length += plainUtf8.Length;
        Append((byte)'"');
    }

    /// <summary>Members of an object, as they stand on the wire.</summary>
    public void RawMembers(ReadOnlySpan<byte> members) => Raw(members);

    public void Null() => Raw("null"u8);

    public void Bool(bool value) => Raw(value ? "true"u8 : "false"u8);

    public void Number(int value) => Plain(value);

    public void Number(long value) => Plain(value);

    public void Number(ulong value) => Plain(value);

    public void Number(decimal value) => Plain(value);

    public void Number(Int128 value) => Plain(value);

    public void Number(UInt128 value) => Plain(value);

    public void Number(BigInteger value) => Raw(Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));

    /// <summary>JSON has no word for NaN and the infinities: they become the strings that Braintrust's own SDKs write.</summary>
    public void Number(double value)
    {
        if (!TryFiniteNumber(value))
            NotFinite(value);
    }

    /// <inheritdoc cref="Number(double)"/>
    public void Number(float value)
    {
        if (float.IsFinite(value))
            Plain(value);
        else
            NotFinite(value);
    }

    /// <inheritdoc cref="Number(double)"/>
    public void Number(Half value)
    {
        if (Half.IsFinite(value))
            Plain(value);
        else
            NotFinite((double)value);
    }

    /// <summary>Writes nothing and answers false for NaN and the infinities.</summary>
    public bool TryFiniteNumber(double value)
    {
        if (!double.IsFinite(value))
            return false;
        // Counts are most of what is measured; the shortest digits of a double cost ten times those of an integer. Written alike below the exponents.
        if (value is > 0 and < 1e15 && value == (long)value)
            Plain((long)value);
        else if (!TryDecimal(value))
            Plain(value);
        return true;
    }

    // Milliseconds, prices and scores have few decimals, whose digits are those of an integer too. Fifteen digits name but one double, so those that give the same double again are the shortest.
    bool TryDecimal(double value)
    {
        if (value is not (>= 1e-4 and < 1e8))
            return false; // below, exponents begin
        long parts = (long)(value * 1e7 + 0.5);
        if (parts / 1e7 != value)
            return false;
        Begin(ScalarRoom);
        SevenDecimals(parts);
        return true;
    }

    // What there are so many ten-millionths of, without zeros at the end.
    void SevenDecimals(long parts)
    {
        const long one = 10_000_000;
        (long whole, long fraction) = Math.DivRem(parts, one);
        Utf8Formatter.TryFormat(whole, _bytes.AsSpan(_length), out int written);
        _length += written;
        if (fraction == 0)
            return;

        Utf8Formatter.TryFormat(one + fraction, _bytes.AsSpan(_length), out written); // the first of eight digits keeps the zeros behind it, and gives its place to the point
        _bytes[_length] = (byte)'.';
        _length += written;
        while (_bytes[_length - 1] == (byte)'0')
            _length--;
    }

    /// <summary>Sixteen lower-case hex digits: a span id.</summary>
    public void Hex(ulong value)
    {
        Open((byte)'"', ScalarRoom);
        HexDigits(value);
        Append((byte)'"');
    }

    /// <summary>Thirty-two lower-case hex digits: a trace id.</summary>
    public void Hex(UInt128 value)
    {
        Open((byte)'"', ScalarRoom);
        HexDigits((ulong)(value >> 64));
        HexDigits((ulong)value);
        Append((byte)'"');
    }

    public void GuidString(Guid value) => Quoted(value, "D");

    /// <summary><c>"2026-11-23T04:05:06.789Z"</c>, cut to the millisecond.</summary>
    public void Utc(DateTimeOffset time)
    {
        const int toTheMillisecond = 23;
        Open((byte)'"', ScalarRoom);
        Utf8Formatter.TryFormat(time.UtcDateTime, _bytes.AsSpan(_length), out _, 'O');
        _length += toTheMillisecond;
        _bytes[_length++] = (byte)'Z';
        _bytes[_length++] = (byte)'"';
    }

    /// <summary>Unix seconds, exact to the tick: a double is off by a tick or two, enough for a child to start before its parent.</summary>
    public void UnixSeconds(long utcTicks)
    {
        long ticks = utcTicks - DateTime.UnixEpoch.Ticks;
        Begin(ScalarRoom);
        if (ticks < 0)
            _bytes[_length++] = (byte)'-';
        SevenDecimals(Math.Abs(ticks));
    }

    /// <summary>A quoted value whose text never needs escaping: a date, an id.</summary>
    public void Quoted<T>(T value, ReadOnlySpan<char> format) where T : IUtf8SpanFormattable
    {
        Open((byte)'"', ScalarRoom);
        Format(value, format);
        Append((byte)'"');
    }

    // All digits in two steps, without a loop: formatting as a number takes them one by one.
    void HexDigits(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(_length), EightDigits((uint)(value >> 32)));
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(_length + 8), EightDigits((uint)value));
        _length += 16;
    }

    static ulong EightDigits(uint value)
    {
        ulong nibbles = value; // one to a byte
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF;
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF;
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F;
        ulong letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
        return nibbles + 0x3030_3030_3030_3030 + letters * ('a' - '9' - 1);
    }

    void Plain<T>(T value) where T : IUtf8SpanFormattable
    {
        Begin(ScalarRoom);
        Format(value, default);
    }

    void NotFinite(double value) =>
        Raw(double.IsNaN(value) ? "\"NaN\""u8 : value > 0 ? "\"Infinity\""u8 : "\"-Infinity\""u8);

    void Format<T>(T value, ReadOnlySpan<char> format) where T : IUtf8SpanFormattable
    {
        int written;
        while (!value.TryFormat(_bytes.AsSpan(_length), out written, format, CultureInfo.InvariantCulture))
            Grow(_bytes.Length);
        _length += written;
    }

    void Escape(ReadOnlySpan<char> text)
    {
        for (int stop; (stop = text.IndexOfAny(Escaped)) >= 0; text = text[(stop + 1)..])
        {
            Transcode(text[..stop]);
            EscapeOne((byte)text[stop]);
        }
        Transcode(text);
    }

    void EscapeOne(byte character)
    {
        Room(6);
        byte letter = character switch
        {
            (byte)'"' or (byte)'\\' => character,
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            _ => (byte)'u',
        };
        _bytes[_length++] = (byte)'\\';
        _bytes[_length++] = letter;
        if (letter != (byte)'u')
            return;
        _bytes[_length++] = (byte)'0';
        _bytes[_length++] = (byte)'0';
        _bytes[_length++] = (byte)('0' + (character >> 4));
        _bytes[_length++] = (byte)"0123456789abcdef"[character & 15];
    }

    // Lone surrogates become U+FFFD here. Escaped characters are ASCII, so cutting at them never parts a pair.
    void Transcode(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            Utf8.FromUtf16(text, _bytes.AsSpan(_length), out int read, out int written);
            _length += written;
            text = text[read..];
            if (!text.IsEmpty)
                Grow(text.Length + 4);
        }
    }

    void Open(byte first, int room = 0)
    {
        Begin(room + 1);
        _bytes[_length++] = first;
    }

    void Begin(int room)
    {
        Room(room + 1);
        if (_length > 0 && _bytes[_length - 1] is not ((byte)'{' or (byte)'[' or (byte)':' or (byte)','))
            _bytes[_length++] = (byte)',';
    }

    void Append(byte last)
    {
        Room(1);
        _bytes[_length++] = last;
    }

    void Room(int size)
    {
        if (_bytes.Length - _length < size)
            Grow(size);
    }

    void Grow(int size)
    {
        long wanted = Math.Max((long)_length + size, 2L * _bytes.Length);
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(wanted, Math.Max(Array.MaxLength, _length + (long)size)));
        Written.CopyTo(larger);
        byte[] old = _bytes;
        _bytes = larger;
        if (old.Length > 0)
            ArrayPool<byte>.Shared.Return(old);
    }
}
