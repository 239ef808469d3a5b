using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Dynamic;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Braintrust.Logging.Rows;
using CsCheck;

namespace Braintrust.Logging.Tests.Rows;

public class ValueObjectTests
{
    [Fact]
    public void WhatChangesAfterTheLogCallIsNotSeen()
    {
        var list = new List<object> { 1 };
        var map = new Dictionary<string, object> { ["list"] = list };
        object? frozen = Values.Freeze(map);
        list.Add(2);
        map.Clear();
        Assert.Equal("""{"list":[1]}""", Values.Text(frozen));
    }

    public static TheoryData<object, string> Maps => new()
    {
        { new Dictionary<string, object?> { ["a"] = 1, ["b"] = null }, """{"a":1,"b":null}""" },
        { new Dictionary<int, string> { [1] = "x" }, """{"1":"x"}""" },
        { new Dictionary<DayOfWeek, double> { [DayOfWeek.Monday] = 0.5 }, """{"Monday":0.5}""" },
        { new Dictionary<Point, int> { [new Point(1, 2)] = 3 }, """{"Point { X = 1, Y = 2 }":3}""" },
        { new Hashtable { ["a"] = 1 }, """{"a":1}""" },
        { new SortedList<string, int> { ["b"] = 2, ["a"] = 1 }, """{"a":1,"b":2}""" },
        { new ConcurrentDictionary<string, int>([new("a", 1)]), """{"a":1}""" },
        { ImmutableDictionary<string, int>.Empty.Add("a", 1), """{"a":1}""" },
        { Expando(), """{"a":1}""" },
        { new List<KeyValuePair<string, object?>> { new("a", 1), new("b", "x") }, """{"a":1,"b":"x"}""" },
        { new KeyValuePair<string, string?>[] { new("a", "x") }, """{"a":"x"}""" },
        { new KeyValuePair<Guid, int>[] { new(Guid.Empty, 1) }, """{"00000000-0000-0000-0000-000000000000":1}""" },
        { new ReadOnlyMap(), """{"a":1}""" },
        { new JsonObject { ["a"] = 1, ["b"] = new JsonArray(1, "x", null) }, """{"a":1,"b":[1,"x",null]}""" },
    };

    [Theory, MemberData(nameof(Maps), DisableDiscoveryEnumeration = true)]
    public void AnyKindOfMapIsAnObject(object value, string json) => Assert.Equal(json, Values.Text(Values.Freeze(value)));

    enum Speaker
    {
        User,
    }

    sealed record Message(string Role, object? Content, string? Name = null);

    sealed record Turn(Speaker Role, string Content);

    sealed record Guess(Speaker? Role, string Content);

    sealed record Post(string Role, string Body);

    sealed record Named([property: JsonPropertyName("Role")] string Role, [property: JsonPropertyName("Content")] string Content);

    public static TheoryData<object, string> Messages => new()
    {
        { new[] { new Message("user", "hi"), new Message("assistant", new[] { 1 }, "Butler") }, """[{"role":"user","content":"hi","name":null},{"role":"assistant","content":[1],"name":"Butler"}]""" },
        { new Turn(Speaker.User, "hi"), """{"role":"user","content":"hi"}""" },
        { new Guess(Speaker.User, "hi"), """{"role":"user","content":"hi"}""" },
        { new Guess(null, "hi"), """{"role":null,"content":"hi"}""" },
        { new { Role = "tool", ToolCallId = "c1", Content = "sunny", Tokens = 3 }, """{"role":"tool","tool_call_id":"c1","content":"sunny","Tokens":3}""" },
        { new Named("user", "hi"), """{"Role":"user","Content":"hi"}""" },
        { new Post("Editor", "news"), """{"Role":"Editor","Body":"news"}""" },
        { new { Role = new { Id = 1 }, Content = "x" }, """{"Role":{"Id":1},"Content":"x"}""" },
        { new Dictionary<string, object> { ["Role"] = "user", ["Content"] = "hi" }, """{"Role":"user","Content":"hi"}""" },
    };

    [Theory, MemberData(nameof(Messages), DisableDiscoveryEnumeration = true)]
    public void AChatMessageHasTheNamesThatAreShownAsAChat(object value, string json) => Assert.Equal(json, Values.Text(Values.Freeze(value)));

