using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Tests.Rows;

/// <summary>What an application may hand to a log call, and what must not come of it: an exception, a hang, a dead process.</summary>
public class ValueHostileTests
{
    const string Failed = "<error: InvalidOperationException>";

    [Fact]
    public void AThrowingGetterCostsOnlyItsMember() =>
        Assert.Equal($$"""{"Before":1,"Broken":"{{Failed}}","After":2}""", Text(new BrokenGetter()));

    [Fact]
    public void AThrowingToStringLeavesTheTypeOfItsException()
    {
        Assert.Equal(Failed, Values.Freeze(new BrokenText()));
        Assert.Equal($$"""{"{{Failed}}":1}""", Text(new Dictionary<BrokenText, int>(ReferenceEqualityComparer.Instance) { [new()] = 1 }));
    }

    [Fact]
    public void AThrowingFormatterLeavesTheTypeOfItsException() => Assert.Equal(Failed, Values.Freeze(new BrokenFormat()));

    [Fact]
    public void EqualsAndGetHashCodeAreNeverAsked() =>
        Assert.Equal("""[{"Value":1},{"Value":1}]""", Text(new[] { new BrokenEquality(), new BrokenEquality() }));

    [Fact]
    public void AnEnumeratorThatThrowsKeepsWhatCameBefore() => Assert.Equal($"""[1,"{Failed}"]""", Text(new BrokenSequence(1)));

    [Fact]
    public void AnEnumeratorThatCannotBeMadeIsAMark() => Assert.Equal($"""["{Failed}"]""", Text(new BrokenSequence(0)));

    [Fact]
    public void AMapThatThrowsKeepsWhatCameBefore() => Assert.Equal($$"""{"a":1,"…":"{{Failed}}"}""", Text(BrokenPairs()));

    [Fact]
    public void ADictionaryThatLiesIsAMark() => Assert.Equal("""{"…":"<error: NotImplementedException>"}""", Text(new LyingDictionary()));

    [Fact]
    public void ACycleIsCutWhereItCloses()
    {
        var map = new Dictionary<string, object>();
        map["self"] = map;
        Assert.Equal("""{"self":"<circular reference>"}""", Text(map));

        object[] one = new object[1], two = [one];
        one[0] = two;
        Assert.Equal("""[["<circular reference>"]]""", Text(one));
    }

    [Fact]
    public void TheSameObjectTwiceIsNoCycle()
    {
        var shared = new { A = 1 };
        Assert.Equal("""[{"A":1},{"A":1}]""", Text(new[] { shared, shared }));
    }

    [Fact]
    public void DepthEndsInAMark()
    {
        object value = "core";
        for (int i = 0; i < ValueLimits.Depth; i++)
            value = new[] { value };
        Assert.Contains("\"core\"", Text(value));
        Assert.Contains("[\"<max depth exceeded>\"]", Text(new[] { value }));
    }

    [Fact]
    public void AChainOfAHundredThousandObjectsEndsInAMark()
    {
        object[] value = [];
        for (int i = 0; i < 100_000; i++)
            value = [value];
        Assert.Contains("<max depth exceeded>", Text(value));
    }

    [Fact]
    public void GettersThatMakeEverMoreObjectsEndWithinTheBudget()
    {
        string text = Text(new Fractal());
        Assert.InRange(text.Length, 1000, ValueLimits.ValueBytes);
        Assert.Contains("<max depth exceeded>", text);
        Assert.Contains(ValueMarks.TooLarge, text);
    }

    [Fact]
    public void GettersThatKeepThrowingEndWithinTheBudget()
    {
        string text = Text(new BrokenFractal());
        Assert.Contains(ValueMarks.TooManyErrors, text);
        Assert.InRange(text.Split(Failed).Length, 900, 1100);
    }

    [Fact]
    public void AnEndlessSequenceIsAskedForOneMoreThanIsKept()
    {
        int asked = 0;
        IEnumerable<int> Endless()
        {
            while (true)
                yield return asked++;
        }
        string text = Text(Endless());
        Assert.Equal(ValueLimits.Items + 1, asked);
        Assert.EndsWith("""998,999,"<truncated: more than 1000 items>"]""", text);
    }

    [Fact]
    public void AMapWithTooManyMembersSaysSo() => Assert.EndsWith(
        ""","999":999,"…":"<truncated: more than 1000 items>"}""",
        Text(Enumerable.Range(0, 1_000_000).Select(i => KeyValuePair.Create(i.ToString(CultureInfo.InvariantCulture), i))));

