using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Braintrust.Logging.Rows;
using CsCheck;

namespace Braintrust.Logging.Tests.Rows;

public class JsonBufferTests
{
    [Fact]
    public void CommasComeByThemselves() =>
        Assert.Equal("""{"a":1,"b":[true,null,"x",{}],"c":{"d":[]},"e":-0.5}""", Json(json =>
        {
            json.BeginObject();
            json.Name("a");
            json.Number(1);
            json.RawName("\"b\":"u8);
            json.BeginArray();
            json.Bool(true);
            json.Null();
            json.String("x");
            json.BeginObject();
            json.EndObject();
            json.EndArray();
            json.Name("c".AsSpan());
            json.BeginObject();
            json.Name("d");
            json.BeginArray();
            json.EndArray();
            json.EndObject();
            json.Name("e");
            json.Raw("-0.5"u8);
            json.EndObject();
        }));

    [Theory]
    [InlineData("", "\"\"")]
    [InlineData("plain", "\"plain\"")]
    [InlineData("a\"b\\c/<>&'+", "\"a\\\"b\\\\c/<>&'+\"")]
    [InlineData("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"")]
    [InlineData("\0\u001f\u007f", "\"\\u0000\\u001f\u007f\"")]
    [InlineData("é € 😀 \u2028 \uFEFF \u202E", "\"é € 😀 \u2028 \uFEFF \u202E\"")]
    [InlineData("{[:,", "\"{[:,\"")]
    public void TextIsEscapedAsLittleAsJsonAllows(string text, string expected) =>
        Assert.Equal(expected, Json(json => json.String(text)));

    // Not in attributes: their strings are UTF-8 and cannot hold these.
    [Theory]
    [InlineData(-0.0), InlineData(1), InlineData(-1), InlineData(120), InlineData(0.5), InlineData(1234.25), InlineData(999_999_999_999_999), InlineData(1e15), InlineData(9007199254740993), InlineData(1e300)]
    public void ADoubleIsWrittenAsThePlatformWritesIt(double number) =>
        Assert.Equal(number.ToString(CultureInfo.InvariantCulture), Json(json => json.Number(number)));

    // The least and the greatest that are written by their decimals, and their neighbours; halves that round; more decimals than seven; fifteen digits.
    [Theory]
    [InlineData(0.0001), InlineData(0.000099999999999999), InlineData(99999999.9999999), InlineData(99999999.99999999), InlineData(1e8 + 0.5), InlineData(0.1), InlineData(0.3), InlineData(412.5)]
    [InlineData(0.0001234), InlineData(0.00012345), InlineData(0.12345675), InlineData(12345678.1234567), InlineData(1.0000001), InlineData(-412.5), InlineData(0.1 + 0.2), InlineData(100.00000001)]
    public void AFractionIsWrittenAsThePlatformWritesIt(double number)
    {
        foreach (double near in new[] { number, double.BitIncrement(number), double.BitDecrement(number) })
            Assert.Equal(near.ToString(CultureInfo.InvariantCulture), Json(json => json.Number(near)));
    }

    [Fact]
    public void ADecimalOfAnySizeIsWrittenAsThePlatformWritesIt() =>
        Gen.Select(Gen.Long[1, 1_000_000_000_000_000], Gen.Int[0, 15]).Sample((digits, decimals) =>
        {
            double number = digits / Math.Pow(10, decimals);
            Assert.Equal(number.ToString(CultureInfo.InvariantCulture), Json(json => json.Number(number)));
        });

    public static TheoryData<string, string> LoneSurrogates => new()
    {
        { "\ud83d", "\uFFFD" },
        { "\ude00", "\uFFFD" },
        { "a\ud83d\"b", "a\uFFFD\"b" },
        { "\ude00\ud83d", "\uFFFD\uFFFD" },
        { "\ud83d😀", "\uFFFD😀" },
    };

    [Theory, MemberData(nameof(LoneSurrogates), DisableDiscoveryEnumeration = true)]
    public void ALoneSurrogateBecomesAReplacementCharacter(string text, string expected) =>
        Assert.Equal(expected, Parsed(json => json.String(text)).GetString());

    [Fact]
    public void AnyTextComesBackAsItWas() => Text.Sample(text =>
        Assert.Equal(WellFormed(text), Parsed(json => json.String(text)).GetString()));

    [Fact]
    public void AnyNameComesBackAsItWas() => Text.Sample(name => Assert.Equal(WellFormed(name), Parsed(json =>
    {
        json.BeginObject();
        json.Name(name);
        json.Null();
        json.EndObject();
    }).EnumerateObject().Single().Name));

    [Fact]
    public void TextLongerThanTheBufferIsWrittenWhole()
    {
        string text = string.Concat(Enumerable.Repeat("0123456789é€😀\n", 20_000));
        Assert.Equal(text, Parsed(json => json.String(text)).GetString());
    }

    [Fact]
    public void LimitedTextEndsInAMarkThatSaysHowLongItWas()
    {
        string text = new('x', 500);
        string cut = Parsed(json => json.String(text, 100)).GetString()!;
        Assert.Equal(100, cut.Length);
        Assert.EndsWith("x…[truncated, 500 characters in all]", cut);
    }

    [Fact]
    public void TextWithinTheLimitIsLeftAlone() =>
        Assert.Equal("\"12345\"", Json(json => json.String("12345", 5)));

    [Fact]
    public void CuttingNeverPartsASurrogatePair()
    {
        string text = string.Concat(Enumerable.Repeat("😀", 200));
        for (int limit = 0; limit < 120; limit++)
        {
            string cut = Parsed(json => json.String(text, limit)).GetString()!;
            Assert.DoesNotContain('\uFFFD', cut);
            Assert.EndsWith("…[truncated, 400 characters in all]", cut);
        }
    }

    [Theory]
    [InlineData(double.NaN, "\"NaN\"")]
    [InlineData(double.PositiveInfinity, "\"Infinity\"")]
    [InlineData(double.NegativeInfinity, "\"-Infinity\"")]
    [InlineData(-0.0, "-0")]
    [InlineData(0.1, "0.1")]
    [InlineData(1e21, "1E+21")]
    [InlineData(double.Epsilon, "5E-324")]
    [InlineData(double.MaxValue, "1.7976931348623157E+308")]
    public void ANumberThatJsonCannotSayIsText(double number, string expected) =>
        Assert.Equal(expected, Json(json => json.Number(number)));

    [Fact]
    public void ANumberThatMustBeFiniteIsRefusedOtherwise()
    {
        using var json = new JsonBuffer();
        Assert.False(json.TryFiniteNumber(double.NaN));
        Assert.False(json.TryFiniteNumber(double.NegativeInfinity));
        Assert.Equal(0, json.Length);
        Assert.True(json.TryFiniteNumber(0.25));
        Assert.Equal("0.25"u8, json.Written);
    }

    [Fact]
    public void EveryWidthOfNumberIsExact() => Assert.Equal(
        "[-9223372036854775808,18446744073709551615,0.1,0.1,1.10,-79228162514264337593543950335," +
        "-170141183460469231731687303715884105728,340282366920938463463374607431768211455,-1000000000000000000000000000000]",
        Json(json =>
        {
            json.BeginArray();
            json.Number(long.MinValue);
            json.Number(ulong.MaxValue);
            json.Number(0.1f);
            json.Number((Half)0.1);
            json.Number(1.10m);
            json.Number(decimal.MinValue);
            json.Number(Int128.MinValue);
            json.Number(UInt128.MaxValue);
            json.Number(-BigInteger.Pow(10, 30));
            json.EndArray();
        }));

    [Fact]
    public void IdsAreLowerCaseHexOfFullWidth() => Assert.Equal(
        """["00000000000000ab","000000000000000000000000000000ff","0f8fad5b-d9cb-469f-a165-70867728950e"]""",
        Json(json =>
        {
            json.BeginArray();
            json.Hex(0xABul);
            json.Hex((UInt128)0xFF);
            json.GuidString(new Guid("0F8FAD5B-D9CB-469F-A165-70867728950E"));
            json.EndArray();
        }));

    [Theory]
    [InlineData("2026-11-22T14:38:41.8780001+02:00", "\"2026-11-22T12:38:41.878Z\"")]
    [InlineData("0001-01-01T00:00:00+00:00", "\"0001-01-01T00:00:00.000Z\"")]
    [InlineData("9999-12-31T23:59:59.9999999+00:00", "\"9999-12-31T23:59:59.999Z\"")]
    public void ATimeIsWrittenInUtcToTheMillisecond(string time, string expected) =>
        Assert.Equal(expected, Json(json => json.Utc(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture))));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(17953559218780001, "1795355921.8780001")]
    [InlineData(17953559218780000, "1795355921.878")]
    [InlineData(17953559210000000, "1795355921")]
    [InlineData(17953559210000001, "1795355921.0000001")]
    [InlineData(-1, "-0.0000001")]
    [InlineData(-15000000, "-1.5")]
    public void UnixSecondsAreExactToTheTick(long ticksSince1970, string expected) =>
        Assert.Equal(expected, Json(json => json.UnixSeconds(DateTime.UnixEpoch.Ticks + ticksSince1970)));