    public static TheoryData<object, string> Lists => new()
    {
        { new[] { 1, 2 }, "[1,2]" },
        { new List<object?> { 1, null, "x", true }, """[1,null,"x",true]""" },
        { new HashSet<string> { "a" }, """["a"]""" },
        { Enumerable.Range(0, 3).Select(i => i * 0.5), "[0,0.5,1]" },
        { new[,] { { 1, 2 }, { 3, 4 } }, "[1,2,3,4]" },
        { new ReadOnlyMemory<float>([0.5f, 1]), "[0.5,1]" },
        { new byte[][] { [1, 2, 3] }, """["AQID"]""" },
        { Array.Empty<int>(), "[]" },
    };

    [Theory, MemberData(nameof(Lists), DisableDiscoveryEnumeration = true)]
    public void AnyKindOfSequenceIsAList(object value, string json) => Assert.Equal(json, Values.Text(Values.Freeze(value)));

    public static TheoryData<object, string> Objects => new()
    {
        { new { Name = "Ann", Age = 42 }, """{"Name":"Ann","Age":42}""" },
        { new Point(1, 2), """{"X":1,"Y":2}""" },
        { ("a", 1), """{"Item1":"a","Item2":1}""" },
        { (1, 2, 3, 4, 5, 6, 7, 8, 9), """{"Item1":1,"Item2":2,"Item3":3,"Item4":4,"Item5":5,"Item6":6,"Item7":7,"Item8":8,"Item9":9}""" },
        { Tuple.Create(1, "x"), """{"Item1":1,"Item2":"x"}""" },
        { new KeyValuePair<string, int>("a", 1), """{"Key":"a","Value":1}""" },
        { new DictionaryEntry("a", 1), """{"Key":"a","Value":1}""" },
        { new Annotated { Maybe = null }, """{"renamed \"it\"":1,"Always":2}""" },
        { new Annotated { Maybe = "x" }, """{"renamed \"it\"":1,"Maybe":"x","Always":2}""" },
        { new Odd(), """{"Plain":1}""" },
        { new Derived(), """{"Hidden":"derived","Virtual":"derived"}""" },
    };

    [Theory, MemberData(nameof(Objects), DisableDiscoveryEnumeration = true)]
    public void AnObjectIsItsPublicProperties(object value, string json) => Assert.Equal(json, Values.Text(Values.Freeze(value)));

    [Fact]
    public void AJsonElementIsCopiedWithoutItsCommentsAndWithItsDigits()
    {
        var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        object? frozen;
        using (JsonDocument document = JsonDocument.Parse("""{"a":[0.5,/* why */"\u00e9",{}],"b":18446744073709551615,"c":1e999,}""", options))
            frozen = Values.Freeze(document.RootElement);
        Assert.Equal("""{"a":[0.5,"é",{}],"b":18446744073709551615,"c":1e999}""", Values.Text(frozen));
    }

    [Fact]
    public void ADisposedDocumentLeavesAMark()
    {
        JsonDocument document = JsonDocument.Parse("{}");
        JsonElement root = document.RootElement;
        document.Dispose();
        Assert.Equal("<error: ObjectDisposedException>", Values.Freeze(document));
        Assert.Equal("<error: ObjectDisposedException>", Values.Freeze(root));
        Assert.Equal("""{"root":"<error: ObjectDisposedException>"}""", Values.Text(Values.Freeze(new { root })));
    }

    [Fact]
    public void AnyNestedValueIsValidJson() => Nested.Sample(value =>
    {
        using var json = new JsonBuffer(16);
        Values.Write(Values.Freeze(value), json);
        using JsonDocument document = JsonDocument.Parse(json.Written.ToArray(), new JsonDocumentOptions { MaxDepth = 100 });
    });

    [Fact]
    public void AMapIsReadOneLevelDeep()
    {
        object? frozen = Values.Freeze(new { Count = 3, Ratio = 0.5, Ok = true, Name = "é\"", None = (string?)null, Inner = new { A = new[] { 1, 2 } } });
        var members = new List<KeyValuePair<string, object?>>();
        Assert.True(Values.TryReadMap(frozen, members));
        Assert.Equal(["Count", "Ratio", "Ok", "Name", "None", "Inner"], members.Select(member => member.Key));
        Assert.Equal([3L, 0.5, true, "é\"", null], members.Take(5).Select(member => member.Value));
        JsonText inner = Assert.IsType<JsonText>(members[5].Value);
        Assert.Equal("""{"A":[1,2]}""", inner.ToString());

        members.Clear();
        Assert.True(Values.TryReadMap(inner, members));
        Assert.Equal("[1,2]", Values.Text(members.Single().Value));
    }

