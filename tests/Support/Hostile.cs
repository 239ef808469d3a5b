using System.Collections;
using System.Globalization;
using System.Linq.Expressions;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests;

/// <summary>What an application can hand to a log call when everything about it is wrong. The same number gives the same values.</summary>
/// <param name="seed">Another, and everything is different.</param>
/// <param name="isFinite">For frameworks that print to the end, whoever listens.</param>
public sealed class Hostile(int seed, bool isFinite = false)
{
    static readonly object Cycle = MakeCycle();
    static long _thrown;

    static readonly Func<Random, object?>[] Kinds =
    [
        _ => null, random => random.Next(), _ => double.NaN, _ => float.NegativeInfinity, _ => -0.0, _ => decimal.MinValue, _ => Half.Epsilon, _ => Int128.MinValue, _ => BigInteger.Pow(-10, 60),
        _ => DateTime.MaxValue, _ => DateTimeOffset.MinValue, _ => TimeSpan.MinValue, _ => Guid.Empty, _ => new Uri("x", UriKind.Relative), _ => typeof(List<>), _ => (Action)(static () => { }),
        _ => nint.MaxValue, _ => CancellationToken.None, _ => Task.CompletedTask, _ => Stream.Null, _ => new Memory<byte>([1, 2]), _ => new ReadOnlyMemory<char>(['a']), _ => DBNull.Value, _ => (DayOfWeek)99,
        random => Text(random), _ => '\ud800', _ => "\0\u2028\ufeff\u202e",
        _ => new BrokenText(), _ => new BrokenMembers(), _ => new BrokenEquality(), _ => new BrokenFormat(), _ => new BrokenSequence(1), _ => new BrokenSequence(0), _ => new BrokenMap(),
        _ => Cycle, _ => EndlessAsync(), _ => Enumerable.Empty<int>().AsQueryable(), _ => new BrokenQuery(),
        _ => new BrokenException(),
        _ => JsonDocument.Parse("""{"a":[1,{"b":"\ud83d"}]}""").RootElement, _ => default(JsonElement), _ => new JsonObject { ["x"] = JsonValue.Create(1e300) }, _ => Disposed(),
        random => new Dictionary<object, object?> { [Text(random)] = Text(random), [1] = null }, _ => new Dictionary<BrokenText, int>(ReferenceEqualityComparer.Instance) { [new()] = 1 },
        _ => new[] { new object?[] { null, new BrokenText() } }, _ => new int[2, 2], _ => new { Id = "x", Name = new BrokenMembers() }, _ => (1, "two", new BrokenText()), _ => new Lazy<int>(static () => throw new InvalidOperationException()),
        _ => new KeyValuePair<string, object?>(null!, 1), _ => new WeakReference(null), _ => new ArraySegment<int>(), _ => new BrokenConvertible(),
    ];

    /// <summary>Those that take the time of hundreds of others.</summary>
    static readonly Func<Random, object?>[] HeavyKinds =
    [
        random => new string('x', random.Next(400_000)), random => new byte[random.Next(300_000)], _ => new Fractal(), _ => Deep(2_000), _ => Chain(200),
        _ => new AggregateException(new AggregateException(new BrokenException()), Chain(20)), _ => CultureInfo.InvariantCulture, _ => Endless(), // the last
    ];

    /// <summary>Reserved, empty, doubled, strange: each tries to be a field of the row.</summary>
    static readonly string[] Names =
    [
        "id", "span_id", "root_span_id", "span_parents", "_is_merge", "_merge_paths", "_object_delete", "_xact_id", "project_id", "log_id", "created", "__proto__", "constructor",
        "", " ", "Input", "Output", "Expected", "Error", "Scores", "Metrics", "Metadata", "Tags", "Elapsed", "SpanName", "SpanType", "SourceContext", "EventId", "name", "Name", "NAME",
        "a.b", "gen_ai.usage.input_tokens", "gen_ai.request.model", "\ud800", "\0", "{OriginalFormat}", "…", "💥", new string('n', 5_000),
    ];

    static readonly string[] Pieces =
    [
        "{", "}", "{{", "}}", "{0}", "{A}", "{@A}", "{$A}", "{A,", "10}", "{A:", "{A,999}", "{A:D99}", "{ }", "{A B}", "é", "\ud800", "\0", "\n", "\"", "{Input}", "{Scores}", "{_is_merge}", "{id}", "{99}", "💥", "text", "{A,-99999999999}", // the last
    ];

    readonly Random _random = new(seed);

    /// <summary>How often a value threw when it was looked at, whoever made it.</summary>
    public static long Thrown => Interlocked.Read(ref _thrown);

    /// <summary>What stands in rows where a value threw, went round, went too deep, never ended or was too long.</summary>
    public static IReadOnlyList<string> Marks { get; } =
        ["<error: InvalidTimeZoneException>", "<circular reference>", "<max depth exceeded>", "<truncated: more than 1000 items>", "<truncated: larger than 1 MiB>", "…[truncated, "];

    public int Below(int count) => _random.Next(count);

    public object? Value()
    {
        var kinds = _random.Next(500) == 0 ? HeavyKinds : Kinds;
        return kinds[_random.Next(isFinite ? kinds.Length - 1 : kinds.Length)](_random);
    }

    public object?[] Values(int most) => [.. Enumerable.Range(0, _random.Next(most + 1)).Select(_ => Value())];

    public string Name() => Names[_random.Next(Names.Length)];

    public string Text() => Text(_random);

    public string Template() => string.Concat(Enumerable.Range(0, _random.Next(10)).Select(_ => Pieces[_random.Next(isFinite ? Pieces.Length - 1 : Pieces.Length)]));

