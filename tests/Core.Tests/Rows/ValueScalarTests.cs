using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Tests.Rows;

public class ValueScalarTests
{
    /// <summary>The value, its JSON, its text.</summary>
    public static TheoryData<object?, string, string> Table => new()
    {
        { null, "null", "null" },
        { "text", "\"text\"", "text" },
        { "", "\"\"", "" },
        { true, "true", "True" },
        { false, "false", "False" },
        { 'x', "\"x\"", "x" },
        { '"', "\"\\\"\"", "\"" },
        { (byte)255, "255", "255" },
        { (sbyte)-128, "-128", "-128" },
        { short.MinValue, "-32768", "-32768" },
        { ushort.MaxValue, "65535", "65535" },
        { int.MinValue, "-2147483648", "-2147483648" },
        { uint.MaxValue, "4294967295", "4294967295" },
        { long.MinValue, "-9223372036854775808", "-9223372036854775808" },
        { ulong.MaxValue, "18446744073709551615", "18446744073709551615" },
        { (nint)(-5), "-5", "-5" },
        { (nuint)5, "5", "5" },
        { (Half)0.1, "0.1", "0.1" },
        { Half.NaN, "\"NaN\"", "NaN" },
        { 0.1f, "0.1", "0.1" },
        { float.NegativeInfinity, "\"-Infinity\"", "-Infinity" },
        { 1234.5, "1234.5", "1234.5" },
        { -0.0, "-0", "-0" },
        { double.Epsilon, "5E-324", "5E-324" },
        { double.NaN, "\"NaN\"", "NaN" },
        { double.PositiveInfinity, "\"Infinity\"", "Infinity" },
        { 1.10m, "1.10", "1.10" },
        { decimal.MaxValue, "79228162514264337593543950335", "79228162514264337593543950335" },
        { Int128.MinValue, "-170141183460469231731687303715884105728", "-170141183460469231731687303715884105728" },
        { UInt128.MaxValue, "340282366920938463463374607431768211455", "340282366920938463463374607431768211455" },
        { BigInteger.Pow(-10, 21), "-1000000000000000000000", "-1000000000000000000000" },
        { DateTime.MinValue, "\"0001-01-01T00:00:00.0000000\"", "0001-01-01T00:00:00.0000000" },
        { new DateTime(2026, 11, 22, 1, 2, 3, DateTimeKind.Utc), "\"2026-11-22T01:02:03.0000000Z\"", "2026-11-22T01:02:03.0000000Z" },
        { DateTime.MaxValue, "\"9999-12-31T23:59:59.9999999\"", "9999-12-31T23:59:59.9999999" },
        { new DateTimeOffset(2026, 11, 22, 1, 2, 3, TimeSpan.FromHours(-3.5)), "\"2026-11-22T01:02:03.0000000-03:30\"", "2026-11-22T01:02:03.0000000-03:30" },
        { TimeSpan.FromMilliseconds(-1500), "\"-00:00:01.5000000\"", "-00:00:01.5000000" },
        { TimeSpan.MaxValue, "\"10675199.02:48:05.4775807\"", "10675199.02:48:05.4775807" },
        { new DateOnly(2026, 1, 2), "\"2026-01-02\"", "2026-01-02" },
        { new TimeOnly(1, 2, 3), "\"01:02:03.0000000\"", "01:02:03.0000000" },
        { Guid.Empty, "\"00000000-0000-0000-0000-000000000000\"", "00000000-0000-0000-0000-000000000000" },
        { new Uri("https://example.com/ä?q=1"), "\"https://example.com/ä?q=1\"", "https://example.com/ä?q=1" },
        { new Uri("/relative", UriKind.Relative), "\"/relative\"", "/relative" },
        { new Version(1, 2, 3), "\"1.2.3\"", "1.2.3" },
        { DayOfWeek.Friday, "\"Friday\"", "Friday" },
        { (DayOfWeek)(-42), "\"-42\"", "-42" },
        { FileAttributes.Hidden | FileAttributes.System, "\"Hidden, System\"", "Hidden, System" },
        { new JsonText("[1]"u8.ToArray()), "[1]", "[1]" },
    };