    [Fact]
    public void AListIsReadOneLevelDeep()
    {
        var items = new List<object?>();
        Assert.True(Values.TryReadList(Values.Freeze(new object?[] { 1, "x", null, new[] { 2 }, new { B = 1 } }), items));
        Assert.Equal([1L, "x", null, "[2]", """{"B":1}"""], items.Select(item => item is JsonText text ? text.ToString() : item));
    }

    [Fact]
    public void ANumberIsReadWithAllItsDigits()
    {
        var items = new List<object?>();
        Assert.True(Values.TryReadList(Values.Freeze(new object[] { long.MinValue, ulong.MaxValue, 2.0 / 3, -0.0, 1e300, double.NaN }), items));
        Assert.Equal([long.MinValue, "18446744073709551615", 2.0 / 3, 0L, 1e300, "NaN"], items.Select(item => item is JsonText text ? text.ToString() : item));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData(5)]
    public void AScalarIsNeitherMapNorList(object? value)
    {
        Assert.False(Values.TryReadMap(value, []));
        Assert.False(Values.TryReadList(value, []));
    }

    [Fact]
    public void AMapIsNoListAndAListNoMap()
    {
        Assert.False(Values.TryReadList(Values.Freeze(new { A = 1 }), []));
        Assert.False(Values.TryReadMap(Values.Freeze(new[] { 1 }), []));
    }

    static readonly Gen<object?> Leaf = Gen.OneOf(
        Gen.Const((object?)null),
        Gen.String.Select(text => (object?)text),
        Gen.String[Gen.Char['\0', '\uffff'], 0, 30].Select(text => (object?)text),
        Gen.Double.Select(number => (object?)number),
        Gen.Float.Select(number => (object?)number),
        Gen.Long.Select(number => (object?)number),
        Gen.Decimal.Select(number => (object?)number),
        Gen.DateTime.Select(time => (object?)time),
        Gen.Guid.Select(id => (object?)id),
        Gen.Byte.Array[0, 30].Select(bytes => (object?)bytes),
        Gen.Const((object?)new Bad()));

    static readonly Gen<object?> Nested = Gen.Recursive<object?>((depth, inner) => depth > 40 ? Leaf : Gen.OneOf(
        Leaf,
        inner.Array[0, 4].Select(items => (object?)items),
        inner.Select(value => (object?)new { value }),
        inner.Select(value => (object?)(value, 1)),
        Gen.Select(Gen.String, inner).Array[0, 4].Select(pairs => (object?)pairs.Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2)).ToList())));

    static ExpandoObject Expando()
    {
        var expando = new ExpandoObject();
        ((IDictionary<string, object?>)expando)["a"] = 1;
        return expando;
    }

    sealed class Bad
    {
        public int Fails => throw new NotSupportedException();
        public int Works => 1;
    }

    readonly record struct Point(int X, int Y);

    sealed class Annotated
    {
        [JsonPropertyName("renamed \"it\"")]
        public int Original => 1;

        [JsonIgnore]
        public string Secret => "no";

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Maybe { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public int Always => 2;
    }

    sealed class Odd
    {
        int _field = 1;
        public static int Static => 1;
        public int this[int index] => index;
        public int WriteOnly { set => _field = value; }
        public int PrivateGet { private get; set; }
        public Span<byte> Span => default;
        public ref int Reference => ref _field;
        internal int Internal => 1;
        int Private => 1;
        public int Plain => 1;
    }

    class Base
    {
        public int Hidden => 1;
        public virtual string Virtual => "base";
    }

    sealed class Derived : Base
    {
        public new string Hidden => "derived";
        public override string Virtual => "derived";
    }

    sealed class ReadOnlyMap : IReadOnlyDictionary<string, int>
    {
        public int this[string key] => 1;
        public IEnumerable<string> Keys => ["a"];
        public IEnumerable<int> Values => [1];
        public int Count => 1;
        public bool ContainsKey(string key) => true;
        public bool TryGetValue(string key, out int value) => (value = 1) == 1;
        public IEnumerator<KeyValuePair<string, int>> GetEnumerator() => Enumerable.Repeat(KeyValuePair.Create("a", 1), 1).GetEnumerator();
        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
