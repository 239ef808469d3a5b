using System.Text.Json.Serialization;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Compliance.Classification;

namespace Braintrust.Logging.Tests.Rows;

/// <summary>What is classified is erased wherever the language lets the attribute stand; all else is captured as before.</summary>
public class ClassifiedTests
{
    const string Secret = "s3cret-4711";

    sealed class PrivateAttribute() : DataClassificationAttribute(new DataClassification("Test", "Private"));

    class NearlyPrivateAttribute(DataClassification classification) : DataClassificationAttribute(classification);

    sealed class QuiteOpenAttribute() : NearlyPrivateAttribute(DataClassification.None);

    sealed class DeeplyPrivateAttribute() : NearlyPrivateAttribute(new DataClassification("Test", "Deep"));

    class OnProperty
    {
        [Private] public virtual string A => Secret;
        [DeeplyPrivate] public int? B => 4711;
        [Private] public string? C => null;
        [UnknownDataClassification] public object D => new { Secret };
    }

    sealed class Overridden : OnProperty
    {
        public override string A => base.A;
    }

    sealed class OnField
    {
        [field: Private] public string A { get; } = Secret;
    }

    record OnParameter([Private] string A, string B);

    sealed record Derived([Private] string B) : OnParameter("", B);

    interface IHasSecret
    {
        [Private] string A { get; }
        string this[int index] { get; }
        string this[string index] { get; }
    }

    sealed class OnInterface : IHasSecret
    {
        public string A => Secret;
        public string this[int index] => "";
        public string this[string index] => "";
    }

    [Private]
    class OnType
    {
        public override string ToString() => Secret;
    }

    sealed class OnBase : OnType;

    [Private]
    readonly record struct OnStruct(string A);

    [Private]
    interface ISecret;

    sealed class Implements : List<string>, ISecret;

    sealed class Formattable : IFormattable
    {
        [Private] public string A => Secret;
        public string ToString(string? format, IFormatProvider? provider) => Secret;
    }

    sealed class NothingToSee
    {
        [Private] readonly string _secret = Secret;
        public override string ToString() => _secret;
    }

    sealed class Open
    {
        [NoDataClassification] public string A => "a";
        [QuiteOpen] public int B => 2;
    }

    sealed class Throws
    {
        [Private] public string A => throw new InvalidOperationException(Secret);
    }

    static string Frozen(object? value) => Values.Text(Values.Freeze(value));

    public static TheoryData<object, string> Everywhere => new()
    {
        { new OnProperty(), """{"A":"<redacted>","B":"<redacted>","C":null,"D":"<redacted>"}""" },
        { new Overridden(), """{"A":"<redacted>","B":"<redacted>","C":null,"D":"<redacted>"}""" },
        { new OnField(), """{"A":"<redacted>"}""" },
        { new OnParameter(Secret, "b"), """{"A":"<redacted>","B":"b"}""" },
        { new Derived(Secret), """{"A":"<redacted>","B":"<redacted>"}""" },
        { new OnInterface(), """{"A":"<redacted>"}""" },
        { new OnType(), "<redacted>" },
        { new OnBase(), "<redacted>" },
        { new OnStruct(Secret), "<redacted>" },
        { new Implements { Secret }, "<redacted>" },
        { new Formattable(), """{"A":"<redacted>"}""" },
        { new NothingToSee(), "<redacted>" },
        { new Lazy<OnParameter>(new OnParameter(Secret, "b")), "<not captured: Lazy`1>" },
        { new Throws(), """{"A":"<error: InvalidOperationException>"}""" },
        { new { It = new OnType(), All = new object[] { new OnStruct(Secret), 1 } }, """{"It":"<redacted>","All":["<redacted>",1]}""" },
        { (new OnParameter(Secret, "b"), 1), """{"Item1":{"A":"<redacted>","B":"b"},"Item2":1}""" },
        { new Dictionary<object, object> { [new OnParameter(Secret, "b")] = 1, [new OnType()] = 2 }, """{"<redacted>":1,"<redacted>":2}""" },
        { new Dictionary<string, object> { ["a"] = new OnStruct(Secret) }, """{"a":"<redacted>"}""" },
    };