    [Theory, MemberData(nameof(Table), DisableDiscoveryEnumeration = true)]
    public void AnImmutableValueIsKeptAndWrittenAlikeInEveryCulture(object? value, string json, string text) => InAnotherCulture(() =>
    {
        object? frozen = Values.Freeze(value);
        Assert.Same(value, frozen);
        Assert.Equal(json, Json(frozen));
        Assert.Equal(text, Values.Text(frozen));
    });

    /// <summary>Objects that stand for one value, and what they are frozen to.</summary>
    public static TheoryData<object, object?> StandIns => new()
    {
        { DBNull.Value, null },
        { new byte[] { 1, 2, 3 }, "AQID" },
        { new ArraySegment<byte>([0, 1, 2, 3], 1, 3), "AQID" },
        { new Memory<byte>([1, 2, 3]), "AQID" },
        { new ReadOnlyMemory<byte>([1, 2, 3]), "AQID" },
        { "chars".AsMemory(), "chars" },
        { new StringBuilder("built"), "built" },
        { IPAddress.Loopback, "127.0.0.1" },
        { new Complex(1.5, 2), "<1.5; 2>" },
        { (FormattableString)$"{1.5}", "1.5" },
        { new Rune(0x1F600), "😀" },
        { typeof(string), "System.String" },
        { CultureInfo.InvariantCulture, "" },
        { new object(), "System.Object" },
        { new ReadOnlyMemory<int>([1, 2]), "System.ReadOnlyMemory<Int32>[2]" },
        { Element("\"text\""), "text" },
        { Element("12"), 12L },
        { Element("0.5"), 0.5 },
        { Element("true"), true },
        { Element("null"), null },
        { default(JsonElement), null },
        { JsonValue.Create("text"), "text" },
        { JsonValue.Create(5), 5 },
        { JsonValue.Create(Element("7"))!, 7L },
    };

    [Theory, MemberData(nameof(StandIns), DisableDiscoveryEnumeration = true)]
    public void AnObjectThatStandsForOneValueIsFrozenToIt(object value, object? expected) =>
        InAnotherCulture(() => Assert.Equal(expected, Values.Freeze(value)));

    [Fact]
    public void AJsonNumberBeyondDoubleKeepsItsDigits() => Assert.Equal("1e999", Json(Values.Freeze(Element("1e999"))));

    [Fact]
    public void LongTextIsCutOnceAndSaysSo()
    {
        string frozen = Assert.IsType<string>(Values.Freeze(new string('x', 300_000)));
        Assert.Equal(ValueLimits.StringChars, frozen.Length);
        Assert.EndsWith("x…[truncated, 300000 characters in all]", frozen);
        Assert.Same(frozen, Values.Freeze(frozen));
        Assert.Equal(frozen, JsonDocument.Parse(Json(frozen)).RootElement.GetString());
    }

    [Fact]
    public void LongBinaryDataIsCutAndSaysSo()
    {
        string frozen = Assert.IsType<string>(Values.Freeze(new byte[1_000_000]));
        Assert.EndsWith("A…[truncated, 1000000 bytes in all]", frozen);
        Assert.InRange(frozen.Length, 200_000, ValueLimits.StringChars);
        Assert.Same(frozen, Values.Freeze(frozen));
    }

    [Fact]
    public void AnIntegerTooLongToPrintIsNamedByItsSize() =>
        Assert.Equal("<truncated: an integer of 1000001 bits>", Values.Freeze(BigInteger.One << 1_000_000));

    [Fact]
    public void WhatWasNotFrozenIsFrozenBeforeItIsWritten() =>
        Assert.Equal("""{"Answer":42}""", Json(new { Answer = 42 }));

