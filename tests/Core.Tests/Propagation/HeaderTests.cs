using System.Text;
using Braintrust.Logging.Propagation;
using CsCheck;

namespace Braintrust.Logging.Tests.Propagation;

/// <summary>The tables of PROTOCOL section 20, header by header.</summary>
public sealed class HeaderTests
{
    const string Trace = "0af7651916cd43dd8448eb211c80319c";
    const string Span = "b7ad6b7169203331";

    [Theory]
    [InlineData($"00-{Trace}-{Span}-01", 1)]
    [InlineData($"  00-{Trace}-{Span}-00\t", 0)]
    [InlineData($"00-{Trace}-{Span}-ff", 255)]
    public void AValidTraceparentIsRead(string text, int flags)
    {
        Assert.True(TraceParent.TryParse(text, out var parent));
        Assert.Equal(flags, parent.Flags);
        Assert.Equal(text.Trim(), parent.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData($"01-{Trace}-{Span}-01")]
    [InlineData($"ff-{Trace}-{Span}-01")]
    [InlineData($"00-{Trace}-{Span}-01-more")]
    [InlineData($"00-{Trace}-{Span}-1")]
    [InlineData($"00-{Trace}-{Span}")]
    [InlineData($"00_{Trace}-{Span}-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01")]
    [InlineData("00- af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x")]
    [InlineData($"00-{Trace}-{Span}-01,00-{Trace}-{Span}-01")]
    public void AnythingElseCountsAsAbsent(string? text) => Assert.False(TraceParent.TryParse(text, out _));

    [Theory]
    [InlineData("braintrust.parent=project_name%3Ashop", "project_name:shop")]
    [InlineData("braintrust.parent=project_name:shop", "project_name:shop")] // a colon may stand as it is
    [InlineData("a=1, braintrust.parent = project_name:x%20y%2Cz ;p=1,b=2", "project_name:x y,z")]
    [InlineData("braintrust.parent=project_name:a+b", "project_name:a+b")]
    [InlineData("braintrust.parent=one,braintrust.parent=two", "two")]
    [InlineData("braintrust%2Eparent=x", "x")]
    [InlineData("braintrust.parent=%e2%82%ac", "€")]
    [InlineData("braintrust.parent=a=b", "a=b")]
    [InlineData("braintrust.parent=", "")]
    [InlineData("Braintrust.Parent=x", null)] // keys are case-sensitive
    [InlineData("braintrust.parent", null)]
    [InlineData("=x,;;,braintrust.parent;p=x", null)]
    [InlineData("braintrust.parent=%", null)]
    [InlineData("braintrust.parent=%zz", null)]
    [InlineData("braintrust.parent=%ff%fe", null)]
    [InlineData("braintrust.parent=naïve", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void OurMemberIsFoundAmongOthers(string? header, string? parent) => Assert.Equal(parent, Baggage.Parent(header));

    [Theory]
    [InlineData(null, "p:x", "braintrust.parent=p%3Ax")]
    [InlineData("a=1%2Fb;prop=2 , b=ü", "p", "a=1%2Fb;prop=2,b=ü,braintrust.parent=p")] // others pass through byte for byte
    [InlineData("braintrust.parent=old,a=1,braintrust%2Eparent=older", "p", "a=1,braintrust.parent=p")]
    [InlineData("a=1,,garbage, =x,b=2", "p", "a=1,b=2,braintrust.parent=p")]
    [InlineData("a=1,braintrust.parent=old", null, "a=1")]
    [InlineData(null, null, null)]
    public void OurMemberJoinsOthers(string? existing, string? parent, string? merged) => Assert.Equal(merged, Baggage.Merge(existing, parent));

    [Fact]
    public void OfTooManyMembersWholeOnesStayAndOursIsAmongThem()
    {
        var many = string.Join(',', Enumerable.Range(0, 100).Select(i => $"k{i}=v"));
        var merged = Baggage.Merge(many, "p")!.Split(',');
        Assert.Equal(64, merged.Length);
        Assert.Equal("k62=v", merged[62]);
        Assert.Equal("braintrust.parent=p", merged[63]);

        Assert.Null(Baggage.Parent(many + ",braintrust.parent=late")); // the 101st
        Assert.Equal("p", Baggage.Parent(Baggage.Merge(many, "p")));
    }

    [Fact]
    public void OfTooManyBytesWholeMembersStayAndOursIsAmongThem()
    {
        var long1 = "a=" + new string('ä', 2000); // two bytes each
        var long2 = "b=" + new string('x', 4100);
        var merged = Baggage.Merge($"{long1},{long2},{long2}", "p")!;
        Assert.Equal($"{long1},{long2},braintrust.parent=p", merged);
        Assert.Equal($"{long1},braintrust.parent=p", Baggage.Merge($"{long1},{long2}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,c=1", "p"));
        Assert.True(Encoding.UTF8.GetByteCount(merged) <= 8192);

        Assert.Equal("a=1", Baggage.Merge("a=1", new string('p', 9000))); // ours cannot fit: better none than a part
        Assert.Null(Baggage.Parent($"{long1},{long2},{long2},braintrust.parent=p"));
        Assert.Null(Baggage.Parent("a=" + new string('x', 10_000_000) + ",braintrust.parent=p"));
    }

    [Theory]
    [InlineData("shop", "shop")]
    [InlineData("project_name:shop", "project_name%3Ashop")] // a colon need not be encoded; JavaScript does it too
    [InlineData("two words", "two%20words")] // never a plus
    [InlineData("a+b", "a%2Bb")]
    [InlineData("100%", "100%25")]
    [InlineData("%41", "%2541")]
    [InlineData("a,b;c=d", "a%2Cb%3Bc%3Dd")]
    [InlineData("\"\\", "%22%5C")]
    [InlineData("\r\n\t\0", "%0D%0A%09%00")]
    [InlineData("é€", "%C3%A9%E2%82%AC")]
    [InlineData("🙂", "%F0%9F%99%82")]
    [InlineData("-_.~", "-_.~")]
    [InlineData("", "")]
    public void AValueIsPercentEncodedUtf8(string value, string encoded)
    {
        Assert.Equal(encoded, Baggage.Encode(value));
        Assert.Equal(value, Baggage.Decode(encoded));
        Assert.Equal(value, Baggage.Decode(encoded.Replace("%C3%A9%E2%82%AC", "%c3%a9%e2%82%ac"))); // digits in either case
    }

    [Fact]
    public void ALoneSurrogateIsTheReplacementCharacter() => Assert.Equal("%EF%BF%BD", Baggage.Encode("\ud83d"));

    [Theory]
    [InlineData("a=1", "p", "braintrust.parent=p,a=1")]
    [InlineData("a=,braintrust.parent=old,b=2", "p", "braintrust.parent=p,a=,b=2")]
    [InlineData(null, "p", "braintrust.parent=p")]
    public void OursMayStandBeforeTheOthers(string? existing, string parent, string merged) => Assert.Equal(merged, Baggage.Merge(existing, parent, isFirst: true));

    [Fact]
    public void EncodingAndDecodingAreInverse() => Gen.String.Sample(text =>
    {
        var encoded = Baggage.Encode(text);
        var whole = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)); // a lone surrogate is U+FFFD in a row too
        return Baggage.Decode(encoded) == whole && encoded.All(c => c is (>= '0' and <= '9') or (>= 'A' and <= 'Z') or (>= 'a' and <= 'z') or '%' or '-' or '_' or '.' or '~');
    });

    [Fact]
    public void NoHeaderIsTooStrange() => Gen.String.Sample(text =>
    {
        _ = Baggage.Parent(text);
        _ = Baggage.Merge(text, text);
        _ = Baggage.Parent("braintrust.parent=" + text);
        _ = BraintrustPropagation.Extract([new("baggage", text), new("traceparent", text), new(text, text)]);
    });
}