    [Fact]
    public void UnixSecondsOfAnyTimeGiveItsTicksBack() =>
        Gen.Long[0, DateTime.MaxValue.Ticks].Sample(ticks =>
        {
            decimal seconds = decimal.Parse(Json(json => json.UnixSeconds(ticks)), CultureInfo.InvariantCulture);
            Assert.Equal(ticks, (long)(seconds * TimeSpan.TicksPerSecond) + DateTime.UnixEpoch.Ticks);
        });

    [Fact]
    public void WritingGoesOnCorrectlyFromAnyEarlierLength()
    {
        using var json = new JsonBuffer();
        json.BeginArray();
        int empty = json.Length;
        json.Number(1);
        int one = json.Length;
        json.BeginObject();
        json.Name("half");
        json.Truncate(one);
        json.Number(2);
        Assert.Equal("[1,2"u8, json.Written);
        json.Truncate(empty);
        json.Number(3);
        json.EndArray();
        Assert.Equal("[3]"u8, json.Written);
    }

    [Fact]
    public void ABufferCannotBeCutToMoreThanItHolds()
    {
        using var json = new JsonBuffer();
        json.Null();
        Assert.Throws<ArgumentOutOfRangeException>(() => json.Truncate(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => json.Truncate(-1));
    }

    [Fact]
    public void ARolledBackMemberLeavesNoTrace() => Gen.Select(Text, Gen.Bool).Array[0, 20].Sample(members =>
    {
        string kept = Json(json => WriteAll(json, members.Where(member => member.Item2), rollBack: false));
        Assert.Equal(kept, Json(json => WriteAll(json, members, rollBack: true)));
    });

    [Fact]
    public void AClearedOrDisposedBufferStartsAgain()
    {
        var json = new JsonBuffer();
        json.Number(1);
        json.Clear();
        json.Number(2);
        Assert.Equal("2"u8, json.Written);
        json.Dispose();
        json.Dispose();
        Assert.Equal(0, json.Length);
        json.String("again");
        Assert.Equal("\"again\""u8, json.Written);
        json.Dispose();
    }

    [Fact]
    public void AWarmBufferAllocatesNothing()
    {
        using var json = new JsonBuffer(16 * 1024);
        WriteRow(json);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            json.Clear();
            WriteRow(json);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    static readonly Gen<string> Text = Gen.OneOf(
        Gen.String,
        Gen.String[Gen.Char["ab\"\\\n\0\u001f{[:,é€\u2028\ud83d\ude00"], 0, 60],
        Gen.String[Gen.Char['\0', '\uffff'], 0, 60]);

    static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    static void WriteAll(JsonBuffer json, IEnumerable<(string Name, bool Keep)> members, bool rollBack)
    {
        json.BeginObject();
        foreach ((string name, bool keep) in members)
        {
            int before = json.Length;
            json.Name(name);
            json.BeginArray();
            json.String(name);
            json.EndArray();
            if (rollBack && !keep)
                json.Truncate(before);
        }
        json.EndObject();
    }

    static void WriteRow(JsonBuffer json)
    {
        json.BeginObject();
        json.RawName("\"id\":"u8);
        json.GuidString(Guid.Empty);
        json.RawName("\"span_id\":"u8);
        json.Hex(1ul);
        json.RawName("\"root_span_id\":"u8);
        json.Hex((UInt128)1);
        json.RawName("\"created\":"u8);
        json.Utc(DateTimeOffset.UnixEpoch);
        json.RawName("\"input\":"u8);
        json.String("What is the answer to \"everything\"?\né😀");
        json.Name("numbers");
        json.BeginArray();
        json.Number(42L);
        json.Number(0.1);
        json.Number(1.5m);
        json.Number(double.NaN);
        json.UnixSeconds(DateTime.UnixEpoch.Ticks + 5);
        json.EndArray();
        json.EndObject();
    }

    static string Json(Action<JsonBuffer> write)
    {
        using var json = new JsonBuffer(16);
        write(json);
        return Encoding.UTF8.GetString(json.Written);
    }

    static JsonElement Parsed(Action<JsonBuffer> write)
    {
        using var document = JsonDocument.Parse(Json(write));
        return document.RootElement.Clone();
    }
}