    [Fact]
    public void ExactlyAsManyItemsAsAreKeptLeaveNoMark() =>
        Assert.EndsWith("998,999]", Text(Enumerable.Range(0, ValueLimits.Items)));

    [Fact]
    public void AValueOfManyMegabytesIsCutAndStaysValid()
    {
        string large = new('x', 100_000);
        string text = Text(Enumerable.Range(0, 500).Select(_ => new { Texts = new[] { large, large } }));
        Assert.InRange(text.Length, 900_000, ValueLimits.ValueBytes);
        Assert.EndsWith($"\"{ValueMarks.TooLarge}\"]}}]", text);
    }

    [Fact]
    public void TextThatGrowsByEscapingStaysWithinTheBudget() =>
        Assert.Equal($$"""{"…":"{{ValueMarks.TooLarge}}"}""", Text(new { Zeros = new string('\0', 250_000) }));

    [Fact]
    public void ANameOfAnyLengthIsCut() =>
        Assert.StartsWith("{\"nnnn", Text(new Dictionary<string, int> { [new string('n', 5000)] = 1 }));

    public static TheoryData<Func<object>, string> Untouchable => new()
    {
        { () => new[] { 1 }.AsQueryable(), "<not captured: EnumerableQuery`1>" },
        { () => new TaskCompletionSource<int>().Task, "Task" },
        { () => new ValueTask<int>(new TaskCompletionSource<int>().Task), "<not captured: ValueTask`1>" },
        { () => default(ValueTask), "<not captured: ValueTask>" },
        { () => new MemoryStream(), "<not captured: MemoryStream>" },
        { () => new StringReader(""), "<not captured: StringReader>" },
        { () => new CancellationToken(true), "<not captured: CancellationToken>" },
        { () => (Action)(() => { }), "<not captured: Action>" },
        { () => new Lazy<int>(() => throw new InvalidOperationException("asked")), "<not captured: Lazy`1>" },
        { () => new ManualResetEvent(false), "<not captured: ManualResetEvent>" },
        { () => Thread.CurrentThread, "<not captured: Thread>" },
        { () => Async(), "<not captured: " },
    };

    [Theory, MemberData(nameof(Untouchable), DisableDiscoveryEnumeration = true)]
    public void WhatWouldBlockOrBeConsumedIsOnlyNamed(Func<object> value, string mark) =>
        Assert.Contains(mark, Assert.IsType<string>(Values.Freeze(value())));

    [Fact]
    public void AQueryIsNeverRun()
    {
        bool run = false;
        IQueryable<int> query = Enumerable.Range(0, 1).Select(i => { run = true; return i; }).AsQueryable();
        Assert.Equal($$"""{"query":"<not captured: EnumerableQuery`1>"}""", Text(new { query }));
        Assert.False(run);
        Assert.Single(query);
        Assert.True(run); // it could have been
    }

    [Fact]
    public void AnExceptionIsItsText()
    {
        string text = Assert.IsType<string>(Values.Freeze(new InvalidOperationException("outer", new ArgumentException("inner"))));
        Assert.StartsWith("System.InvalidOperationException: outer", text);
        Assert.Contains("System.ArgumentException: inner", text);
    }

    [Fact]
    public void AnExceptionThatCannotPrintItselfKeepsItsType() =>
        Assert.Equal($"{typeof(BrokenException)}: {Failed}", Values.Freeze(new BrokenException()));

    [Fact]
    public void AChainOfInnerExceptionsIsBounded()
    {
        Exception chain = new InvalidOperationException("root cause");
        for (int i = 0; i < 100_000; i++)
            chain = new InvalidOperationException("wrapped", chain);
        string text = Assert.IsType<string>(Values.Freeze(chain));
        Assert.StartsWith("System.InvalidOperationException: wrapped\n ---> ", text);
        Assert.EndsWith("…[truncated, more inner exceptions]", text);
        Assert.InRange(text.Length, 1000, 10_000);
    }

    [Fact]
    public void AggregatesOfAggregatesAreBounded()
    {
        Exception tree = new InvalidOperationException("leaf");
        for (int i = 0; i < 20; i++)
            tree = new AggregateException("node", tree, tree);
        Assert.EndsWith("…[truncated, more inner exceptions]", Assert.IsType<string>(Values.Freeze(tree)));
    }

    [Fact]
    public void AJsonNodeThatIsBrokenInsideIsAMark() =>
        Assert.Contains("<error: ArgumentException>", Text(JsonNode.Parse("""{"a":1,"a":2}""")!));