    [Theory]
    [MemberData(nameof(Everywhere), DisableDiscoveryEnumeration = true)]
    public void IsErasedWithAMark(object value, string expected)
    {
        var isWithheld = false;
        Assert.Equal(expected, Values.Text(Values.Freeze(value, null, ref isWithheld)));
        Assert.True(isWithheld);
        Assert.Equal(expected, Frozen(value)); // from what is known of the type
    }

    [Fact]
    public void WhatWasFoundToNeedNoProtectionPasses()
    {
        var isWithheld = false;
        Assert.Equal("""{"A":"a","B":2}""", Values.Text(Values.Freeze(new Open(), null, ref isWithheld)));
        Values.Freeze(new { Version = new Version(1, 2), When = DateTime.UnixEpoch, List = new[] { 1 }, Address = System.Net.IPAddress.Loopback }, null, ref isWithheld);
        Assert.False(isWithheld);
    }

    record Node([property: JsonIgnore] Node? Next, [property: JsonIgnore] OnParameter? Hidden);

    [Fact]
    public void WhatIsNotCapturedButStandsInTheTextIsKnownToBeWithheld()
    {
        var isWithheld = false;
        Assert.Equal("<redacted>", Values.Freeze(new Node(null, new(Secret, "")), null, ref isWithheld));
        Assert.True(isWithheld);
    }

    /// <summary>A front end whose application has a word for what is classified.</summary>
    sealed class Redacting(Func<object, string?> redact) : FrontEnd(FrontEndSettings.From(new BraintrustOptions()))
    {
        public Attribute[] Asked { get; private set; } = [];

        public override string Name => "test";

        public override string? Redact(object value, Attribute[] classifications)
        {
            Asked = classifications;
            return redact(value);
        }
    }

    [Fact]
    public void AFrontEndMayHaveItsOwnWordForIt()
    {
        var stars = new Redacting(value => new string('*', $"{value}".Length));
        Assert.Equal("""{"A":"***********","B":"b"}""", Values.Text(Values.Freeze(new OnParameter(Secret, "b"), stars)));
        Assert.IsType<PrivateAttribute>(Assert.Single(stars.Asked));
        Assert.Equal("***********", Values.Freeze(new OnType(), stars));
        Assert.Equal("<redacted>", Values.Freeze(new OnType(), new Redacting(_ => null)));
        Assert.Equal("<redacted>", Values.Freeze(new OnType(), new Redacting(_ => throw new InvalidOperationException(Secret))));
        Assert.True(((string)Values.Freeze(new OnType(), new Redacting(_ => new string('x', 1_000_000)))!).Length <= ValueLimits.StringChars);
    }

    [Fact]
    public async Task SpansByCodeEraseToo()
    {
        await using var server = await FakeBraintrust.StartAsync();
        await using var client = new BraintrustClient(new BraintrustOptions { ApiKey = server.ApiKey, AppUrl = server.Url.ToString(), Project = "p" });
        var logger = client.GetLogger(setCurrent: false);
        using (var span = logger.StartSpan("work", input: new OnParameter(Secret, "in"), metadata: new OnParameter(Secret, "meta")))
        {
            span.Log(output: new[] { new OnParameter(Secret, "out") }, expected: new OnType(), error: new OnType(), metadata: new { It = new OnType() });
        }
        logger.UpdateSpan(logger.Log(output: new OnType()), expected: new OnType());
        await client.FlushAsync();
        Assert.DoesNotContain(server.Requests.Entries, request => request.Body.Contains(Secret, StringComparison.Ordinal));
        Assert.Equal("<redacted>", (string?)server.Stored("p")[0]["metadata"]!["A"]);
    }
}