    /// <summary>Names to numbers: broken off, endless, or as they should be.</summary>
    public IEnumerable<KeyValuePair<string, double>>? Numbers() => _random.Next(100) switch
    {
        < 20 => null,
        < 40 => BrokenNumbers(),
        40 => EndlessNumbers(),
        < 60 => [new(null!, 1), new("", double.NaN), new("a", double.MaxValue)],
        _ => new Dictionary<string, double> { [Name()] = _random.NextDouble() * 3 - 1 },
    };

    public IEnumerable<string>? Tags() => _random.Next(100) switch { < 30 => null, < 60 => BrokenTags(), 60 => EndlessTags(), _ => ["", null!, "\ud800", "a", "a"] };

    public Exception? Exception() => _random.Next(100) switch { < 50 => null, < 75 => new BrokenException(), 75 => Chain(50), _ => new AggregateException(new BrokenException(), new BrokenException()) };

    static string Text(Random random)
    {
        var letters = new char[random.Next(40)];
        for (var i = 0; i < letters.Length; i++)
            letters[i] = (char)(random.Next(3) switch { 0 => random.Next(0x20), 1 => random.Next(0xd7f0, 0xe010), _ => random.Next(0x20, 0x250) });
        return new string(letters);
    }

    static InvalidTimeZoneException Broken
    {
        get
        {
            Interlocked.Increment(ref _thrown);
            return new("secret");
        }
    }

    static object MakeCycle()
    {
        var map = new Dictionary<string, object?>();
        object?[] list = [map, null];
        (map["list"], list[1]) = (list, list);
        return map;
    }

    static object Deep(int levels)
    {
        object deep = 1;
        for (var i = 0; i < levels; i++)
            deep = new[] { deep };
        return deep;
    }

    static Exception Chain(int length)
    {
        var inner = new Exception("the first");
        for (var i = 0; i < length; i++)
            inner = new Exception("outer", inner);
        return inner;
    }

    static object Disposed()
    {
        var document = JsonDocument.Parse("[1]");
        var root = document.RootElement;
        document.Dispose();
        return root;
    }

    static IEnumerable<object?> Endless()
    {
        for (var i = 0; ; i++)
            yield return i;
    }

    static async IAsyncEnumerable<int> EndlessAsync()
    {
        await Task.Yield();
        throw Broken;
#pragma warning disable CS0162 // what makes it a sequence
        yield return 1;
#pragma warning restore CS0162
    }

    static IEnumerable<KeyValuePair<string, double>> BrokenNumbers()
    {
        yield return new("first", 0.5);
        throw Broken;
    }

    static IEnumerable<KeyValuePair<string, double>> EndlessNumbers()
    {
        for (var i = 0; ; i++)
            yield return new($"number {i}", 0.5);
    }

    static IEnumerable<string> BrokenTags()
    {
        yield return "first";
        throw Broken;
    }

    static IEnumerable<string> EndlessTags()
    {
        for (var i = 0; ; i++)
            yield return $"tag {i}";
    }

    public sealed class BrokenText
    {
        public override string ToString() => throw Broken;
    }

    public sealed class BrokenMembers
    {
        public string Before => "x";
        public string Value => throw Broken;
        public object Self => this;
    }

    public sealed class BrokenEquality
    {
        public int Value => 1;
        public override bool Equals(object? obj) => throw Broken;
        public override int GetHashCode() => throw Broken;
        public override string ToString() => null!;
    }

    public sealed class BrokenFormat : IFormattable, ISpanFormattable
    {
        public string ToString(string? format, IFormatProvider? formatProvider) => throw Broken;
        public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) => throw Broken;
        public override string ToString() => throw Broken;
    }

    public sealed class BrokenConvertible : IComparable, ICloneable
    {
        public object Clone() => throw Broken;
        public int CompareTo(object? obj) => throw Broken;
        public override string ToString() => "\ud800";
    }

    public sealed class BrokenSequence(int items) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        public int Count => items == 0 ? throw Broken : int.MaxValue;
        public KeyValuePair<string, object?> this[int index] => index < items ? new("first", 1) : throw Broken;
        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => items == 0 ? throw Broken : Items();
        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        IEnumerator<KeyValuePair<string, object?>> Items()
        {
            for (var i = 0; i < items; i++)
                yield return this[i];
            throw Broken;
        }
    }

    public sealed class BrokenMap : IReadOnlyDictionary<string, object?>
    {
        public object? this[string key] => throw Broken;
        public IEnumerable<string> Keys => throw Broken;
        public IEnumerable<object?> Values => throw Broken;
        public int Count => -1;
        public bool ContainsKey(string key) => throw Broken;
        public bool TryGetValue(string key, out object? value) => throw Broken;
        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => null!;
        IEnumerator IEnumerable.GetEnumerator() => null!;
    }

    public sealed class BrokenQuery : IQueryable<int>
    {
        public Type ElementType => throw Broken;
        public Expression Expression => throw Broken;
        public IQueryProvider Provider => throw Broken;
        public IEnumerator<int> GetEnumerator() => throw new InvalidOperationException("A query was run.");
        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    public sealed class Fractal
    {
        public Fractal One => new();
        public Fractal Two => new();
        public string Text => new('f', 100);
    }

    public sealed class BrokenException : Exception
    {
        public override string Message => throw Broken;
        public override string? StackTrace => throw Broken;
        public override IDictionary Data => throw Broken;
        public override string? Source => throw Broken;
        public override string ToString() => throw Broken;
    }
}