    [Fact]
    public void JsonWithLoneSurrogatesCostsOnlyThatText() =>
        Assert.Equal($$"""[1,"{{Failed}}",{"…":"{{Failed}}"},2]""", Text(JsonDocument.Parse("""[1,"\ud83d",{"\ud83d":1},2]""")));

    [Fact]
    public void LoggingFromWithinAGetterWorks() =>
        Assert.Equal("""{"Inner":{"A":1}}""", Text(new LogsItself()));

    [Fact]
    public void AThreadWithHardlyAnyStackSurvives()
    {
        object[] deep = [];
        for (int i = 0; i < 1000; i++)
            deep = [deep];
        object[] values = [new Fractal(), deep, new BrokenGetter(), new InvalidOperationException("x"), new { A = 1 }, 1.5, decimal.MaxValue, "text"];
        List<string> written = [];
        Exception? escaped = null;
        var thread = new Thread(() =>
        {
            try
            {
                written = WriteAll();
            }
            catch (Exception error)
            {
                escaped = error;
            }
        }, 64 * 1024);
        thread.Start();
        thread.Join();
        Assert.Null(escaped);
        Assert.Equal(values.Length, written.Count);
        Assert.Equal(["1.5", "79228162514264337593543950335", "\"text\""], written[^3..]);
        Assert.All(written, json => JsonDocument.Parse(json).Dispose());
        Assert.True(written[1].Length < WriteAll()[1].Length); // with more stack it goes deeper

        List<string> WriteAll()
        {
            var texts = new List<string>();
            using var json = new JsonBuffer();
            foreach (object value in values)
            {
                json.Clear();
                Values.Write(Values.Freeze(value), json);
                texts.Add(System.Text.Encoding.UTF8.GetString(json.Written));
            }
            return texts;
        }
    }

    static string Text(object value)
    {
        string text = Values.Text(Values.Freeze(value));
        JsonDocument.Parse(text).Dispose();
        return text;
    }

    static IEnumerable<KeyValuePair<string, int>> BrokenPairs()
    {
        yield return new("a", 1);
        throw new InvalidOperationException("secret");
    }

    static async IAsyncEnumerable<int> Async()
    {
        await Task.Yield();
        yield return 1;
    }

    sealed class BrokenGetter
    {
        public int Before => 1;
        public int Broken => throw new InvalidOperationException("secret");
        public int After => 2;
    }

    sealed class BrokenText
    {
        public override string ToString() => throw new InvalidOperationException("secret");
    }

    sealed class BrokenFormat : IFormattable
    {
        public string ToString(string? format, IFormatProvider? provider) => throw new InvalidOperationException("secret");
    }

    sealed class BrokenEquality
    {
        public int Value => 1;
        public override bool Equals(object? other) => throw new InvalidOperationException();
        public override int GetHashCode() => throw new InvalidOperationException();
    }

    sealed class BrokenException : Exception
    {
        public override string Message => throw new InvalidOperationException("secret");
    }

    sealed class BrokenSequence(int items) : IEnumerable
    {
        public IEnumerator GetEnumerator() => items == 0 ? throw new InvalidOperationException() : Items();

        IEnumerator Items()
        {
            for (int item = 1; item <= items; item++)
                yield return item;
            throw new InvalidOperationException("secret");
        }
    }

    sealed class Fractal
    {
        public Fractal Left => new();
        public Fractal Right => new();
    }

    sealed class BrokenFractal
    {
        public int Broken => throw new InvalidOperationException("secret");
        public BrokenFractal[] More => [new(), new(), new()];
    }

    sealed class LogsItself
    {
        public object? Inner => Values.Freeze(new { A = 1 });
    }

    sealed class LyingDictionary : IDictionary
    {
        public object? this[object key] { get => throw new NotImplementedException(); set => throw new NotImplementedException(); }
        public ICollection Keys => throw new NotImplementedException();
        public ICollection Values => throw new NotImplementedException();
        public bool IsReadOnly => throw new NotImplementedException();
        public bool IsFixedSize => throw new NotImplementedException();
        public int Count => throw new NotImplementedException();
        public object SyncRoot => throw new NotImplementedException();
        public bool IsSynchronized => throw new NotImplementedException();
        public void Add(object key, object? value) => throw new NotImplementedException();
        public void Clear() => throw new NotImplementedException();
        public bool Contains(object key) => throw new NotImplementedException();
        public void CopyTo(Array array, int index) => throw new NotImplementedException();
        public IDictionaryEnumerator GetEnumerator() => throw new NotImplementedException();
        public void Remove(object key) => throw new NotImplementedException();
        IEnumerator IEnumerable.GetEnumerator() => throw new NotImplementedException();
    }
}