    public static TheoryData<object?, double?> Numbers => new()
    {
        { (byte)1, 1 }, { (sbyte)-1, -1 }, { (short)2, 2 }, { (ushort)2, 2 }, { 3, 3 }, { 3u, 3 }, { 4L, 4 }, { 4ul, 4 },
        { (nint)5, 5 }, { (nuint)5, 5 }, { (Half)0.5, 0.5 }, { 0.25f, 0.25 }, { 0.1, 0.1 }, { 1.5m, 1.5 },
        { (Int128)6, 6 }, { (UInt128)6, 6 }, { new BigInteger(7), 7 },
        { double.NaN, null }, { float.PositiveInfinity, null }, { BigInteger.Pow(10, 400), null },
        { "1", null }, { true, null }, { '1', null }, { DayOfWeek.Monday, null }, { null, null }, { TimeSpan.Zero, null },
    };

    [Theory, MemberData(nameof(Numbers), DisableDiscoveryEnumeration = true)]
    public void OnlyAFiniteNumberIsANumber(object? value, double? expected)
    {
        Assert.Equal(expected.HasValue, Values.TryNumber(value, out double number));
        Assert.Equal(expected ?? 0, number);
    }

    public static TheoryData<object?, long?> Integers => new()
    {
        { 3, 3 }, { (byte)3, 3 }, { 3u, 3 }, { long.MaxValue, long.MaxValue }, { long.MinValue, long.MinValue }, { 3.0, 3 }, { -3f, -3 }, { 3.00m, 3 },
        { (nint)3, 3 }, { (nuint)3, 3 }, { (ulong)long.MaxValue, long.MaxValue }, { (Int128)long.MinValue, long.MinValue },
        { (UInt128)3, 3 }, { (BigInteger)long.MaxValue, long.MaxValue }, { (decimal)long.MaxValue, long.MaxValue },
        { 3.5, null }, { 3.5m, null }, { ulong.MaxValue, null }, { 1e30, null }, { decimal.MaxValue, null }, { Int128.MaxValue, null },
        { UInt128.MaxValue, null }, { BigInteger.Pow(10, 30), null }, { double.NaN, null }, { "3", null }, { true, null }, { null, null },
    };

    [Theory, MemberData(nameof(Integers), DisableDiscoveryEnumeration = true)]
    public void OnlyAWholeNumberThatFitsIsAnInteger(object? value, long? expected)
    {
        Assert.Equal(expected.HasValue, Values.TryInteger(value, out long integer));
        Assert.Equal(expected ?? 0, integer);
    }

    [Fact]
    public void MillisecondsAreANumberOrATimeSpan()
    {
        Assert.True(Values.TryMilliseconds(12.5, out double milliseconds));
        Assert.Equal(12.5, milliseconds);
        Assert.True(Values.TryMilliseconds(TimeSpan.FromSeconds(2), out milliseconds));
        Assert.Equal(2000, milliseconds);
        Assert.False(Values.TryMilliseconds("12", out _));
    }

    [Theory, MemberData(nameof(Table), DisableDiscoveryEnumeration = true)]
    public void AValueWeighsNoLessThanItsJson(object? value, string json, string text) =>
        Assert.InRange(RowWeight.Of(value), Math.Min(32, Encoding.UTF8.GetByteCount(json)), 128 + 3 * text.Length);

    // The repository builds with invariant globalization, so the hostile culture is made by hand.
    static void InAnotherCulture(Action assert)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NegativeSign = "minus ";
        culture.NumberFormat.NaNSymbol = "kein";
        culture.DateTimeFormat.TimeSeparator = ".";
        culture.DateTimeFormat.DateSeparator = "/";
        CultureInfo.CurrentCulture = culture;
        try
        {
            assert();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    static JsonElement Element(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    static string Json(object? value)
    {
        using var json = new JsonBuffer();
        Values.Write(value, json);
        return Encoding.UTF8.GetString(json.Written);
    }
}
